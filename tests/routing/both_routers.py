"""The real router and the naive one, driven by the same random events; they must agree."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from switch.routing import (
    AgentState,
    ContactMoved,
    ContactTurnedAway,
    Need,
    Offered,
    OfferWithdrawn,
    Router,
)
from tests.routing.naive_router import NaiveRouter
from tests.routing.small_centre import AGENTS, CONFIGURATIONS, EXTRAS, QUEUES

agents = st.sampled_from([agent.id for agent in AGENTS])
queues = st.sampled_from([queue.name for queue in QUEUES])
contacts = st.sampled_from([f"c{number}" for number in range(12)])
callers = st.sampled_from(["", "100", "200", "300"])
states = st.sampled_from([AgentState.READY, AgentState.NOT_READY, AgentState.LOGGED_OUT])


class BothRouters(RuleBasedStateMachine):
    """Everything that may happen, to both routers at once."""

    def __init__(self) -> None:
        super().__init__()
        self.router = Router(AGENTS, QUEUES)
        self.naive = NaiveRouter.of(AGENTS, QUEUES)
        self.now = 0.0
        self.moments = 0
        self.asked: set[str] = set()
        """Agents who were told to end their wrap-up, or whom somebody told to."""

    def tick(self) -> float:
        """Inputs come a moment apart, or, now and then, at the same instant."""
        self.moments += 1
        if self.moments % 3:
            self.now += 0.5
        return self.now

    def hear(self) -> list[str]:
        """Return what the real router said; the naive one may look at equal choices."""
        said = []
        while (event := self.router.next_event()) is not None:
            match event:
                case Offered(contact=contact, agent=agent, waited_seconds=waited):
                    assert waited >= 0
                    how = f"{event.choice} {event.overflowed} {event.callback}"
                    said.append(f"offer {contact} {agent} {how}")
                    self.naive.hints.append(agent)
                case OfferWithdrawn(contact=contact, agent=agent):
                    said.append(f"withdraw {contact} {agent}")
                case ContactMoved(contact=contact, to=to, why=why):
                    said.append(f"moved {contact} {to} {why}")
                case ContactTurnedAway(contact=contact, why=why):
                    said.append(f"{why} {contact}")
        return said

    def both(self, real: Any, naive: Any) -> None:
        """Do the same to both: `real` and `naive` are called without arguments."""
        got = real()
        said = self.hear()
        expected = naive()
        assert said == self.naive.said
        assert got == expected
        self.naive.said.clear()
        self.naive.hints.clear()

    def is_known(self, agent: str) -> bool:
        return agent in self.naive.agents

    # Callers.

    @rule(
        contact=contacts,
        queue=queues,
        need=st.sampled_from(EXTRAS),
        priority=st.one_of(st.none(), st.integers(0, 9)),
        max_wait=st.one_of(st.none(), st.integers(0, 60)),
        caller=callers,
    )
    def enter(
        self,
        contact: str,
        queue: str,
        need: Need | None,
        priority: int | None,
        max_wait: int | None,
        caller: str,
    ) -> None:
        if contact in self.naive.contacts:
            return
        now = self.tick()
        how: dict[str, Any] = {
            "need": need,
            "priority": priority,
            "max_wait": max_wait,
            "caller": caller,
        }

        def real() -> tuple[int, bool]:
            entry = self.router.enter(contact, queue, now, **how)
            return entry.position, entry.resumed

        self.both(real, lambda: self.naive.enter(contact, queue, now, **how))

    @rule(contact=contacts)
    def leave(self, contact: str) -> None:
        now = self.tick()
        self.both(lambda: self.router.leave(contact, now), lambda: self.naive.leave(contact, now))

    @rule(contact=contacts, max_wait=st.one_of(st.none(), st.integers(1, 200)))
    def keep_for_callback(self, contact: str, max_wait: int | None) -> None:
        now = self.tick()
        self.both(
            lambda: self.router.places.keep_for_callback(contact, now, max_wait),
            lambda: self.naive.keep_for_callback(contact, now, max_wait),
        )

    @rule(contact=contacts, to=contacts, caller=callers)
    def hand_on(self, contact: str, to: str, caller: str) -> None:
        if to in self.naive.contacts:
            return
        now = self.tick()
        self.both(
            lambda: self.router.places.hand_on(contact, to, now, caller),
            lambda: self.naive.hand_on(contact, to, now, caller),
        )

    def rung(self, contact: str, agent: str, right: bool) -> str:
        """Mostly the agent who is really being rung, sometimes anybody."""
        known = self.naive.contacts.get(contact)
        return known.agent if right and known is not None and known.agent else agent

    @rule(contact=contacts, agent=agents, right=st.integers(0, 5))
    def answer(self, contact: str, agent: str, right: int) -> None:
        now = self.tick()
        agent = self.rung(contact, agent, bool(right))
        self.both(
            lambda: self.router.offer_answered(contact, agent, now),
            lambda: self.naive.answer(contact, agent, now),
        )

    @rule(
        contact=contacts,
        agent=agents,
        right=st.integers(0, 5),
        outcome=st.sampled_from(["no_answer", "busy", "declined", "unreachable"]),
    )
    def fail(self, contact: str, agent: str, right: int, outcome: str) -> None:
        now = self.tick()
        agent = self.rung(contact, agent, bool(right))
        self.both(
            lambda: self.router.offer_failed(contact, agent, outcome, now),
            lambda: self.naive.fail(contact, agent, outcome, now),
        )

    @rule(contact=contacts)
    def end(self, contact: str) -> None:
        now = self.tick()
        self.both(
            lambda: self.router.talk_ended(contact, now), lambda: self.naive.end(contact, now)
        )

    @rule()
    def answer_everyone(self) -> None:
        for contact in list(self.naive.contacts.values()):
            if contact.agent and not contact.talking:
                self.answer(contact.id, contact.agent, 1)

    @rule(ends=st.booleans())
    def end_everyone(self, ends: bool) -> None:
        for contact in list(self.naive.contacts.values()):
            if contact.talking:
                self.end(contact.id) if ends else self.leave(contact.id)

    @rule(queue=st.sampled_from(["orders", "anyone"]), caller=st.sampled_from(["100", "200"]))
    def call_again(self, queue: str, caller: str) -> None:
        """A caller who was served, at once again: for the agent of the last time."""
        for contact in ("again1", "again2"):
            if contact not in self.naive.contacts:
                self.enter(contact, queue, None, None, None, caller)
                self.answer_everyone()
                break
        for contact in ("again1", "again2"):
            self.end(contact)

    # Agents.

    @precondition(lambda self: self.moments < 5)
    @rule()
    def all_log_in(self) -> None:
        for agent in list(self.naive.agents):
            self.set_ready(agent)

    @rule(agent=agents)
    def set_ready(self, agent: str) -> None:
        if self.is_known(agent):
            now = self.tick()
            self.asked.add(agent)
            self.both(
                lambda: self.router.set_ready(agent, now, "asked"),
                lambda: self.naive.set_ready(agent, now),
            )

    @rule(agent=agents)
    def set_not_ready(self, agent: str) -> None:
        if self.is_known(agent):
            now = self.tick()
            self.asked.add(agent)
            self.both(
                lambda: self.router.set_not_ready(agent, now, "asked"),
                lambda: self.naive.set_not_ready(agent, now),
            )

    @rule(agent=agents)
    def log_out(self, agent: str) -> None:
        if self.is_known(agent):
            now = self.tick()
            self.asked.add(agent)
            self.both(
                lambda: self.router.log_out(agent, now, "asked"),
                lambda: self.naive.log_out(agent, now),
            )

    @rule(agent=agents, state=states)
    def force(self, agent: str, state: AgentState) -> None:
        if self.is_known(agent):
            now = self.tick()
            self.asked.add(agent)
            self.both(
                lambda: self.router.force(agent, state, now, "told"),
                lambda: self.naive.force(agent, state.value, now),
            )

    @rule(agent=agents)
    def release(self, agent: str) -> None:
        if self.is_known(agent):
            self.router.release(agent, self.now)
            self.naive.agents[agent].forced = False

    @rule(agent=agents, on=st.booleans())
    def set_shift(self, agent: str, on: bool) -> None:
        if self.is_known(agent):
            now = self.tick()
            self.both(
                lambda: self.router.set_shift(agent, now, on=on),
                lambda: self.naive.set_shift(agent, now, on),
            )

    # What is configured.

    @rule(queue=queues, is_open=st.booleans())
    def set_open(self, queue: str, is_open: bool) -> None:
        self.router.set_open(queue, is_open=is_open)
        (self.naive.closed.discard if is_open else self.naive.closed.add)(queue)

    @rule(choice=st.integers(0, len(CONFIGURATIONS) - 1))
    def reconfigure(self, choice: int) -> None:
        now = self.tick()
        wanted, profiles = CONFIGURATIONS[choice]
        self.asked.update(self.naive.agents)
        self.both(
            lambda: (self.router.reconfigure(wanted, profiles, now), None)[1],
            lambda: self.naive.reconfigure(
                {each.id: each for each in wanted}, {each.name: each for each in profiles}, now
            ),
        )

    # Time.

    @rule(seconds=st.integers(1, 40))
    def wait(self, seconds: int) -> None:
        self.pass_time(seconds)

    @rule(seconds=st.sampled_from([100, 3600]))
    def wait_long(self, seconds: int) -> None:
        self.pass_time(seconds)

    def pass_time(self, seconds: int) -> None:
        """Let everything happen that is due, one by one."""
        end = self.now + seconds
        while (due := self.naive.next_due()) is not None and due <= end:
            self.now = max(due, self.now)
            self.both(lambda: self.router.handle_timer(self.now), self.do_all_due)
        self.now = end

    def do_all_due(self) -> None:
        while self.naive.do_next_due(self.now):
            pass

    def views(self) -> list[Any]:
        ask = self.router.ask
        return [ask.agent(name, self.now) for name in ask.agent_names]
