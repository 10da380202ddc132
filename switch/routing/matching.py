"""PURE: callers and free agents find each other.

A match is possible only when a caller begins to wait, when a tier opens to one who waits,
or when an agent becomes ready. `serve` and `employ` are called then, and each looks at the
tops of a few heaps. An outside program may be asked first (`OutsideDecision`); what it
answers in time is done if it is possible, and the built-in rule stands in otherwise.
"""

from __future__ import annotations

from collections.abc import Callable

from switch.deadlines import Deadlines
from switch.routing.agent import BUSY, Agent, AgentInput
from switch.routing.contact import Contact, ContactState, Urgency
from switch.routing.decisions import (
    MOST_URGENT,
    OUTSIDE,
    STAND_IN,
    STICKY,
    Decision,
    DecisionLog,
)
from switch.routing.events import ChoiceOutcome, Offered, RouterEvent
from switch.routing.line import Line
from switch.routing.questions import Question, Questions
from switch.routing.roster import Roster

_RUNNERS_UP = 3


class Matcher:
    """Brings callers and agents together. `report` takes what happened."""

    def __init__(
        self,
        roster: Roster,
        deadlines: Deadlines,
        contacts: dict[str, Contact],
        report: Callable[[RouterEvent], None],
    ) -> None:
        self.decisions = DecisionLog()
        self.questions = Questions(roster, deadlines, contacts, self.decisions, report)
        """What an outside program has not answered yet."""
        self._roster = roster
        self._deadlines = deadlines
        self._contacts = contacts
        self._report = report
        self._offers = 0

    # A caller needs an agent.

    def serve(self, contact: Contact, now: float, *, ask: bool = True) -> None:
        """Find an agent for a caller, or let the caller wait."""
        self.open_tiers(contact, now)
        line = contact.line
        for index in range(contact.level + 1):
            tier = line.tiers[index]
            agent = tier.ready.first()
            if agent is not None:
                outside = line.queue.profile.outside
                if ask and outside is not None:
                    self.questions.ask_for_agent(contact, outside, now)
                else:
                    self._offer_first(contact, agent, index, now, stands_in=not ask)
                return
        self.wait(contact, now)

    def open_tiers(self, contact: Contact, now: float) -> None:
        """Bring a caller's level and priority up to what the wait has earned."""
        line = contact.line
        if len(line.tiers) == 1 and not line.added_priorities:
            return
        contact.level = line.level_at(contact.since, now)
        raised = line.raised_at(contact.since, now)
        if raised != contact.raised:
            line.queue.raise_priority(contact, raised)

    def wait(self, contact: Contact, now: float) -> None:
        """Let a caller wait, for everybody or for one agent alone."""
        contact.state = ContactState.WAITING
        contact.ticket = self._roster.new_ticket()
        if contact.held_for is not None:
            contact.held_for.held.add(contact)
        else:
            contact.line.add_waiting(contact)
        if not contact.waits:
            contact.waits = True
            contact.line.queue.expected_wait.began_to_wait(now)
        self._schedule(contact, now)

    def wait_no_more(self, contact: Contact) -> None:
        """Take a caller out of the heaps, who may not be in any."""
        self._deadlines.cancel(contact)
        if contact.ticket:
            contact.ticket = 0
            if contact.held_for is not None:
                contact.held_for.held.remove(contact)
            else:
                contact.line.remove_waiting(contact)

    def hold_for(self, contact: Contact, agent: Agent, now: float) -> bool:
        """Bring a caller back to the agent of the last time; False when that cannot be."""
        line = contact.line
        seat = agent.lines.get(line)
        if seat is None or agent.removed:
            return False
        self.open_tiers(contact, now)
        if agent.ticket:
            self.offer(contact, agent, STICKY, "served this caller the last time", seat.tier, now)
            return True
        patience = line.queue.profile.sticky_wait_seconds
        goes = agent.wish is not None or agent.off_shift
        if agent.state not in BUSY or goes or not patience:
            return False
        contact.held_for = agent
        contact.held_until = now + patience
        self.wait(contact, now)
        return True

    def next_step(self, contact: Contact, now: float) -> None:
        """A waiting caller's timer is due: a tier opens, or the one agent had no time."""
        if contact.held_for is None or now >= contact.held_until:
            self.let_go(contact, now)
            return
        self.wait_no_more(contact)
        self.open_tiers(contact, now)
        self.wait(contact, now)

    def let_go(self, contact: Contact, now: float) -> None:
        """The one agent had no time: anybody may serve the caller."""
        self.wait_no_more(contact)
        contact.held_for = None
        self.serve(contact, now)

    def reschedule(self, contact: Contact, now: float) -> None:
        """Set the timer of a waiting caller anew."""
        self._deadlines.cancel(contact)
        self._schedule(contact, now)

    def _schedule(self, contact: Contact, now: float) -> None:
        """Set the one timer of a waiting caller to whatever comes first."""
        line = contact.line
        due = contact.expires_at
        if contact.held_for is not None and (due is None or contact.held_until < due):
            due = contact.held_until
        if len(line.tiers) > 1 or line.added_priorities:
            step = line.next_step(contact.since, now)
            if step is not None and (due is None or step < due):
                due = step
        if due is not None:
            self._deadlines.set(contact, due)

    def _offer_first(
        self, contact: Contact, agent: Agent, tier: int, now: float, *, stands_in: bool
    ) -> None:
        line = contact.line
        plan = line.tiers[tier].plan
        others = [
            each for each in line.tiers[tier].ready.some(_RUNNERS_UP + 1) if each is not agent
        ]
        strategy = line.queue.strategy
        says = strategy.says(agent, plan, now)
        ready = line.tiers[tier].ready.count
        if ready == 1:
            why = f"the only one free with {plan} ({says})"
        else:
            why = f"{line.queue.profile.strategy} of {ready} with {plan} ({says})"
        if tier:
            why += f"; choice {tier + 1}, nobody of an earlier one is free"
        runners = tuple(f"{each.profile.id}: {strategy.says(each, plan, now)}" for each in others)
        rule = STAND_IN if stands_in else line.queue.profile.strategy
        self.offer(contact, agent, rule, why, tier, now, runners)

    # An agent needs a caller.

    def employ(self, agent: Agent, now: float, *, ask: bool = True) -> None:
        """Find a caller for an agent who has just become ready."""
        contact, waiting = self._most_urgent(agent, now)
        if contact is None:
            return
        outside = contact.line.queue.profile.outside
        if ask and outside is not None:
            self.questions.ask_for_contact(agent, outside, now)
            return
        why = (
            f"free with {contact.line.tiers[0].plan}; the caller is first of {waiting} "
            f"(priority {contact.effective_priority}, {now - contact.since:.0f} s)"
        )
        rule = MOST_URGENT if ask else STAND_IN
        self.offer(contact, agent, rule, why, self._tier(agent, contact), now)

    def _most_urgent(self, agent: Agent, now: float) -> tuple[Contact | None, int]:
        """Return the caller an agent should serve, and how many the agent could serve."""
        best: Contact | None = None
        best_place: Urgency | None = None
        waiting = agent.held.count
        if waiting:
            best = min(agent.held.first_of_each(), key=lambda each: each.urgency(now))
            best_place = best.urgency(now)
        for line, seat in agent.lines.items():
            if not line.waiting_count:
                continue
            for tier in line.tiers[seat.tier :]:
                if not tier.waiting.count:
                    continue
                waiting += tier.waiting.count
                first = tier.waiting.first()
                assert first is not None
                place = first.urgency(now)
                if best_place is None or place < best_place:
                    best, best_place = first, place
        return best, waiting

    def _tier(self, agent: Agent, contact: Contact) -> int:
        seat = agent.lines.get(contact.line)
        return seat.tier if seat is not None else 0

    # The outside program.

    def conclude(self, question: Question, choice: str, now: float) -> ChoiceOutcome:
        """Do what an outside program decided, or the built-in rule.

        Args:
            choice: empty when no answer came in time.
        """
        self.questions.close(question)
        if question.contact is not None:
            return self._conclude_for_contact(question, question.contact, choice, now)
        assert question.agent is not None
        return self._conclude_for_agent(question, question.agent, choice, now)

    def _conclude_for_contact(
        self, question: Question, contact: Contact, choice: str, now: float
    ) -> ChoiceOutcome:
        if contact.asked != question.number:
            return ChoiceOutcome.TOO_LATE  # the caller has gone
        contact.asked = 0
        if choice in question.candidates and choice in self._roster:
            agent = self._roster[choice]
            if agent.ticket and self._may_serve(agent, contact):
                why = f"chosen outside among {len(question.candidates)}"
                self.offer(contact, agent, OUTSIDE, why, self._tier(agent, contact), now)
                return ChoiceOutcome.FOLLOWED
        self.serve(contact, now, ask=False)
        return ChoiceOutcome.IMPOSSIBLE

    def _conclude_for_agent(
        self, question: Question, agent: Agent, choice: str, now: float
    ) -> ChoiceOutcome:
        if agent.asked != question.number:
            return ChoiceOutcome.TOO_LATE  # the agent is not free any more
        agent.asked = 0
        self._roster.show(agent, now)
        chosen = self._contacts.get(choice) if choice in question.candidates else None
        if chosen is not None and chosen.ticket and self._may_serve(agent, chosen):
            why = f"the caller was chosen outside among {len(question.candidates)}"
            self.offer(chosen, agent, OUTSIDE, why, self._tier(agent, chosen), now)
            return ChoiceOutcome.FOLLOWED
        self.employ(agent, now, ask=False)
        return ChoiceOutcome.IMPOSSIBLE

    def _may_serve(self, agent: Agent, contact: Contact) -> bool:
        if contact.held_for is not None:
            return contact.held_for is agent
        seat = agent.lines.get(contact.line)
        return seat is not None and seat.tier <= contact.level

    # A match.

    def offer(
        self,
        contact: Contact,
        agent: Agent,
        rule: str,
        why: str,
        tier: int,
        now: float,
        runners_up: tuple[str, ...] = (),
    ) -> None:
        """Reserve an agent for a caller."""
        queue = contact.line.queue
        self.wait_no_more(contact)
        contact.held_for = None
        if contact.waits:
            contact.waits = False
            queue.expected_wait.taken(now)
        number = self.decisions.next_number()
        contact.state = ContactState.OFFERED
        contact.agent = agent
        agent.contact = contact
        self._offers += 1
        agent.offered_turn = self._offers
        self._roster.move(agent, "offer", now, AgentInput.OFFER)
        self._deadlines.set(agent, now + queue.profile.ring_seconds)
        waited = now - contact.entered
        self.decisions.note(
            Decision(
                number=number,
                at=now,
                contact=contact.id,
                queue=queue.profile.name,
                agent=agent.profile.id,
                line=contact.line,
                tier=tier,
                level=contact.level,
                rule=rule,
                why=why,
                priority=contact.effective_priority,
                waited_seconds=waited,
                runners_up=runners_up,
            )
        )
        self._report(
            Offered(
                contact.id,
                queue.profile.name,
                agent.profile.id,
                why,
                rule,
                tier + 1,
                bool(contact.visited),
                waited,
                contact.callback,
            )
        )


def unservable(line: Line) -> bool:
    """Whether nobody who is logged in could ever serve callers of this line."""
    return not line.logged_in_count and line.queue.sends_away
