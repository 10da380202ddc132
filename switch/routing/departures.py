"""PURE: callers who leave a queue: lost, turned away, or sent on to another queue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from switch.routing.agent import Agent
from switch.routing.callers import CallerBook
from switch.routing.contact import Contact, ContactState
from switch.routing.events import ContactMoved, ContactTurnedAway, RouterEvent
from switch.routing.line import Line
from switch.routing.line_book import LineBook
from switch.routing.matching import Matcher, unservable
from switch.routing.queue import Queue, TurnedAway


class Departures:
    """Takes callers out of their queues."""

    def __init__(
        self,
        contacts: dict[str, Contact],
        queues: Mapping[str, Queue],
        lines: LineBook,
        callers: CallerBook,
        matcher: Matcher,
        report: Callable[[RouterEvent], None],
    ) -> None:
        self._contacts = contacts
        self._queues = queues
        self._lines = lines
        self._callers = callers
        self._matcher = matcher
        self._report = report

    def unqueue(self, contact: Contact, now: float) -> None:
        """Let go of a caller's place: answered, lost, or in another queue."""
        self._matcher.wait_no_more(contact)
        contact.held_for = None
        queue = contact.line.queue
        if contact.waits:
            contact.waits = False
            queue.expected_wait.left(now)
        queue.remove(contact)
        self._lines.remove_caller(contact.line)

    def lose(self, contact: Contact, now: float, *, hung_up: bool = False) -> None:
        """Forget a caller who was not answered; who hung up may come back to the place."""
        self.unqueue(contact, now)
        contact.state = ContactState.GONE
        contact.agent = None
        contact.asked = 0
        del self._contacts[contact.id]
        queue = contact.line.queue
        queue.service_level.lost(now - contact.entered, now, hung_up=hung_up)
        profile = queue.profile
        if hung_up and contact.caller and profile.resume_seconds:
            until = now + profile.resume_seconds
            for name in (profile.name, *contact.visited):  # whichever is called again
                self._callers.note_place(contact.caller, name, contact.since, until, contact.number)

    def turn_away(self, contact: Contact, why: TurnedAway, now: float) -> None:
        """Send a caller on to another queue, or out."""
        queue = contact.line.queue
        target = self._overflow(contact, queue, why)
        if target is not None:
            self._send_on(contact, queue, target, why, now)
            return
        self.lose(contact, now)
        self._report(ContactTurnedAway(contact.id, queue.profile.name, why, now - contact.entered))

    def turn_away_unservable(self, lines: Iterable[Line], now: float) -> None:
        """Callers leave whom nobody can serve now, if their queue says so."""
        hopeless: list[Contact] = []
        for line in lines:
            if line.waiting_count and unservable(line):
                hopeless += line.waiting()
        for contact in sorted(hopeless, key=lambda each: each.urgency(now)):
            self.turn_away(contact, TurnedAway.NO_AGENTS, now)

    def release_held(self, agent: Agent, now: float) -> None:
        """Nobody shall wait any more for this agent alone."""
        if agent.held.count:
            for contact in sorted(agent.held.valid(), key=lambda each: each.urgency(now)):
                self.release(contact, now)

    def release(self, contact: Contact, now: float) -> None:
        """This caller shall wait for one agent alone no more."""
        self._matcher.let_go(contact, now)
        self.check_servable(contact, now)

    def check_servable(self, contact: Contact, now: float) -> None:
        """Turn a caller away who waits in vain."""
        if contact.ticket and unservable(contact.line):
            self.turn_away(contact, TurnedAway.NO_AGENTS, now)

    def _overflow(self, contact: Contact, queue: Queue, why: TurnedAway) -> Queue | None:
        overflow = queue.profile.overflow
        if overflow is None or why not in overflow.when or overflow.to in contact.visited:
            return None
        target = self._queues.get(overflow.to)
        if target is None or target is queue or target.leaving:
            return None
        return target if target.is_open and not target.is_full else None

    def _send_on(
        self, contact: Contact, queue: Queue, target: Queue, why: TurnedAway, now: float
    ) -> None:
        self.unqueue(contact, now)
        contact.visited |= {queue.profile.name}
        contact.line = self._lines.line(target, contact.extra, now)
        contact.level = contact.raised = 0
        if why is TurnedAway.TIMEOUT:
            contact.own_limit = None
        patience = target.profile.max_wait_seconds
        limits = (contact.own_limit, None if patience is None else now + patience)
        contact.expires_at = min((each for each in limits if each is not None), default=None)
        self._lines.add_caller(contact.line)
        target.add(contact)
        self._report(ContactMoved(contact.id, queue.profile.name, target.profile.name, why))
        self._matcher.serve(contact, now)
        self.check_servable(contact, now)
