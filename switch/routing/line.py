"""PURE: lines: callers of one queue who need the same, and the agents who may serve them.

A line has tiers (`need.py`). Every agent who may serve the line has a seat in one tier,
the first that fits; every caller who waits stands at one level, the last tier open to the
caller. So neither a caller nor an agent is ever compared with all of the other kind: a
caller looks at the tops of the tiers' heaps up to the level, an agent at the tops of the
levels from the seat's tier on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from switch.frozen import frozen
from switch.routing.agent import Agent, AgentState
from switch.routing.contact import Contact
from switch.routing.need import Need, TierPlan
from switch.routing.ticket_heap import TicketHeap

if TYPE_CHECKING:
    from switch.routing.queue import Queue


@frozen()
class Seat:
    """An agent's place in a line."""

    tier: int
    lacking: int
    """How many of the preferred skills the agent does not have."""


class Tier:
    """Agents of equal standing in a line, and the callers whose last open tier it is."""

    __slots__ = ("logged_in_count", "plan", "ready", "waiting")

    def __init__(self, plan: TierPlan) -> None:
        self.plan = plan
        self.ready: TicketHeap[Agent] = TicketHeap()
        self.logged_in_count = 0
        self.waiting: TicketHeap[Contact] = TicketHeap()


class Line:
    """Callers of one queue who need the same."""

    __slots__ = ("added_priorities", "agents", "callers", "need", "queue", "tiers", "waiting_count")

    def __init__(self, queue: Queue, need: Need) -> None:
        self.queue = queue
        self.need = need
        self.tiers = [Tier(plan) for plan in need.tiers()]
        self.added_priorities = need.added_priorities()
        self.agents: dict[Agent, None] = {}
        self.callers = 0
        """Waiting or offered."""
        self.waiting_count = 0

    @property
    def ready_count(self) -> int:
        """How many agents of any tier are ready."""
        return sum(tier.ready.count for tier in self.tiers)

    @property
    def logged_in_count(self) -> int:
        """How many agents of any tier are logged in."""
        return sum(tier.logged_in_count for tier in self.tiers)

    # Agents.

    def seat(self, agent: Agent) -> Seat | None:
        """Return where the agent would sit; None who cannot serve this line."""
        skills = agent.traits.skills
        for index, tier in enumerate(self.tiers):
            if agent.traits.fits(tier.plan):
                lacking = sum(skills.get(skill, 0) < level for skill, level in self.need.preferred)
                return Seat(index, lacking)
        return None

    def admit(self, agents: Iterable[Agent], now: float) -> None:
        """Give a seat to each of these agents who may serve."""
        for agent in agents:
            seat = self.seat(agent)
            if seat is None:
                continue
            self.agents[agent] = None
            agent.lines[self] = seat
            if agent.state is not AgentState.LOGGED_OUT:
                self.tiers[seat.tier].logged_in_count += 1
            if agent.ticket:
                self.add_ready(agent, seat, now)

    def dismiss(self, agent: Agent) -> None:
        """Take the seat of an agent who is logged out or not ready."""
        seat = agent.lines.pop(self)
        del self.agents[agent]
        tier = self.tiers[seat.tier]
        if agent.state is not AgentState.LOGGED_OUT:
            tier.logged_in_count -= 1
        if agent.ticket:
            tier.ready.count -= 1

    def close(self) -> None:
        """Be forgotten by the agents and the queue."""
        del self.queue.lines[self.need]
        for agent in self.agents:
            del agent.lines[self]

    def add_ready(self, agent: Agent, seat: Seat, now: float) -> None:
        """Take in an agent who has become ready and bears a new ticket."""
        tier = self.tiers[seat.tier]
        rank = self.queue.strategy.rank(agent, tier.plan, now)
        key = (seat.lacking, rank, agent.idle_since, agent.turn)
        tier.ready.push(key, agent)

    # Callers.

    # All three add to the beginning of the wait: with `now - since`, rounding could put a step
    # off for ever that is due by its deadline.

    def level_at(self, since: float, now: float) -> int:
        """Return the last tier that is open to whoever has waited since then."""
        tiers = self.tiers
        level = 0
        while level + 1 < len(tiers) and since + tiers[level + 1].plan.after_seconds <= now:
            level += 1
        return level

    def raised_at(self, since: float, now: float) -> int:
        """Return what is added to the priority of whoever has waited since then."""
        return sum(added for after, added in self.added_priorities if since + after <= now)

    def next_step(self, since: float, now: float) -> float | None:
        """Return when something next changes for a caller who has waited since then."""
        changes = [tier.plan.after_seconds for tier in self.tiers]
        changes += [after for after, _ in self.added_priorities]
        return min((since + after for after in changes if since + after > now), default=None)

    def add_waiting(self, contact: Contact) -> None:
        """Let a caller who bears a new ticket wait at the level the wait has opened."""
        self.waiting_count += 1
        self.tiers[contact.level].waiting.push(contact.place(), contact)

    def remove_waiting(self, contact: Contact) -> None:
        """Let a caller wait no more; the heap's entry dies with the ticket."""
        self.waiting_count -= 1
        self.tiers[contact.level].waiting.count -= 1

    def waiting(self) -> list[Contact]:
        """Return everyone who waits, in no order."""
        return [contact for tier in self.tiers for contact in tier.waiting.valid()]
