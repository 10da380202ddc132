"""The edge of the pure router: gives it the time, its one timer, and carries its events.

After every input the router's events go out: what concerns a waiting call to that
call's mailbox, what concerns an agent to the event bus.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import datetime

from switch.app.deadline_timer import DeadlineTimer
from switch.app.routing_journal import RoutingJournal
from switch.calls.session import CallSession
from switch.clock import Clock
from switch.errors import RoutingError
from switch.events import AgentOffered, AgentStateChanged, DecisionAsked, Event
from switch.ivr.call import QueueFigures
from switch.routing import (
    AgentMoved,
    AgentProfile,
    AgentState,
    ChoiceOutcome,
    ContactMoved,
    ContactTurnedAway,
    DecisionWanted,
    Entry,
    Need,
    Offered,
    QueueProfile,
    Router,
    RouterEvent,
)
from switch.routing.expected_wait import told_wait
from switch.routing.inquiries import Standing


class RoutingDesk:
    """Drives one `Router` from the event loop."""

    def __init__(
        self,
        router: Router,
        clock: Clock,
        deliver: Callable[[str, RouterEvent], None],
        publish: Callable[[Event], None],
    ) -> None:
        self.router = router
        self.journal: RoutingJournal | None = None
        """Where agents' states and callers' places are kept for after a restart."""
        self._decision_seconds = 0.0
        """How long the input took that led to the events just delivered."""
        self._now: Callable[[], float] = clock.now
        self._utc: Callable[[], datetime] = clock.utc
        self._deliver = deliver
        self._publish = publish
        self._timer = DeadlineTimer(
            asyncio.get_running_loop(), router.next_deadline, self._handle_timer
        )

    # Callers.

    def enter(
        self,
        contact: str,
        queue: str,
        *,
        need: Need | None,
        priority: int | None,
        max_wait: float | None,
        caller: str,
        sticky: bool = False,
        since: float | None = None,
        resume: bool | None = None,
        callback: bool = False,
    ) -> Entry:
        """Queue a caller; whatever became of that at once is in the caller's mailbox."""
        began = time.perf_counter()
        entry = self.router.enter(
            contact,
            queue,
            self._now(),
            need=need,
            priority=priority,
            max_wait=max_wait,
            caller=caller,
            resume=resume,
            sticky=sticky,
            since=since,
        )
        if callback:
            self.router.places.keep_for_callback(contact, self._now())
        self._carry(began, contact)
        return entry

    def offers_place(self, caller: str, queue: str, *, asked: bool) -> bool:
        """Return whether a caller is to be asked about an old place (`OldPlaces.offer`)."""
        return self.router.old_places.offer(caller, queue, self._now(), asked=asked)

    def standing(self, contact: str) -> Standing | None:
        """Return where a caller stands now; None when the router does not know it."""
        return self.router.ask.standing(contact, self._now())

    def figures(self, queue: str) -> QueueFigures:
        """Return how a queue stands now, for who has not entered it."""
        try:
            status = self.router.ask.queue_status(queue, self._now())
        except RoutingError:  # it was taken out of the configuration
            return QueueFigures(is_open=False, expected_wait_seconds=None)
        return QueueFigures(
            is_open=status.is_open,
            is_full=status.is_full,
            waiting=status.unanswered,
            longest_wait_seconds=status.oldest_wait_seconds,
            expected_wait_seconds=told_wait(status.expected_wait_seconds),
            agents=status.logged_in_agents,
            agents_free=status.ready_agents,
        )

    def leave(self, contact: str, why: str) -> None:
        """Take a caller out, wherever it is; nothing if it is gone already."""
        began = time.perf_counter()
        self.router.leave(contact, self._now(), why)
        self._carry(began, contact)

    def hand_on(self, contact: str, to: str, caller: str) -> None:
        """Put another call in a caller's place; an offer of an agent comes to its mailbox."""
        began = time.perf_counter()
        self.router.places.hand_on(contact, to, self._now(), caller)
        if self.journal is not None:
            self.journal.contact_changed(contact)
        self._carry(began, to)

    def tell_offer(self, session: CallSession, offer: Offered) -> None:
        """Publish an offer that was just delivered, as its call's."""
        session.publish(
            AgentOffered,
            queue=offer.queue,
            agent=offer.agent,
            why=offer.why,
            rule=offer.rule,
            choice=offer.choice,
            overflowed=offer.overflowed,
            waited_seconds=offer.waited_seconds,
            decision_seconds=self._decision_seconds,
        )

    def offer_answered(self, contact: str, agent: str) -> bool:
        """The headset answered; False when the offer no longer stands."""
        began = time.perf_counter()
        stands = self.router.offer_answered(contact, agent, self._now())
        self._carry(began, contact)
        return stands

    def offer_failed(self, contact: str, agent: str, outcome: str) -> None:
        """The headset did not take the call."""
        began = time.perf_counter()
        self.router.offer_failed(contact, agent, outcome, self._now())
        self._carry(began)

    def talk_ended(self, contact: str) -> None:
        """The agent's side is gone; the agent wraps up."""
        if self.journal is not None:
            self.journal.talk_ends(contact)
        began = time.perf_counter()
        self.router.talk_ended(contact, self._now())
        self._carry(began, contact)

    def priority(self, queue: str, asked: int | None) -> int:
        """Return the priority a caller has who asks for this one."""
        return self.router.ask.queue(queue).priority if asked is None else asked

    def service_level_seconds(self, queue: str) -> float:
        """Return within how long calls of this queue should be answered."""
        return self.router.ask.queue(queue).service_level_seconds

    # Agents.

    def set_ready(self, agent: str, reason: str) -> str:
        """Let an agent have calls; return empty, or why there will be none for now."""
        began = time.perf_counter()
        refused = self.router.set_ready(agent, self._now(), reason)
        self._carry(began)
        return refused

    def set_not_ready(self, agent: str, reason: str) -> None:
        began = time.perf_counter()
        self.router.set_not_ready(agent, self._now(), reason)
        self._carry(began)

    def log_out(self, agent: str, reason: str) -> None:
        began = time.perf_counter()
        self.router.log_out(agent, self._now(), reason)
        self._carry(began)

    def reason(self, agent: str) -> str:
        """Return why an agent is as it is; empty without such an agent."""
        ask = self.router.ask
        return ask.agent(agent, self._now()).reason if ask.knows_agent(agent) else ""

    def state(self, agent: str) -> AgentState:
        """Return how an agent stands now."""
        return self.router.ask.agent(agent, self._now()).state

    def extend_wrap_up(self, agent: str, seconds: float) -> None:
        """Give an agent more time after a call. Raises RoutingError out of a wrap-up."""
        self.router.extend_wrap_up(agent, seconds)
        self._timer.rearm()

    def heartbeat(self, agent: str) -> None:
        """The agent's station is there."""
        self.router.heartbeat(agent, self._now())
        self._timer.rearm()

    def force(self, agent: str, state: AgentState, reason: str) -> None:
        """A supervisor puts an agent into a state, and keeps it there."""
        began = time.perf_counter()
        self.router.force(agent, state, self._now(), reason)
        self._carry(began)

    def release(self, agent: str) -> None:
        """The agent may choose again."""
        self.router.release(agent, self._now())

    def set_shift(self, agent: str, *, on: bool) -> None:
        """An agent's shift begins or ends."""
        began = time.perf_counter()
        self.router.set_shift(agent, self._now(), on=on)
        self._carry(began)

    # Queues.

    def set_open(self, queue: str, *, is_open: bool) -> None:
        """A queue opens or closes."""
        self.router.set_open(queue, is_open=is_open)

    def decide(self, number: int, choice: str) -> ChoiceOutcome:
        """Do what an outside program decided, if that is possible and not too late."""
        began = time.perf_counter()
        outcome = self.router.decide(number, choice, self._now())
        self._carry(began)
        return outcome

    def reconfigure(self, agents: Iterable[AgentProfile], queues: Iterable[QueueProfile]) -> None:
        """Take over changed agents and queues. Raises RoutingError, and nothing changed."""
        began = time.perf_counter()
        self.router.reconfigure(agents, queues, self._now())
        self._carry(began)

    def stop(self) -> None:
        """Cancel the timer."""
        self._timer.cancel()

    def _handle_timer(self) -> None:
        began = time.perf_counter()
        self.router.handle_timer(self._now())
        self._carry(began)

    def restored(self) -> None:
        """Tell of the agents who are in the state of before a restart."""
        self._carry(time.perf_counter())

    def _carry(self, began: float, contact: str = "") -> None:
        """Hand out what the router has decided, and follow its next deadline.

        Args:
            contact: the caller it was about, if one.
        """
        self._decision_seconds = time.perf_counter() - began
        journal = self.journal
        if journal is not None and contact:
            journal.contact_changed(contact)
        while (event := self.router.next_event()) is not None:
            if isinstance(event, AgentMoved):
                if journal is not None:
                    journal.agent_changed(event.agent)
                self._publish(
                    AgentStateChanged(
                        at=self._utc(),
                        agent=event.agent,
                        state=event.state,
                        previous=event.previous,
                        reason=event.reason,
                        call=event.contact,
                    )
                )
            elif isinstance(event, DecisionWanted):
                self._publish(
                    DecisionAsked(
                        at=self._utc(),
                        number=event.number,
                        queue=event.queue,
                        call=event.contact,
                        agent=event.agent,
                        candidates=event.candidates,
                        within_seconds=event.deadline - self._now(),
                    )
                )
            else:
                if journal is not None and isinstance(event, ContactTurnedAway | ContactMoved):
                    journal.contact_changed(event.contact)
                self._deliver(event.contact, event)
        self._timer.rearm()
