"""The router's laws, held against a naive one under any sequence of events."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from switch.routing import (
    AgentMoved,
    AgentProfile,
    ContactTurnedAway,
    Offered,
    OfferWithdrawn,
    Router,
)
from switch.routing.agent import AgentState
from switch.routing.need import Need
from switch.routing.queue import QueueProfile, TurnedAway, WhenNoAgents
from tests.routing.naive_router import NaiveContact, NaiveRouter

AGENTS = [
    AgentProfile("asha", "Asha", {"orders": 9, "english": 8}),
    AgentProfile("ben", "Ben", {"orders": 3}),
    AgentProfile("cleo", "Cleo", {"help": 5, "orders": 1, "french": 4}),
    AgentProfile("dan", "Dan", {"help": 9, "english": 2}),
    AgentProfile("eve", "Eve", {}),
]
QUEUES = [
    QueueProfile(
        "orders", Need.of({"orders": 1}), priority=5, ring_seconds=15, max_wait_seconds=90
    ),
    QueueProfile(
        "help",
        Need.of({"help": 4}),
        priority=5,
        wrap_up_seconds=0,
        no_answer_pauses=(None,),
        when_no_agents=WhenNoAgents.EXIT,
    ),
    QueueProfile("anyone", priority=1, busy_pause_seconds=0, service_level_seconds=5),
]

agents = st.sampled_from([agent.id for agent in AGENTS])
queues = st.sampled_from([queue.name for queue in QUEUES])
contacts = st.sampled_from([f"c{number}" for number in range(12)])
extras = st.dictionaries(
    st.sampled_from(["orders", "help", "english", "french"]), st.integers(1, 10), max_size=2
)


_WORDS = {TurnedAway.NO_AGENTS: "unservable"}


class RouterLaws(RuleBasedStateMachine):
    """Everything that may happen, to both routers at once."""

    def __init__(self) -> None:
        super().__init__()
        self.router = Router(AGENTS, QUEUES)
        self.naive = NaiveRouter.of(AGENTS, QUEUES)
        self.now = 0.0
        self.moments = 0

    def tick(self) -> float:
        """Inputs come a moment apart, or, now and then, at the same instant."""
        self.moments += 1
        if self.moments % 3:
            self.now += 0.5
        return self.now

    def same(self, real: Any, expected: Any) -> None:
        assert real == expected
        said = []
        while (event := self.router.next_event()) is not None:
            match event:
                case Offered(contact=contact, agent=agent, waited_seconds=waited):
                    assert waited >= 0
                    said.append(f"offer {contact} {agent}")
                case OfferWithdrawn(contact=contact, agent=agent):
                    said.append(f"withdraw {contact} {agent}")
                case ContactTurnedAway(contact=contact, why=why):
                    said.append(f"{_WORDS.get(why, why.value)} {contact}")
                case AgentMoved():
                    pass
        assert said == self.naive.said
        self.naive.said.clear()

    # What may happen.

    @rule(
        contact=contacts,
        queue=queues,
        skills=st.one_of(st.just({}), extras),
        priority=st.one_of(st.none(), st.integers(0, 9)),
        max_wait=st.one_of(st.none(), st.integers(0, 60)),
    )
    def enter(
        self,
        contact: str,
        queue: str,
        skills: dict[str, int],
        priority: int | None,
        max_wait: int | None,
    ) -> None:
        if contact not in self.naive.contacts:
            now = self.tick()
            self.same(
                self.router.enter(
                    contact,
                    queue,
                    now,
                    need=Need.of(skills) if skills else None,
                    priority=priority,
                    max_wait=max_wait,
                ).position,
                self.naive.enter(contact, queue, now, skills, priority, max_wait),
            )

    @rule(contact=contacts)
    def leave(self, contact: str) -> None:
        now = self.tick()
        self.same(self.router.leave(contact, now), self.naive.leave(contact, now))

    def rung(self, contact: str, agent: str, right: bool) -> str:
        """Mostly the agent who is really being rung, sometimes anybody."""
        known = self.naive.contacts.get(contact)
        return known.agent if right and known is not None and known.agent else agent

    @rule(contact=contacts, agent=agents, right=st.integers(0, 3))
    def answer(self, contact: str, agent: str, right: int) -> None:
        now = self.tick()
        agent = self.rung(contact, agent, bool(right))
        self.same(
            self.router.offer_answered(contact, agent, now),
            self.naive.answer(contact, agent, now),
        )

    @rule(
        contact=contacts,
        agent=agents,
        right=st.integers(0, 3),
        outcome=st.sampled_from(["no_answer", "busy", "declined", "unreachable"]),
    )
    def fail(self, contact: str, agent: str, right: int, outcome: str) -> None:
        now = self.tick()
        agent = self.rung(contact, agent, bool(right))
        self.same(
            self.router.offer_failed(contact, agent, outcome, now),
            self.naive.fail(contact, agent, outcome, now),
        )

    @rule(contact=contacts)
    def end(self, contact: str) -> None:
        now = self.tick()
        self.same(self.router.talk_ended(contact, now), self.naive.end(contact, now))

    @rule(agent=agents)
    def set_ready(self, agent: str) -> None:
        now = self.tick()
        self.router.set_ready(agent, now, "asked")
        self.naive.set_ready(agent, now)
        self.same(None, None)

    @rule(agent=agents)
    def set_not_ready(self, agent: str) -> None:
        now = self.tick()
        self.router.set_not_ready(agent, now, "asked")
        self.naive.set_not_ready(agent, now)
        self.same(None, None)

    @rule(agent=agents)
    def log_out(self, agent: str) -> None:
        now = self.tick()
        self.router.log_out(agent, now, "asked")
        self.naive.log_out(agent, now)
        self.same(None, None)

    @rule(seconds=st.integers(1, 40))
    def wait(self, seconds: int) -> None:
        """Let everything happen that is due, one by one."""
        end = self.now + seconds
        while (due := self.naive.next_due()) is not None and due <= end:
            self.now = max(due, self.now)
            while self.naive.do_next_due(self.now):
                pass
            self.router.handle_timer(self.now)
            self.same(None, None)
        self.now = end

    # The laws.

    @invariant()
    def both_know_the_same_agents(self) -> None:
        for agent in self.naive.agents.values():
            view = self.router.ask.agent(agent.id, 0.0)
            assert (view.state.value, view.contact, view.wish) == (
                agent.state,
                agent.contact,
                agent.wish,
            )

    @invariant()
    def no_agent_has_two_callers_and_no_caller_two_agents(self) -> None:
        callers = [view.contact for view in self.views() if view.contact]
        assert len(callers) == len(set(callers))

    @invariant()
    def an_agent_has_a_caller_when_reserved_or_talking_and_only_then(self) -> None:
        for view in self.views():
            busy = view.state in (AgentState.RESERVED, AgentState.TALKING)
            assert busy is bool(view.contact)

    @invariant()
    def nobody_free_is_idle_while_a_caller_waits_whom_they_may_serve(self) -> None:
        for contact in self.naive.waiting():
            for agent in self.naive.agents.values():
                if self.router.ask.agent(agent.id, 0.0).state is AgentState.READY:
                    assert not self.naive.suits(agent, contact)

    @invariant()
    def deadlines_are_neither_missed_nor_invented(self) -> None:
        due = self.naive.next_due()
        told = self.router.next_deadline()
        # The router may wake once for a wait that ran out while a headset rings.
        ringing = [
            contact.expires[0]
            for contact in self.naive.contacts.values()
            if contact.agent and not contact.talking and contact.expires is not None
        ]
        early = told is not None and (due is None or told <= due)
        assert told == due or (early and told in ringing)

    @invariant()
    def counters_equal_a_recount(self) -> None:
        states = Counter(view.state for view in self.views())
        assert {state: n for state, n in self.router.ask.agents_by_state().items() if n} == states
        for queue in QUEUES:
            unanswered = [
                contact
                for contact in self.naive.contacts.values()
                if contact.queue is queue and not contact.talking
            ]
            self.counters_of_one_queue(queue, unanswered)

    def counters_of_one_queue(self, queue: QueueProfile, unanswered: list[NaiveContact]) -> None:
        status = self.router.ask.queue_status(queue.name, self.now)
        oldest = max((self.now - contact.entered for contact in unanswered), default=0)
        assert status.unanswered == len(unanswered) == self.router.ask.queue_length(queue.name)
        assert status.waiting == sum(not contact.agent for contact in unanswered)
        assert status.oldest_wait_seconds == oldest
        suits = [agent for agent in AGENTS if self.meets(agent, queue)]
        states = [self.router.ask.agent(agent.id, 0.0).state for agent in suits]
        assert status.ready_agents == states.count(AgentState.READY)
        assert status.logged_in_agents == len(states) - states.count(AgentState.LOGGED_OUT)
        tally = self.naive.tallies[queue.name]
        total = status.since_start
        assert (total.answered, total.answered_within, total.lost, total.lost_after) == (
            tally.answered,
            tally.within,
            tally.lost,
            tally.lost_after,
        )

    def meets(self, agent: AgentProfile, queue: QueueProfile) -> bool:
        return queue.need.requirement.is_met_by(agent.skills)

    def views(self) -> list[Any]:
        return [self.router.ask.agent(agent.id, 0.0) for agent in AGENTS]


TestRouterLaws = RouterLaws.TestCase
TestRouterLaws.settings = settings(max_examples=120, stateful_step_count=60, deadline=None)
