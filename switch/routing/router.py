"""PURE: the router: matches callers in queues with agents who may serve them.

Two laws hold after every call of a method: no agent has two callers and no caller two
agents; and no ready agent is idle while a caller waits whom that agent may serve. So
a match is possible only when a caller begins to wait, a tier opens to one, or an agent
becomes ready, and each looks only at its own lines (`line.py`). The one exception is asked
for: a caller held for the agent of the last time, or whose agent an outside program is to
choose, waits so long and no longer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from switch.deadlines import Deadlines
from switch.errors import RoutingError
from switch.routing.agent import Agent, AgentProfile, AgentState, Watch
from switch.routing.agent_life import AgentLife
from switch.routing.callers import REMEMBERED_SECONDS, CallerBook
from switch.routing.ceiling import Ceiling
from switch.routing.contact import Contact, ContactState
from switch.routing.departures import Departures
from switch.routing.events import (
    AgentMoved,
    ChoiceOutcome,
    Entry,
    OfferWithdrawn,
    RouterEvent,
)
from switch.routing.inquiries import Inquiries
from switch.routing.line_book import LineBook
from switch.routing.matching import Matcher
from switch.routing.need import Need
from switch.routing.old_places import OldPlaces
from switch.routing.places import Places
from switch.routing.questions import Question
from switch.routing.queue import Queue, QueueProfile, Resume, TurnedAway, check_overflows
from switch.routing.reconfiguration import Changes, Reconfiguration
from switch.routing.roster import Roster
from switch.routing.strategy import Strategy, strategy
from switch.routing.survival import Survival


class Router:
    """Decides who serves whom.

    Three drivers: callers (`enter`, `leave`, `offer_answered`, `offer_failed`,
    `talk_ended`; `places`), agents (`set_ready`, `set_not_ready`, `log_out` and what supervisors,
    shifts and stations do) and time (`handle_timer`, due at `next_deadline`). Output:
    `next_event`, to be read empty after each of them. `now` never goes back. Everyone is
    logged out at the start. What may be asked stands in `ask` (`inquiries.py`).
    """

    def __init__(
        self,
        agents: Iterable[AgentProfile],
        queues: Iterable[QueueProfile],
        *,
        strategies: Mapping[str, Strategy] | None = None,
        heartbeat_seconds: float = 60.0,
    ) -> None:
        """Make a router.

        Args:
            strategies: those found by entry point, on top of the built-in ones.
            heartbeat_seconds: how long a station that sends heartbeats may be silent.

        Raises:
            RoutingError: a strategy or a queue that there is not is named.
        """
        self._events: deque[RouterEvent] = deque()
        self._deadlines = Deadlines()
        self._contacts: dict[str, Contact] = {}
        self._entries = 0
        self._callers = CallerBook()
        self._lines = LineBook()
        self._roster = Roster(self._deadlines, self._report_move)
        report = self._events.append
        self._matcher = Matcher(self._roster, self._deadlines, self._contacts, report)
        profiles = {profile.name: profile for profile in queues}
        check_overflows(profiles)
        ceiling = Ceiling()
        self._queues = {
            name: Queue(profile, strategy(profile.strategy, strategies), ceiling)
            for name, profile in profiles.items()
        }
        for agent in agents:
            self._lines.index.add(self._roster.add(agent))
        for queue in self._queues.values():
            self._lines.open(queue.main_line, 0.0)
        self._departures = Departures(
            self._contacts, self._queues, self._lines, self._callers, self._matcher, report
        )
        self._life = AgentLife(
            self._roster,
            self._deadlines,
            self._lines,
            self._matcher,
            self._departures,
            report,
            heartbeat_seconds,
        )
        self.ask = Inquiries(
            self._roster, self._queues, self._lines, self._contacts, self._matcher.decisions
        )
        self.old_places = OldPlaces(self._queues, self._callers)
        self.places = Places(
            self._contacts, self._roster, self._deadlines, self._callers, self._matcher, report
        )
        self.survival = Survival(self._roster, self._queues, self._callers, self._contacts)
        self._reconfiguration = Reconfiguration(
            self._roster,
            self._queues,
            self._lines,
            self._contacts,
            self._matcher,
            self._life,
            ceiling,
            strategies or {},
        )

    # Callers.

    def enter(
        self,
        contact_id: str,
        queue: str,
        now: float,
        *,
        need: Need | None = None,
        priority: int | None = None,
        max_wait: float | None = None,
        caller: str = "",
        resume: bool | None = None,
        sticky: bool = False,
        since: float | None = None,
    ) -> Entry:
        """Take in a caller.

        Args:
            need: on top of the queue's own.
            priority: None for the queue's.
            max_wait: seconds; None for the queue's. It holds in a queue to which an overflow
                leads too, unless it was this time that was up.
            caller: who it is across calls, for example the number; empty when withheld.
            resume: whether an old place is taken up again; None: unless the queue says never.
            sticky: whether the agent of the last time is wanted.
            since: when the wait began that counts for the order, if not now.

        Raises:
            RoutingError: no such queue, or the caller is here already.
        """
        entered = self._queue(queue)
        profile = entered.profile
        if contact_id in self._contacts:
            raise RoutingError(f"contact {contact_id!r} is in the router already")
        line = self._lines.line(entered, need, now)
        if priority is None:
            priority = profile.priority
        self._entries += 1
        contact = Contact(contact_id, line, priority, now, self._entries)
        contact.caller = caller
        if need is not None:
            contact.extra = need
        resumes = profile.resume is not Resume.NEVER if resume is None else resume
        old = self._callers.old_place(caller, queue, now) if caller and resumes else None
        if old is not None:
            contact.since, contact.number = old.since, old.number or contact.number
        elif since is not None:
            contact.since = min(now, since)
        self._callers.forget_place(caller, queue)
        seconds = profile.max_wait_seconds if max_wait is None else max_wait
        if seconds is not None:
            contact.expires_at = now + seconds
        if max_wait is not None:
            contact.own_limit = contact.expires_at
        refused = entered.refusal
        self._contacts[contact_id] = contact
        self._lines.add_caller(line)
        entered.add(contact)
        if refused is not None:
            self._departures.turn_away(contact, refused, now)
        elif not self._brought_back(contact, now, wanted=sticky):
            self._matcher.serve(contact, now)
            self._departures.check_servable(contact, now)
        return self.ask.entry(contact, now, resumed=old is not None)

    def leave(self, contact_id: str, now: float, why: str = "caller_left") -> bool:
        """Take a caller out wherever it is; False when it is gone already.

        Args:
            why: told in `OfferWithdrawn` if an agent is being rung. After `caller_left` the
                caller may come back to the old place.
        """
        contact = self._contacts.get(contact_id)
        if contact is None:
            return False
        if contact.state is ContactState.TALKING:
            return self.talk_ended(contact_id, now)
        agent = contact.agent
        self._departures.lose(contact, now, hung_up=why == "caller_left")
        if agent is not None:
            self._events.append(OfferWithdrawn(contact_id, agent.profile.id, why))
            self._life.caller_left(agent, now)
        return True

    def offer_answered(self, contact_id: str, agent: str, now: float) -> bool:
        """The agent answered; False when the offer no longer stands."""
        contact = self._contacts.get(contact_id)
        if contact is None or (answering := contact.agent) is None or answering.profile.id != agent:
            return False
        if contact.state is ContactState.OFFERED:
            contact.state = ContactState.TALKING
            self._departures.unqueue(contact, now)
            contact.line.queue.service_level.answered(now - contact.entered, now)
            self._life.answered(answering, now)
        return True

    def offer_failed(self, contact_id: str, agent: str, outcome: str, now: float) -> bool:
        """The agent did not take the call; False when the offer no longer stands.

        The agent gets a pause, and the caller the old place in the queue.

        Args:
            outcome: `no_answer`, `busy`, `declined` or `unreachable`.
        """
        contact = self._contacts.get(contact_id)
        if contact is None or contact.state is not ContactState.OFFERED:
            return False
        if (failing := contact.agent) is None or failing.profile.id != agent:
            return False
        self._life.offer_failed(failing, contact, outcome, now)
        return True

    def talk_ended(self, contact_id: str, now: float) -> bool:
        """Caller and agent have parted; False when they were not joined."""
        contact = self._contacts.get(contact_id)
        if contact is None or contact.state is not ContactState.TALKING:
            return False
        agent = contact.agent
        assert agent is not None
        contact.state = ContactState.GONE
        del self._contacts[contact_id]
        profile = contact.line.queue.profile
        handled = now - agent.since + profile.wrap_up_seconds
        contact.line.queue.expected_wait.handled(handled, now)
        if contact.caller:
            until = now + (profile.sticky_seconds or REMEMBERED_SECONDS)
            self._callers.note_served(contact.caller, profile.name, agent.profile.id, until)
        self._life.talk_ended(agent, now, profile)
        return True

    # Agents.

    def set_ready(self, agent: str, now: float, reason: str = "") -> str:
        """The agent wants calls: logs in, ends a pause or wrap-up, or takes back a wish.

        Returns:
            Empty, or why there are no calls: `forced`, `removed`, `off_shift`, `hourly_limit`.
        """
        return self._life.set_ready(self._roster[agent], now, reason)

    def set_not_ready(self, agent: str, now: float, reason: str = "") -> None:
        """The agent wants no calls: at once, or after the present call and its wrap-up."""
        self._life.set_not_ready(self._roster[agent], now, reason)

    def log_out(self, agent: str, now: float, reason: str = "") -> None:
        """The agent goes home: at once, or after the present call, without wrap-up."""
        self._life.log_out(self._roster[agent], now, reason)

    def extend_wrap_up(self, agent: str, seconds: float) -> float:
        """Give an agent more time after a call; return when the wrap-up ends.

        The queue of that call says how long it may last.

        Raises:
            RoutingError: the agent is not in wrap-up.
        """
        return self._life.extend_wrap_up(self._roster[agent], seconds)

    def heartbeat(self, agent: str, now: float) -> None:
        """The agent's station is there; after the first one, silence logs the agent out."""
        self._life.heartbeat(self._roster[agent], now)

    def force(self, agent: str, state: AgentState, now: float, reason: str = "") -> None:
        """A supervisor makes an agent ready, not ready or logged out, and keeps it so."""
        self._life.force(self._roster[agent], state, now, reason)

    def release(self, agent: str, now: float) -> None:
        """The agent may choose again what to do after `force`."""
        self._roster[agent].forced = False

    def set_shift(self, agent: str, now: float, *, on: bool) -> None:
        """An agent's shift begins or ends; out of it there are no calls."""
        self._life.set_shift(self._roster[agent], now, on=on)

    # Queues, and what they are made of.

    def set_open(self, queue: str, *, is_open: bool) -> None:
        """A queue opens or closes; who waits already is served all the same."""
        self._queue(queue).is_open = is_open

    def decide(self, number: int, choice: str, now: float) -> ChoiceOutcome:
        """Do what an outside program decided (`DecisionWanted`).

        Args:
            choice: an agent or a caller, as was asked; empty: the built-in rule.
        """
        question = self._matcher.questions.get(number)
        return ChoiceOutcome.TOO_LATE if question is None else self._conclude(question, choice, now)

    def reconfigure(
        self, agents: Iterable[AgentProfile], queues: Iterable[QueueProfile], now: float
    ) -> Changes:
        """Take over changed agents and queues; no caller loses a place.

        Raises:
            RoutingError: a strategy or a queue that there is not is named; nothing changed.
        """
        return self._reconfiguration.apply(agents, queues, now)

    def learn_strategies(self, strategies: Mapping[str, Strategy]) -> None:
        """Know more strategies, for queues that are changed afterwards."""
        self._reconfiguration.strategies |= strategies

    # Time.

    def next_deadline(self) -> float | None:
        """Return when `handle_timer` is due."""
        return self._deadlines.next()

    def handle_timer(self, now: float) -> None:
        """Do all that is due: unanswered rings, ended pauses and wrap-ups, waits too long.

        Of things due at one instant, those set first come first.
        """
        while (subject := self._deadlines.pop_due(now)) is not None:
            match subject:
                case Contact():
                    self._handle_contact_timer(subject, now)
                case Agent():
                    self._life.handle_timer(subject, now)
                case Watch():
                    self._life.handle_silence(subject, now)
                case Question():
                    self._conclude(subject, "", now)

    def next_event(self) -> RouterEvent | None:
        """Return what happened next, in order; None when all has been told."""
        return self._events.popleft() if self._events else None

    # What these use.

    def _handle_contact_timer(self, contact: Contact, now: float) -> None:
        if contact.state is not ContactState.WAITING:
            return
        if contact.expires_at is not None and now >= contact.expires_at:
            self._departures.turn_away(contact, TurnedAway.TIMEOUT, now)
        else:
            self._matcher.next_step(contact, now)
            self._departures.check_servable(contact, now)

    def _conclude(self, question: Question, choice: str, now: float) -> ChoiceOutcome:
        outcome = self._matcher.conclude(question, choice, now)
        if question.contact is not None:  # everybody may have gone meanwhile
            self._departures.check_servable(question.contact, now)
        return outcome

    def _brought_back(self, contact: Contact, now: float, *, wanted: bool) -> bool:
        """Bring a caller to the agent of the last time, if wanted and possible."""
        queue = contact.line.queue.profile
        if not contact.caller or not (queue.sticky_seconds or wanted):
            return False
        agent = self._callers.served_by(contact.caller, queue.name, now)
        return agent in self._roster and self._matcher.hold_for(contact, self._roster[agent], now)

    def _report_move(self, moved: AgentMoved) -> None:
        self._matcher.decisions.note_move(moved.agent, moved.previous)
        self._events.append(moved)

    def _queue(self, queue: str) -> Queue:
        try:
            return self._queues[queue]
        except KeyError:
            raise RoutingError(f"there is no queue {queue!r}") from None
