"""What the naive router knows, who may serve whom, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from switch.routing import Need, QueueProfile
from tests.routing.naive_people import NaiveAgent, NaiveContact, NaiveTally


@dataclass
class NaiveRules:
    agents: dict[str, NaiveAgent]
    queues: dict[str, QueueProfile]
    contacts: dict[str, NaiveContact] = field(default_factory=dict)
    tallies: dict[str, NaiveTally] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    places: dict[tuple[str, str], tuple[float, float, int]] = field(default_factory=dict)
    served: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    """Offers, withdrawals, moves to other queues and callers sent away, in order."""
    hints: list[str] = field(default_factory=list)
    """Agents the real router has just reserved: decide between equal occupancies only."""
    count: int = 0

    # Who may serve whom.

    def tier(self, agent: NaiveAgent, contact: NaiveContact) -> int | None:
        """The first tier that fits, whether open or not."""
        traits = agent.profile.traits()
        for index, plan in enumerate(self.need(contact).tiers()):
            if traits.fits(plan):
                return index
        return None

    def need(self, contact: NaiveContact) -> Need:
        own = self.queues[contact.queue].need
        return own if contact.extra is None else own.with_extra(contact.extra)

    def level(self, contact: NaiveContact) -> int:
        plans = self.need(contact).tiers()
        opened = [i for i, p in enumerate(plans) if contact.since + p.after_seconds <= contact.seen]
        return max(opened, default=0)

    def may_serve(self, agent: NaiveAgent, contact: NaiveContact) -> bool:
        if contact.held_for:
            return contact.held_for == agent.id
        tier = self.tier(agent, contact)
        return tier is not None and tier <= self.level(contact)

    def servable(self, contact: NaiveContact) -> bool:
        return any(
            agent.state != "logged_out" and self.tier(agent, contact) is not None
            for agent in self.agents.values()
        )

    # Orders.

    def height(self, contact: NaiveContact) -> int:
        steps = self.need(contact).added_priorities()
        added = [by for after, by in steps if contact.since + after <= contact.seen]
        return contact.priority + sum(added)

    def urgency(self, contact: NaiveContact, now: float) -> tuple[float, float, float, int]:
        aging = self.queues[contact.queue].aging_seconds
        height = self.height(contact)
        if not aging:
            return -height, contact.since, contact.since, contact.number
        # Nobody comes up higher than one above the highest who waits.
        ceiling = 1 + max(self.height(c) for c in self.contacts.values() if not c.talking)
        up_at = contact.since + (ceiling - height) * aging
        reached = height + (now - contact.since) / aging if now < up_at else ceiling
        return -reached, up_at, contact.since, contact.number

    def waiting(self) -> list[NaiveContact]:
        return [contact for contact in self.contacts.values() if not contact.agent]

    def by_urgency(self, contacts: Iterable[NaiveContact], now: float) -> list[NaiveContact]:
        return sorted(contacts, key=lambda each: self.urgency(each, now))

    def position(self, contact: NaiveContact, now: float) -> int:
        others = [
            other
            for other in self.contacts.values()
            if other.queue == contact.queue and not other.talking
        ]
        mine = self.urgency(contact, now)
        return 1 + sum(self.urgency(other, now) < mine for other in others)

    def best(self, fit: list[NaiveAgent], contact: NaiveContact, tier: int) -> NaiveAgent:
        """The agent of one tier whom the queue's strategy takes."""
        need = self.need(contact)
        asked = set(need.tiers()[tier].requirement.names())

        def lacking(agent: NaiveAgent) -> int:
            has = agent.profile.traits().skills
            return sum(has.get(skill, 0) < level for skill, level in need.preferred)

        def levels(agent: NaiveAgent) -> int:
            has = agent.profile.traits().skills
            return sum(has.get(skill, 0) for skill in asked)

        fewest = min(map(lacking, fit))
        fit = [agent for agent in fit if lacking(agent) == fewest]
        match self.queues[contact.queue].strategy:
            case "longest_idle":
                key = [(0.0, 0.0) for _ in fit]
            case "most_skilled":
                key = [(-float(levels(agent)), 0.0) for agent in fit]
            case "least_skilled":
                key = [(float(levels(a)), float(len(a.profile.traits().skills))) for a in fit]
            case "round_robin":
                key = [(float(agent.offered_turn), 0.0) for agent in fit]
            case _:
                # Rounding may tell apart who was busy for the same times.
                lowest = min(agent.occupancy() for agent in fit)
                near = [a for a in fit if a.occupancy() <= lowest * (1 + 1e-9)]
                hinted = [agent for agent in near if agent.id in self.hints[:1]]
                fit = hinted if lowest and hinted else near
                key = [(0.0, 0.0) for _ in fit]
        return min(zip(key, fit, strict=True), key=lambda pair: (pair[0], pair[1].idle))[1]
