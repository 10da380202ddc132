"""A router so simple that it is obviously right: it compares everyone with everyone.

The laws in `test_router_laws.py` hold the real one against it, event by event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from switch.routing import AgentProfile
from switch.routing.queue import QueueProfile, WhenNoAgents
from switch.routing.skill import AllOf, Has


@dataclass
class NaiveAgent:
    id: str
    skills: Mapping[str, int]
    state: str = "logged_out"
    idle: tuple[float, int] = (0.0, 0)
    contact: str = ""
    wish: str = ""
    due: tuple[float, int] | None = None


@dataclass
class NaiveContact:
    id: str
    queue: QueueProfile
    skills: dict[str, int]
    place: tuple[int, float, int]
    expires: tuple[float, int] | None
    agent: str = ""
    talking: bool = False

    @property
    def entered(self) -> float:
        return self.place[1]


@dataclass
class NaiveTally:
    answered: int = 0
    within: int = 0
    lost: int = 0
    lost_after: int = 0


@dataclass
class NaiveRouter:
    agents: dict[str, NaiveAgent]
    queues: dict[str, QueueProfile]
    contacts: dict[str, NaiveContact] = field(default_factory=dict)
    tallies: dict[str, NaiveTally] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    """Offers, withdrawals, time-outs and callers sent away, in order."""
    count: int = 0

    @classmethod
    def of(cls, agents: Iterable[AgentProfile], queues: Iterable[QueueProfile]) -> NaiveRouter:
        known = {queue.name: queue for queue in queues}
        return cls(
            {agent.id: NaiveAgent(agent.id, agent.skills) for agent in agents},
            known,
            tallies={name: NaiveTally() for name in known},
        )

    # What may be served by whom.

    def suits(self, agent: NaiveAgent, contact: NaiveContact) -> bool:
        return all(agent.skills.get(skill, 0) >= level for skill, level in contact.skills.items())

    def waiting(self) -> list[NaiveContact]:
        return sorted(
            (contact for contact in self.contacts.values() if not contact.agent),
            key=lambda contact: contact.place,
        )

    def serve(self, contact: NaiveContact, now: float) -> None:
        free = [
            agent
            for agent in self.agents.values()
            if agent.state == "ready" and self.suits(agent, contact)
        ]
        if free:
            self.offer(contact, min(free, key=lambda agent: agent.idle), now)
        elif contact.queue.when_no_agents is WhenNoAgents.EXIT:
            self.send_away_if_hopeless(contact, now)

    def employ(self, agent: NaiveAgent, now: float) -> None:
        for contact in self.waiting():
            if self.suits(agent, contact):
                self.offer(contact, agent, now)
                return

    def offer(self, contact: NaiveContact, agent: NaiveAgent, now: float) -> None:
        agent.state, agent.contact, contact.agent = "reserved", contact.id, agent.id
        agent.due = self.at(now + contact.queue.ring_seconds)
        self.said.append(f"offer {contact.id} {agent.id}")

    def send_away_if_hopeless(self, contact: NaiveContact, now: float) -> None:
        if not any(
            agent.state != "logged_out" and self.suits(agent, contact)
            for agent in self.agents.values()
        ):
            self.lose(contact, now)
            self.said.append(f"unservable {contact.id}")

    def lose(self, contact: NaiveContact, now: float) -> None:
        del self.contacts[contact.id]
        waited = now - contact.entered
        tally = self.tallies[contact.queue.name]
        tally.lost += 1
        tally.lost_after += waited > contact.queue.service_level_seconds

    # Callers.

    def enter(
        self,
        contact_id: str,
        queue: str,
        now: float,
        skills: Mapping[str, int],
        priority: int | None,
        max_wait: float | None,
    ) -> int:
        profile = self.queues[queue]
        merged = levels_of(profile)
        for skill, level in skills.items():
            merged[skill] = max(level, merged.get(skill, 0))
        self.count += 1
        height = profile.priority if priority is None else priority
        seconds = profile.max_wait_seconds if max_wait is None else max_wait
        contact = NaiveContact(
            contact_id,
            profile,
            merged,
            (-height, now, self.count),
            None if seconds is None else self.at(now + seconds),
        )
        before = [
            other
            for other in self.contacts.values()
            if other.queue is profile and not other.talking and other.place < contact.place
        ]
        self.contacts[contact_id] = contact
        self.serve(contact, now)
        return 1 + len(before) if contact_id in self.contacts else 0

    def leave(self, contact_id: str, now: float) -> bool:
        contact = self.contacts.get(contact_id)
        if contact is None:
            return False
        if contact.talking:
            return self.end(contact_id, now)
        self.lose(contact, now)
        if contact.agent:
            agent = self.agents[contact.agent]
            self.said.append(f"withdraw {contact_id} {agent.id}")
            agent.state, agent.contact, agent.due = "ready", "", None
            self.employ(agent, now)
        return True

    def answer(self, contact_id: str, agent_id: str, now: float) -> bool:
        contact = self.contacts.get(contact_id)
        if contact is None or contact.agent != agent_id:
            return False
        if not contact.talking:
            contact.talking = True
            agent = self.agents[agent_id]
            agent.state, agent.due = "talking", None
            tally = self.tallies[contact.queue.name]
            tally.answered += 1
            tally.within += now - contact.entered <= contact.queue.service_level_seconds
        return True

    def fail(self, contact_id: str, agent_id: str, outcome: str, now: float) -> bool:
        contact = self.contacts.get(contact_id)
        if contact is None or contact.agent != agent_id or contact.talking:
            return False
        agent = self.agents[agent_id]
        pause = contact.queue.busy_pause_seconds
        if outcome == "no_answer":
            chosen = contact.queue.no_answer_pauses[0]
            agent.due = None if chosen is None else self.at(now + max(1.0, chosen))
        else:
            agent.due = self.at(now + max(1.0, pause))
        agent.state, agent.contact = "not_ready", ""
        self.give_back(contact, now)
        return True

    def give_back(self, contact: NaiveContact, now: float) -> None:
        contact.agent = ""
        if contact.expires is not None and now >= contact.expires[0]:
            self.time_out(contact, now)
        else:
            self.serve(contact, now)

    def time_out(self, contact: NaiveContact, now: float) -> None:
        self.lose(contact, now)
        self.said.append(f"timeout {contact.id}")

    def end(self, contact_id: str, now: float) -> bool:
        contact = self.contacts.get(contact_id)
        if contact is None or not contact.talking:
            return False
        del self.contacts[contact_id]
        agent = self.agents[contact.agent]
        agent.contact = ""
        if agent.wish == "log_out":
            self.go_home(agent, now)
        elif contact.queue.wrap_up_seconds > 0:
            agent.state = "wrap_up"
            agent.due = self.at(now + contact.queue.wrap_up_seconds)
        else:
            self.end_wrap_up(agent, now)
        return True

    # Agents.

    def become_ready(self, agent: NaiveAgent, now: float) -> None:
        self.count += 1
        agent.state, agent.idle, agent.due = "ready", (now, self.count), None
        self.employ(agent, now)

    def end_wrap_up(self, agent: NaiveAgent, now: float) -> None:
        if agent.wish == "set_not_ready":
            agent.wish, agent.state, agent.due = "", "not_ready", None
        else:
            self.become_ready(agent, now)

    def go_home(self, agent: NaiveAgent, now: float) -> None:
        agent.wish, agent.state, agent.due = "", "logged_out", None
        for contact in self.waiting():
            if contact.queue.when_no_agents is WhenNoAgents.EXIT:
                self.send_away_if_hopeless(contact, now)

    def set_ready(self, agent_id: str, now: float) -> None:
        agent = self.agents[agent_id]
        agent.wish = ""
        if agent.state in ("logged_out", "not_ready", "wrap_up"):
            self.become_ready(agent, now)

    def set_not_ready(self, agent_id: str, now: float) -> None:
        agent = self.agents[agent_id]
        if agent.state == "talking":
            agent.wish = "set_not_ready"
            return
        self.stop_offers(agent, "not_ready", now)

    def log_out(self, agent_id: str, now: float) -> None:
        agent = self.agents[agent_id]
        if agent.state == "talking":
            agent.wish = "log_out"
            return
        self.stop_offers(agent, "logged_out", now)
        self.go_home(agent, now)

    def stop_offers(self, agent: NaiveAgent, state: str, now: float) -> None:
        contact = self.contacts.get(agent.contact)
        if contact is not None:
            self.said.append(f"withdraw {contact.id} {agent.id}")
        agent.state, agent.contact, agent.due, agent.wish = state, "", None, ""
        if contact is not None:
            self.give_back(contact, now)

    # Time.

    def at(self, when: float) -> tuple[float, int]:
        """A deadline; of equal ones, the one set first comes first."""
        self.count += 1
        return when, self.count

    def deadlines(self) -> list[tuple[tuple[float, int], NaiveContact | NaiveAgent]]:
        timed: list[NaiveContact | NaiveAgent] = [*self.waiting(), *self.agents.values()]
        dues = [(one.expires if isinstance(one, NaiveContact) else one.due) for one in timed]
        return [(due, one) for due, one in zip(dues, timed, strict=True) if due is not None]

    def next_due(self) -> float | None:
        return min((due[0] for due, _ in self.deadlines()), default=None)

    def do_next_due(self, now: float) -> bool:
        """Do the first thing that is due; False when there is none."""
        due = min(self.deadlines(), key=lambda deadline: deadline[0], default=None)
        if due is None or due[0][0] > now:
            return False
        match due[1]:
            case NaiveContact() as contact:
                self.time_out(contact, now)
            case NaiveAgent(state="reserved") as agent:
                self.said.append(f"withdraw {agent.contact} {agent.id}")
                self.fail(agent.contact, agent.id, "no_answer", now)
            case NaiveAgent(state="wrap_up") as agent:
                self.end_wrap_up(agent, now)
            case NaiveAgent() as agent:
                self.become_ready(agent, now)
        return True


def levels_of(profile: QueueProfile) -> dict[str, int]:
    """Return what a queue of plain levels requires."""
    required = profile.need.requirement
    parts = required.parts if isinstance(required, AllOf) else (required,)
    return {part.skill: part.level for part in parts if isinstance(part, Has)}
