"""PURE: a place in a queue goes to who is not the caller that took it: a callback, another call."""

from __future__ import annotations

from collections.abc import Callable

from switch.deadlines import Deadlines
from switch.errors import RoutingError
from switch.routing.callers import CallerBook
from switch.routing.contact import Contact, ContactState
from switch.routing.events import Offered, RouterEvent
from switch.routing.matching import Matcher
from switch.routing.roster import Roster


class Places:
    """Gives places away. `report` takes what happened."""

    def __init__(
        self,
        contacts: dict[str, Contact],
        roster: Roster,
        deadlines: Deadlines,
        callers: CallerBook,
        matcher: Matcher,
        report: Callable[[RouterEvent], None],
    ) -> None:
        self._contacts = contacts
        self._roster = roster
        self._deadlines = deadlines
        self._callers = callers
        self._matcher = matcher
        self._report = report

    def keep_for_callback(self, contact_id: str, now: float, max_wait: float | None = None) -> bool:
        """The caller hangs up and will be rung back; the place stays. False when not waiting.

        Args:
            max_wait: seconds from now; None: as long as it takes.
        """
        contact = self._contacts.get(contact_id)
        if contact is None or contact.state is ContactState.TALKING:
            return False
        contact.callback = True
        contact.expires_at = contact.own_limit = None if max_wait is None else now + max_wait
        if contact.ticket:
            self._matcher.reschedule(contact, now)
        return True

    def hand_on(self, contact_id: str, to: str, now: float, caller: str = "") -> bool:
        """Put another call in a caller's place, be it waiting, offered or talking.

        It waits as if it had been there all the time. An agent who was being rung is offered
        again, with the whole of the time to answer; one who talks goes on talking.

        Args:
            to: the other call, which the router does not know.
            caller: who that is across calls.

        Returns:
            False when nobody has the place any more.

        Raises:
            RoutingError: the other call is in the router already.
        """
        if to in self._contacts:
            raise RoutingError(f"contact {to!r} is in the router already")
        contact = self._contacts.pop(contact_id, None)
        if contact is None:
            return False
        contact.id, contact.caller = to, caller
        self._contacts[to] = contact
        queue = contact.line.queue.profile
        self._callers.forget_place(caller, queue.name)
        decision = self._matcher.decisions.hand_on(contact_id, to)
        agent = contact.agent
        if agent is None:
            return True
        self._roster.tell(agent)
        if contact.state is ContactState.OFFERED:
            self._deadlines.set(agent, now + queue.ring_seconds)
            why, rule, tier = "was offered to who had the place", queue.strategy, 0
            if decision is not None:
                why, rule, tier = decision.why, decision.rule, decision.tier
            self._report(
                Offered(
                    *(to, queue.name, agent.profile.id, why, rule, tier + 1),
                    *(bool(contact.visited), now - contact.entered, contact.callback),
                )
            )
        return True
