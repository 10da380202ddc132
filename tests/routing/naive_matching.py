"""How the naive router brings callers and agents together, and turns callers away."""

from __future__ import annotations

from switch.routing.queue import WhenNoAgents
from tests.routing.naive_people import NaiveAgent, NaiveContact
from tests.routing.naive_rules import NaiveRules


class NaiveMatching(NaiveRules):
    # Matches.

    def serve(self, contact: NaiveContact, now: float) -> None:
        contact.seen = now
        for tier in range(self.level(contact) + 1):
            fit = [
                agent
                for agent in self.agents.values()
                if agent.state == "ready" and self.tier(agent, contact) == tier
            ]
            if fit:
                self.offer(contact, self.best(fit, contact, tier), now)
                return
        self.wait(contact, now)
        self.check_servable(contact, now)

    def wait(self, contact: NaiveContact, now: float) -> None:
        contact.agent = ""
        need = self.need(contact)
        steps = [plan.after_seconds for plan in need.tiers()]
        steps += [after for after, _ in need.added_priorities()]
        dues = [contact.since + after for after in steps if contact.since + after > now]
        if contact.held_for:
            dues.append(contact.held_until)
        if contact.expires is not None:
            dues.append(contact.expires)
        contact.due = self.at(min(dues)) if dues else None

    def check_servable(self, contact: NaiveContact, now: float) -> None:
        away = self.queues[contact.queue].when_no_agents is WhenNoAgents.EXIT
        if away and not contact.held_for and not self.servable(contact):
            self.turn_away(contact, "no_agents", now)

    def employ(self, agent: NaiveAgent, now: float) -> None:
        fit = [contact for contact in self.waiting() if self.may_serve(agent, contact)]
        if fit:
            self.offer(self.by_urgency(fit, now)[0], agent, now)

    def offer(self, contact: NaiveContact, agent: NaiveAgent, now: float) -> None:
        self.count += 1
        contact.agent, contact.held_for, contact.due = agent.id, "", None
        agent.offered_turn = self.count
        agent.become("reserved", now)
        agent.contact = contact.id
        agent.due = self.at(now + self.queues[contact.queue].ring_seconds)
        if self.hints:
            self.hints.pop(0)
        tier = self.tier(agent, contact)
        assert tier is not None
        contact.how = f"{tier + 1} {bool(contact.visited)}"
        self.said.append(f"offer {contact.id} {agent.id} {contact.how} {contact.callback}")

    def give_back(self, contact: NaiveContact, now: float) -> None:
        contact.agent = ""
        if contact.expires is not None and now >= contact.expires:
            self.turn_away(contact, "timeout", now)
        else:
            self.serve(contact, now)

    def let_go(self, agent: NaiveAgent, offered: NaiveContact | None, now: float) -> None:
        """Who waited for this agent alone, and who was offered the agent, go on in order."""
        held = [contact for contact in self.waiting() if contact.held_for == agent.id]
        for contact in self.by_urgency([*held, *([offered] if offered else [])], now):
            contact.held_for = ""
            if contact is offered:
                self.give_back(contact, now)
            else:
                self.serve(contact, now)

    def turn_away(self, contact: NaiveContact, why: str, now: float) -> None:
        overflow = self.queues[contact.queue].overflow
        if overflow is not None and why in overflow.when and overflow.to not in contact.visited:
            target = self.queues[overflow.to]
            length = sum(c.queue == target.name and not c.talking for c in self.contacts.values())
            full = target.max_length is not None and length >= target.max_length
            if target.name not in self.closed and not full and target.name != contact.queue:
                self.said.append(f"moved {contact.id} {target.name} {why}")
                contact.visited.add(contact.queue)
                contact.queue, contact.held_for, contact.due = target.name, "", None
                if why == "timeout":
                    contact.own_limit = None
                patience = target.max_wait_seconds
                contact.expires = contact.own_limit
                if patience is not None:
                    until = now + patience
                    contact.expires = min(until, contact.expires or until)
                self.serve(contact, now)
                return
        self.lose(contact, now)
        self.said.append(f"{why} {contact.id}")

    def lose(self, contact: NaiveContact, now: float, hung_up: bool = False) -> None:
        del self.contacts[contact.id]
        profile = self.queues[contact.queue]
        waited = now - contact.entered
        tally = self.tallies[contact.queue]
        if hung_up and waited < profile.short_abandon_seconds:
            tally.short += 1
        else:
            tally.lost += 1
            tally.lost_after += waited > profile.service_level_seconds
        if hung_up and contact.caller and profile.resume_seconds:
            for queue in (contact.queue, *contact.visited):
                place = contact.since, now + profile.resume_seconds, contact.number
                self.places[contact.caller, queue] = place

    def at(self, when: float) -> tuple[float, int]:
        """A deadline; of equal ones, the one set first comes first."""
        self.count += 1
        return when, self.count
