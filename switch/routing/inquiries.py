"""PURE: what can be asked of the router: how things stand, why, and what would be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from switch.errors import RoutingError
from switch.frozen import frozen
from switch.routing.agent import AgentState, AgentView
from switch.routing.contact import Contact, ContactState
from switch.routing.decisions import KEPT_CALLS, Decision, DecisionLog, Explanation
from switch.routing.events import Entry
from switch.routing.line_book import LineBook
from switch.routing.need import Need
from switch.routing.queue import Queue, QueueProfile, QueueStatus
from switch.routing.roster import Roster
from switch.routing.skill import LOWEST_LEVEL, Has

_MOST_TOLD = 20


@frozen()
class Standing:
    """Where a caller stands."""

    queue: str
    position: int
    """1 is next; 0 for who talks."""
    waited_seconds: float
    expected_wait_seconds: float
    """From now on; 0 when an agent is being rung."""
    state: str
    """`waiting`, `offered` or `talking`."""
    since: float
    """When the wait began that counts for the order."""


@frozen()
class TierForecast:
    """Who would be taken from one tier, in order."""

    after_seconds: float
    need: str
    ready: tuple[str, ...]
    """Agents and what counts for them; the first ones only."""
    ready_count: int
    logged_in_count: int


@frozen()
class Forecast:
    """What would happen to a caller who entered now."""

    queue: str
    agent: str
    """Who would be rung; empty: the caller would wait, or be turned away."""
    why: str
    position: int
    """1 is next; 0: the caller would not be taken in."""
    expected_wait_seconds: float
    tiers: tuple[TierForecast, ...]


class Inquiries:
    """Answers; changes nothing that anybody can see."""

    def __init__(
        self,
        roster: Roster,
        queues: Mapping[str, Queue],
        lines: LineBook,
        contacts: Mapping[str, Contact],
        decisions: DecisionLog,
    ) -> None:
        self._roster = roster
        self._queues = queues
        self._lines = lines
        self._contacts = contacts
        self._decisions = decisions

    # Agents.

    def agent(self, agent: str, now: float) -> AgentView:
        """Return how an agent stands."""
        return self._roster.view(agent, now)

    @property
    def agent_names(self) -> list[str]:
        """Every agent, in order of configuration."""
        return [agent.profile.id for agent in self._roster]

    def agents(self, now: float) -> list[AgentView]:
        """Return how all agents stand, in order of configuration: not for the hot path."""
        return [self._roster.view(agent.profile.id, now) for agent in self._roster]

    def knows_agent(self, agent: str) -> bool:
        """Whether there is such an agent."""
        return agent in self._roster

    def agents_by_state(self) -> Mapping[AgentState, int]:
        """Return how many agents are in each state."""
        return self._roster.by_state

    def anybody_has(self, skill: str) -> bool:
        """Whether any agent, at work or not, has a skill."""
        return bool(self._lines.index.candidates(Has(skill, LOWEST_LEVEL)))

    # Queues.

    @property
    def queue_names(self) -> Iterable[str]:
        """Every queue, in order of configuration."""
        return self._queues.keys()

    def queue(self, queue: str) -> QueueProfile:
        """Return a queue as configured."""
        return self._queue(queue).profile

    def queue_length(self, queue: str) -> int:
        """Return how many callers of a queue are not yet connected."""
        return len(self._queue(queue).unanswered)

    def oldest_wait_seconds(self, queue: str, now: float) -> float:
        """Return how long the first of a queue's callers has been waiting; 0 for nobody."""
        return self._queue(queue).oldest_wait_seconds(now)

    def service_level(self, queue: str) -> float | None:
        """Return the service level since the start, 0 to 1 (formula: `service_level.py`)."""
        return self._queue(queue).service_level.total.service_level

    def recent_service_level(self, queue: str, minutes: int, now: float) -> float | None:
        """Return the service level of the last minutes, 60 at most."""
        return self._queue(queue).service_level.last_minutes(minutes, now).service_level

    def expected_wait_seconds(self, queue: str, now: float) -> float:
        """Return how long who enters now will probably wait."""
        entered = self._queue(queue)
        position = len(entered.unanswered) + 1
        return entered.expected_wait_seconds(entered.main_line, position, now)

    def queue_status(self, queue: str, now: float) -> QueueStatus:
        """Return all that is counted of a queue."""
        return self._queue(queue).status(now)

    # Callers.

    def entry(self, contact: Contact, now: float, *, resumed: bool) -> Entry:
        """Return what became of a caller who has just entered."""
        queue = contact.line.queue
        name = queue.profile.name
        if contact.state is ContactState.GONE:
            return Entry(name, 0, 0.0, resumed)
        position = queue.position(contact)
        if contact.state is ContactState.OFFERED:
            return Entry(name, position, 0.0, resumed)
        expected = queue.expected_wait_seconds(contact.line, position, now)
        return Entry(name, position, expected, resumed)

    def standing(self, contact_id: str, now: float) -> Standing | None:
        """Return where a caller stands; None when the router does not know it."""
        contact = self._contacts.get(contact_id)
        if contact is None:
            return None
        queue = contact.line.queue
        talking = contact.state is ContactState.TALKING
        position = 0 if talking else queue.position(contact)
        waits = contact.state is ContactState.WAITING
        return Standing(
            queue=queue.profile.name,
            position=position,
            waited_seconds=now - contact.entered,
            expected_wait_seconds=queue.expected_wait_seconds(contact.line, position, now)
            if waits
            else 0.0,
            state=contact.state.name.lower(),
            since=contact.since,
        )

    kept_decisions = KEPT_CALLS
    """Of how many callers decisions are kept."""

    def decisions(self, contact_id: str) -> list[Decision]:
        """Return which agents were reserved for a caller, in order."""
        return self._decisions.of(contact_id)

    def explain(self, contact_id: str) -> list[Explanation]:
        """Return why those agents, and why not the others: looks at all, not for the hot path."""
        agents = {agent.profile.id: agent for agent in self._roster}
        return [self._decisions.explain(each, agents) for each in self.decisions(contact_id)]

    def forecast(
        self, queue: str, now: float, *, need: Need | None = None, waited_seconds: float = 0.0
    ) -> Forecast:
        """Return what would happen to a caller who entered now, or has waited so long."""
        entered = self._queue(queue)
        line = self._lines.line(entered, need, now)
        if not line.callers:
            self._lines.add_caller(line)
            self._lines.remove_caller(line)  # a line made for this question may go again
        strategy = entered.strategy
        level = line.level_at(0.0, waited_seconds)
        tiers = []
        for tier in line.tiers:
            told = [
                f"{agent.profile.id} ({strategy.says(agent, tier.plan, now)})"
                for agent in tier.ready.some(_MOST_TOLD)
            ]
            tiers.append(
                TierForecast(
                    tier.plan.after_seconds,
                    str(tier.plan),
                    tuple(told),
                    tier.ready.count,
                    tier.logged_in_count,
                )
            )
        if away := entered.refusal:
            why = f"the queue is {away}: the caller would be turned away or sent on"
            return Forecast(queue, "", why, 0, 0.0, tuple(tiers))
        index = next((i for i, t in enumerate(line.tiers[: level + 1]) if t.ready.count), None)
        if index is not None:
            chosen = line.tiers[index].ready.first()
            assert chosen is not None
            ready = line.tiers[index].ready.count
            why = f"{entered.profile.strategy} of {ready} in choice {index + 1}"
            return Forecast(queue, chosen.profile.id, why, 1, 0.0, tuple(tiers))
        position = len(entered.unanswered) + 1
        expected = entered.expected_wait.seconds(position, line.logged_in_count, now)
        nobody = not line.logged_in_count
        why = "nobody who is logged in could serve the caller" if nobody else "nobody is free"
        return Forecast(queue, "", why, position, expected, tuple(tiers))

    def _queue(self, queue: str) -> Queue:
        try:
            return self._queues[queue]
        except KeyError:
            raise RoutingError(f"there is no queue {queue!r}") from None
