"""PURE: agents and queues change while callers wait and talk. Nobody loses a place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from switch.frozen import frozen
from switch.routing.agent import Agent, AgentProfile
from switch.routing.agent_life import REMOVED, AgentLife
from switch.routing.ceiling import Ceiling
from switch.routing.contact import Contact, ContactState
from switch.routing.line_book import LineBook
from switch.routing.matching import Matcher
from switch.routing.queue import Queue, QueueProfile, check_overflows
from switch.routing.roster import Roster
from switch.routing.strategy import Strategy, strategy


@frozen()
class Changes:
    """What a reconfiguration has changed, by name."""

    agents_added: tuple[str, ...] = ()
    agents_changed: tuple[str, ...] = ()
    agents_removed: tuple[str, ...] = ()
    """Who talks does so to the end."""
    queues_added: tuple[str, ...] = ()
    queues_changed: tuple[str, ...] = ()
    queues_removed: tuple[str, ...] = ()
    """Who waits there is served; nobody enters any more."""

    def __bool__(self) -> bool:
        return self != Changes()


class Reconfiguration:
    """Compares what is with what shall be, and changes only what differs."""

    def __init__(
        self,
        roster: Roster,
        queues: dict[str, Queue],
        lines: LineBook,
        contacts: Mapping[str, Contact],
        matcher: Matcher,
        life: AgentLife,
        ceiling: Ceiling,
        strategies: Mapping[str, Strategy],
    ) -> None:
        self._roster = roster
        self._queues = queues
        self._lines = lines
        self._contacts = contacts
        self._matcher = matcher
        self._life = life
        self._ceiling = ceiling
        self.strategies = dict(strategies)
        """Those that were found by entry point."""

    def apply(
        self, agents: Iterable[AgentProfile], queues: Iterable[QueueProfile], now: float
    ) -> Changes:
        """Take over what shall be. Raises RoutingError before anything has changed."""
        wanted_agents = {profile.id: profile for profile in agents}
        wanted_queues = {profile.name: profile for profile in queues}
        check_overflows(wanted_queues)
        orders = {
            name: strategy(profile.strategy, self.strategies)
            for name, profile in wanted_queues.items()
        }
        changes = self._change_agents(wanted_agents, now)
        changes = replace(changes, **self._change_queues(wanted_queues, orders, now))
        self._serve_anew(now)
        return changes

    # Agents.

    def _change_agents(self, wanted: Mapping[str, AgentProfile], now: float) -> Changes:
        added, changed, removed = [], [], []
        for agent in list(self._roster):
            profile = wanted.get(agent.profile.id)
            if profile is None:
                if not agent.removed:
                    removed.append(agent.profile.id)
                    self._life.remove(agent, now)
            elif profile != agent.profile or agent.removed:
                changed.append(profile.id)
                self._change(agent, profile, now)
        for name, profile in wanted.items():
            if name not in self._roster:
                added.append(name)
                agent = self._roster.add(profile)
                self._lines.index.add(agent)
                self._lines.seat(agent, self._queues.values(), now)
        return Changes(tuple(added), tuple(changed), tuple(removed))

    def _change(self, agent: Agent, profile: AgentProfile, now: float) -> None:
        if agent.removed:
            agent.removed = False
            if agent.wish is not None and agent.wish.reason == REMOVED:
                agent.wish = None
        # A new ticket: what stands in the heaps of the old seats must not be found any more.
        ready = agent.ticket != 0
        self._roster.hide(agent)
        self._lines.unseat(agent)
        self._lines.index.remove(agent)
        agent.profile = profile
        agent.traits = profile.traits()
        self._lines.index.add(agent)
        self._lines.seat(agent, self._queues.values(), now)
        if ready:
            self._roster.show(agent, now)

    # Queues.

    def _change_queues(
        self, wanted: Mapping[str, QueueProfile], orders: Mapping[str, Strategy], now: float
    ) -> dict[str, tuple[str, ...]]:
        added, changed, removed = [], [], []
        for name, queue in list(self._queues.items()):
            profile = wanted.get(name)
            if profile is None:
                if not queue.leaving:
                    removed.append(name)
                queue.leaving = True
                if not any(line.callers for line in queue.lines.values()):
                    self._lines.close_queue(queue)
                    del self._queues[name]
            elif profile != queue.profile or queue.leaving:
                changed.append(name)
                self._rebuild(queue, profile, orders[name], now)
        for name, profile in wanted.items():
            if name not in self._queues:
                added.append(name)
                queue = self._queues[name] = Queue(profile, orders[name], self._ceiling)
                self._lines.open(queue.main_line, now)
        return {
            "queues_added": tuple(added),
            "queues_changed": tuple(changed),
            "queues_removed": tuple(removed),
        }

    def _rebuild(self, queue: Queue, profile: QueueProfile, order: Strategy, now: float) -> None:
        """Give a queue a new profile: new lines, in which every caller has the old place."""
        queue.leaving = False
        callers = list(queue.unanswered)
        for contact in callers:
            self._matcher.wait_no_more(contact)
            queue.remove(contact)
            self._lines.remove_caller(contact.line)
        old = queue.profile
        self._lines.close_queue(queue)
        queue.take_over(profile, order)
        self._lines.open(queue.main_line, now)
        for contact in callers:
            contact.line = self._lines.line(queue, contact.extra, now)
            contact.level = contact.raised = 0
            if contact.priority == old.priority:
                contact.priority = profile.priority
            self._lines.add_caller(contact.line)
            queue.add(contact)
            self._matcher.open_tiers(contact, now)

    def _serve_anew(self, now: float) -> None:
        """Who waits may find an agent who could not serve before, the most urgent first."""
        waiting = [
            contact
            for queue in self._queues.values()
            for contact in queue.unanswered
            if contact.state is ContactState.WAITING and not contact.asked
        ]
        for contact in sorted(waiting, key=lambda each: each.urgency(now)):
            self._matcher.wait_no_more(contact)
            agent = contact.held_for
            if agent is not None and contact.line in agent.lines:
                self._matcher.wait(contact, now)  # perhaps at another place
            else:
                contact.held_for = None
                self._life.give_back(contact, now)
