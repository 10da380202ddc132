"""A router so simple that it is obviously right: it compares everyone with everyone.

Written from the rules, without heaps, lines or tickets. `test_properties.py` holds the real
one against it, decision by decision. Of things due at the same instant, those set first
come first; a caller's timer is set anew whenever the caller begins to wait.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from switch.routing import AgentProfile, Need, QueueProfile
from tests.routing.naive_matching import NaiveMatching
from tests.routing.naive_people import NaiveAgent, NaiveContact, NaiveTally

HOUR = 3600.0


class NaiveRouter(NaiveMatching):
    @classmethod
    def of(cls, agents: Iterable[AgentProfile], queues: Iterable[QueueProfile]) -> NaiveRouter:
        known = {queue.name: queue for queue in queues}
        return cls(
            {agent.id: NaiveAgent(agent) for agent in agents},
            known,
            tallies={name: NaiveTally() for name in known},
        )

    # Callers.

    def enter(
        self,
        contact_id: str,
        queue: str,
        now: float,
        *,
        need: Need | None,
        priority: int | None,
        max_wait: float | None,
        caller: str,
    ) -> tuple[int, bool]:
        profile = self.queues[queue]
        self.count += 1
        since, until, number = self.places.pop((caller, queue), (now, -math.inf, 0))
        resumed = bool(caller) and until >= now
        seconds = profile.max_wait_seconds if max_wait is None else max_wait
        length = sum(c.queue == queue and not c.talking for c in self.contacts.values())
        contact = NaiveContact(
            contact_id,
            queue,
            need,
            profile.priority if priority is None else priority,
            since if resumed else now,
            number if resumed else self.count,
            entered=now,
            caller=caller,
            expires=None if seconds is None else now + seconds,
            own_limit=None if max_wait is None else now + max_wait,
        )
        self.contacts[contact_id] = contact
        contact.seen = contact.since
        if queue in self.closed:
            self.turn_away(contact, "closed", now)
        elif profile.max_length is not None and length >= profile.max_length:
            self.turn_away(contact, "full", now)
        elif not self.brought_back(contact, now):
            self.serve(contact, now)
        here = contact_id in self.contacts
        return (self.position(contact, now) if here else 0), resumed

    def brought_back(self, contact: NaiveContact, now: float) -> bool:
        profile = self.queues[contact.queue]
        name, until = self.served.get((contact.caller, contact.queue), ("", 0.0))
        agent = self.agents.get(name)
        if not contact.caller or not profile.sticky_seconds or agent is None or until < now:
            return False
        if self.tier(agent, contact) is None or agent.removed:
            return False
        contact.seen = now
        if agent.state == "ready":
            self.offer(contact, agent, now)
            return True
        goes = agent.wish or agent.off_shift
        busy = agent.state in ("reserved", "talking", "wrap_up")
        if not busy or goes or not profile.sticky_wait_seconds:
            return False
        contact.held_for, contact.held_until = name, now + profile.sticky_wait_seconds
        self.wait(contact, now)
        return True

    def leave(self, contact_id: str, now: float) -> bool:
        contact = self.contacts.get(contact_id)
        if contact is None:
            return False
        if contact.talking:
            return self.end(contact_id, now)
        self.lose(contact, now, hung_up=True)
        if contact.agent:
            agent = self.agents[contact.agent]
            self.said.append(f"withdraw {contact_id} {agent.id}")
            agent.become("ready", now)
            self.employ(agent, now)
        return True

    def answer(self, contact_id: str, agent_id: str, now: float) -> bool:
        contact = self.contacts.get(contact_id)
        if contact is None or contact.agent != agent_id:
            return False
        if not contact.talking:
            contact.talking = True
            agent = self.agents[agent_id]
            agent.become("talking", now)
            agent.contact = contact_id
            agent.misses = 0
            agent.answered.append(now)
            tally = self.tallies[contact.queue]
            tally.answered += 1
            within = self.queues[contact.queue].service_level_seconds
            tally.within += now - contact.entered <= within
        return True

    def fail(self, contact_id: str, agent_id: str, outcome: str, now: float) -> bool:
        contact = self.contacts.get(contact_id)
        if contact is None or contact.agent != agent_id or contact.talking:
            return False
        agent, profile = self.agents[agent_id], self.queues[contact.queue]
        pause: float | None = profile.busy_pause_seconds
        if outcome == "no_answer":
            agent.misses += 1
            pauses = profile.no_answer_pauses
            pause = pauses[agent.misses - 1] if agent.misses <= len(pauses) else pauses[-1]
        agent.become("not_ready", now, outcome)
        if pause is None:
            self.let_go(agent, contact, now)
        else:
            agent.due = self.at(now + max(1.0, pause))
            self.give_back(contact, now)
        return True

    def end(self, contact_id: str, now: float) -> bool:
        contact = self.contacts.get(contact_id)
        if contact is None or not contact.talking:
            return False
        del self.contacts[contact_id]
        agent, profile = self.agents[contact.agent], self.queues[contact.queue]
        if contact.caller and profile.sticky_seconds:
            until = now + profile.sticky_seconds
            self.served[contact.caller, contact.queue] = agent.id, until
        if agent.wish == "log_out":
            self.go_home(agent, now)
        elif profile.wrap_up_seconds > 0:
            agent.become("wrap_up", now)
            agent.due = self.at(now + profile.wrap_up_seconds)
            agent.rests_until = now + profile.wrap_up_seconds
        else:
            self.end_wrap_up(agent, now)
        return True

    def keep_for_callback(self, contact_id: str, now: float, max_wait: float | None) -> bool:
        contact = self.contacts.get(contact_id)
        if contact is None or contact.talking:
            return False
        contact.callback = True
        contact.expires = contact.own_limit = None if max_wait is None else now + max_wait
        if not contact.agent:
            self.wait(contact, now)
        return True

    def hand_on(self, contact_id: str, to: str, now: float, caller: str) -> bool:
        contact = self.contacts.pop(contact_id, None)
        if contact is None:
            return False
        contact.id, contact.caller = to, caller
        self.contacts[to] = contact
        self.places.pop((caller, contact.queue), None)
        if contact.agent:
            agent = self.agents[contact.agent]
            agent.contact = to
            if not contact.talking:
                agent.due = self.at(now + self.queues[contact.queue].ring_seconds)
                self.hints.clear()
                self.said.append(f"offer {to} {agent.id} {contact.how} {contact.callback}")
        return True

    # Agents.

    def become_ready(self, agent: NaiveAgent, now: float) -> str:
        limit = agent.profile.max_calls_per_hour
        lately = [at for at in agent.answered if at + HOUR > now]
        full = limit is not None and len(lately) >= limit
        if not agent.off_shift and not full:
            self.count += 1
            agent.become("ready", now)
            agent.idle = now, self.count
            self.employ(agent, now)
            return ""
        refused = "off_shift" if agent.off_shift else "hourly_limit"
        agent.become("not_ready", now, refused)
        if not agent.off_shift and limit is not None:
            agent.due = self.at(lately[-limit] + HOUR)
        self.let_go(agent, None, now)
        return refused

    def end_wrap_up(self, agent: NaiveAgent, now: float) -> None:
        if agent.wish:
            agent.become("not_ready", now, "wish")
            agent.wish = ""
            self.let_go(agent, None, now)
        else:
            self.become_ready(agent, now)

    def go_home(self, agent: NaiveAgent, now: float) -> None:
        agent.wish = ""
        could = [c for c in self.waiting() if self.tier(agent, c) is not None]
        agent.become("logged_out", now)
        self.let_go(agent, None, now)
        could = [c for c in could if self.contacts.get(c.id) is c and not c.agent]
        hopeless = [c for c in could if not c.held_for and not self.servable(c)]
        for contact in self.by_urgency(hopeless, now):
            self.check_servable(contact, now)
        if agent.removed:
            del self.agents[agent.id]

    def set_ready(self, agent_id: str, now: float) -> str:
        agent = self.agents[agent_id]
        if agent.forced or agent.removed:
            return "forced" if agent.forced else "removed"
        agent.wish = ""
        if agent.state == "logged_out":
            agent.misses = 0
        if agent.state in ("logged_out", "not_ready", "wrap_up"):
            return self.become_ready(agent, now)
        return ""

    def set_not_ready(self, agent_id: str, now: float, reason: str = "asked") -> None:
        agent = self.agents[agent_id]
        if agent.forced or agent.removed:
            return
        if agent.state == "talking":
            agent.wish = "set_not_ready"
            self.let_go(agent, None, now)
        else:
            self.stop_offers(agent, "not_ready", reason, now)

    def log_out(self, agent_id: str, now: float) -> None:
        agent = self.agents[agent_id]
        if agent.state == "talking":
            agent.wish = "log_out"
            self.let_go(agent, None, now)
        elif agent.state != "logged_out":
            self.stop_offers(agent, "logged_out", "asked", now)
            self.go_home(agent, now)

    def stop_offers(self, agent: NaiveAgent, state: str, reason: str, now: float) -> None:
        contact = self.contacts.get(agent.contact)
        if contact is not None:
            self.said.append(f"withdraw {contact.id} {agent.id}")
        agent.wish = ""
        agent.become(state, now, reason)
        self.let_go(agent, contact, now)

    def force(self, agent_id: str, state: str, now: float) -> None:
        agent = self.agents[agent_id]
        agent.forced = False
        match state:
            case "ready":
                self.set_ready(agent_id, now)
            case "not_ready":
                self.set_not_ready(agent_id, now)
            case _:
                self.log_out(agent_id, now)
        agent.forced = state != "ready"

    def set_shift(self, agent_id: str, now: float, on: bool) -> None:
        agent = self.agents[agent_id]
        if agent.off_shift is not on:
            return
        agent.off_shift = not on
        if on:
            if agent.state == "not_ready" and agent.reason == "off_shift":
                self.set_ready(agent_id, now)
        elif agent.state in ("ready", "reserved") or (agent.state == "not_ready" and agent.due):
            self.stop_offers(agent, "not_ready", "off_shift", now)
        else:
            self.let_go(agent, None, now)

    # What is configured.

    def reconfigure(
        self, agents: Mapping[str, AgentProfile], queues: Mapping[str, QueueProfile], now: float
    ) -> None:
        for agent in list(self.agents.values()):
            profile = agents.get(agent.id)
            if profile is not None:
                agent.profile = profile
                if agent.removed:
                    agent.removed, agent.wish = False, ""
            elif not agent.removed:
                agent.removed = True
                if agent.state == "logged_out":
                    self.go_home(agent, now)
                else:
                    self.log_out(agent.id, now)
        for name, profile in agents.items():
            self.agents.setdefault(name, NaiveAgent(profile))
        for name, queue in queues.items():
            old = self.queues[name]
            if queue == old:
                continue
            self.queues[name] = queue
            for contact in self.contacts.values():
                if contact.queue == name and not contact.talking:
                    contact.seen = now
                    if contact.priority == old.priority:
                        contact.priority = queue.priority
        for contact in self.by_urgency(self.waiting(), now):
            holder = self.agents.get(contact.held_for)
            if holder is not None and self.tier(holder, contact) is not None:
                self.wait(contact, now)
            else:
                contact.held_for = ""
                self.give_back(contact, now)

    # Time.

    def timed(self) -> list[tuple[tuple[float, int], NaiveContact | NaiveAgent]]:
        everyone: list[NaiveContact | NaiveAgent] = [*self.waiting(), *self.agents.values()]
        return [(one.due, one) for one in everyone if one.due is not None]

    def next_due(self) -> float | None:
        return min((due[0] for due, _ in self.timed()), default=None)

    def do_next_due(self, now: float) -> bool:
        """Do the first thing that is due; False when there is none."""
        due = min(self.timed(), key=lambda timed: timed[0], default=None)
        if due is None or due[0][0] > now:
            return False
        due[1].due = None
        match due[1]:
            case NaiveContact() as contact:
                self.contact_is_due(contact, now)
            case NaiveAgent(state="reserved") as agent:
                self.said.append(f"withdraw {agent.contact} {agent.id}")
                self.fail(agent.contact, agent.id, "no_answer", now)
            case NaiveAgent(state="wrap_up") as agent:
                self.end_wrap_up(agent, now)
            case NaiveAgent() as agent:
                self.become_ready(agent, now)
        return True

    def contact_is_due(self, contact: NaiveContact, now: float) -> None:
        if contact.expires is not None and now >= contact.expires:
            self.turn_away(contact, "timeout", now)
        elif contact.held_for and now < contact.held_until:
            contact.seen = now
            self.wait(contact, now)
        else:
            contact.held_for = ""
            self.serve(contact, now)
