"""PURE: decisions that an outside program is asked to take (`OutsideDecision`), until it answers.

Who answers, and what comes of it, is not settled here but in `matching.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from switch.deadlines import Deadlines, Timed
from switch.routing.agent import Agent
from switch.routing.contact import Contact, ContactState
from switch.routing.decisions import DecisionLog
from switch.routing.events import DecisionWanted, RouterEvent
from switch.routing.queue import OutsideDecision
from switch.routing.roster import Roster


class Question(Timed):
    """A decision that an outside program may take: an agent for a caller, or the reverse."""

    __slots__ = ("agent", "candidates", "contact", "number")

    def __init__(
        self, number: int, contact: Contact | None, agent: Agent | None, candidates: tuple[str, ...]
    ) -> None:
        super().__init__()
        self.number = number
        self.contact = contact
        self.agent = agent
        self.candidates = candidates


class Questions:
    """The open ones, each with its deadline. `report` takes what is asked."""

    def __init__(
        self,
        roster: Roster,
        deadlines: Deadlines,
        contacts: Mapping[str, Contact],
        decisions: DecisionLog,
        report: Callable[[RouterEvent], None],
    ) -> None:
        self._roster = roster
        self._deadlines = deadlines
        self._contacts = contacts
        self._decisions = decisions
        self._report = report
        self._open: dict[int, Question] = {}

    def __len__(self) -> int:
        return len(self._open)

    def get(self, number: int) -> Question | None:
        """Return an open question; None when it is too late to answer."""
        return self._open.get(number)

    def close(self, question: Question) -> None:
        """It was answered, or its time is up."""
        del self._open[question.number]
        self._deadlines.cancel(question)

    def ask_for_agent(self, contact: Contact, outside: OutsideDecision, now: float) -> None:
        """Ask which of the free agents a caller gets; the caller waits for that alone."""
        found: list[Agent] = []
        for tier in contact.line.tiers[: contact.level + 1]:
            found += tier.ready.some(outside.candidates - len(found))
        contact.state = ContactState.WAITING
        contact.asked = self._ask(
            contact, None, tuple(agent.profile.id for agent in found), outside, now
        )

    def ask_for_contact(self, agent: Agent, outside: OutsideDecision, now: float) -> None:
        """Ask which of the callers an agent gets; nobody else gets the agent meanwhile."""
        most = outside.candidates
        found = agent.held.some(most)
        for line, seat in agent.lines.items():
            for tier in line.tiers[seat.tier :]:
                found += tier.waiting.some(most)
        found.sort(key=lambda contact: contact.urgency(now))
        self._roster.hide(agent)
        agent.asked = self._ask(
            None, agent, tuple(contact.id for contact in found[:most]), outside, now
        )

    def _ask(
        self,
        contact: Contact | None,
        agent: Agent | None,
        candidates: tuple[str, ...],
        outside: OutsideDecision,
        now: float,
    ) -> int:
        question = Question(self._decisions.next_number(), contact, agent, candidates)
        self._open[question.number] = question
        deadline = now + outside.within_seconds
        self._deadlines.set(question, deadline)
        subject = contact if contact is not None else self._contacts[candidates[0]]
        self._report(
            DecisionWanted(
                question.number,
                subject.line.queue.profile.name,
                contact.id if contact is not None else "",
                agent.profile.id if agent is not None else "",
                candidates,
                deadline,
            )
        )
        return question.number
