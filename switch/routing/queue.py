"""PURE: queues, the callers in them, and the lines they stand in.

A *line* is the part of a queue whose callers need the same skills. It knows which
agents may serve it, so that neither a caller nor an agent is ever compared with all
of the other kind: an agent who becomes ready is put into its lines' heaps, and a
caller looks at the top of one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from enum import Enum, StrEnum, auto
from heapq import heapify, heappop, heappush

from switch.deadlines import Timed
from switch.frozen import frozen
from switch.routing.agent import Agent, AgentState
from switch.routing.service_level import ServiceLevel, Tally
from switch.routing.skill import Requirement, check_levels

NO_ANSWER = "no_answer"
"""The outcome of an offer after which `no_answer_pause_seconds` applies."""

_SHORTEST_PAUSE_SECONDS = 1.0
"""An agent whose headset fails at once must not get the same caller in a tight loop."""

_SLACK = 32
"""Entries of the past that a heap may hold beyond the number of valid ones."""


class WhenNoAgents(StrEnum):
    """What becomes of a caller whom nobody who is logged in could ever serve."""

    WAIT = "wait"
    """Stay; somebody may log in."""
    EXIT = "exit"
    """Leave the queue at once; the flow goes on by its `no_agents` exit."""


@frozen()
class QueueProfile:
    """A queue as configured."""

    name: str
    skills: Mapping[str, int] = field(default_factory=dict)
    """Required skill to lowest level."""
    priority: int = 0
    """Of callers who bring none; higher is served first, across all queues."""
    ring_seconds: float = 20.0
    wrap_up_seconds: float = 10.0
    max_wait_seconds: float | None = None
    """None: wait for ever."""
    service_level_seconds: float = 20.0
    """Within how long a call should be answered."""
    no_answer_pause_seconds: float | None = 30.0
    """How long an agent who let it ring is left alone; None: until they come back."""
    busy_pause_seconds: float = 5.0
    """The same after a busy, declining or unreachable headset."""
    when_no_agents: WhenNoAgents = WhenNoAgents.WAIT

    def __post_init__(self) -> None:
        check_levels(self.skills, f"queue {self.name!r}")

    def pause_seconds(self, outcome: str) -> float | None:
        """Return how long an agent is left alone after an offer with this outcome."""
        pause = self.busy_pause_seconds
        if outcome == NO_ANSWER:
            if self.no_answer_pause_seconds is None:
                return None
            pause = self.no_answer_pause_seconds
        return max(pause, _SHORTEST_PAUSE_SECONDS)


class ContactState(Enum):
    """Where a caller is."""

    WAITING = auto()
    OFFERED = auto()
    """An agent's headset rings for the caller, who still hears the music."""
    TALKING = auto()
    GONE = auto()


Place = tuple[int, float, int]
"""A caller's place among all: priority (negated), time of entry, order of entry."""


class Contact(Timed):
    """A caller in the router's hands, from entering a queue to the end of the talk."""

    __slots__ = ("agent", "entered", "expires_at", "id", "line", "number", "priority", "state")

    def __init__(
        self, contact_id: str, line: Line, priority: int, entered: float, number: int
    ) -> None:
        super().__init__()
        self.id = contact_id
        self.line = line
        self.priority = priority
        self.entered = entered
        self.number = number
        """Orders callers who entered at the same instant."""
        self.expires_at: float | None = None
        self.state = ContactState.WAITING
        self.agent: Agent | None = None
        """Who is being rung or talked to."""

    def place(self) -> Place:
        """Return the caller's place among all; the lowest is served first."""
        return -self.priority, self.entered, self.number


class Line:
    """Callers of one queue who need the same, and the agents who may serve them."""

    __slots__ = (
        "_ready",
        "_waiting",
        "agents",
        "callers",
        "logged_in_count",
        "queue",
        "ready_count",
        "requirement",
        "waiting_count",
    )

    def __init__(self, queue: Queue, requirement: Requirement) -> None:
        self.queue = queue
        self.requirement = requirement
        self.agents: tuple[Agent, ...] = ()
        self.callers = 0
        """Waiting or offered."""
        self.waiting_count = 0
        self.ready_count = 0
        self.logged_in_count = 0
        self._waiting: list[tuple[int, float, int, Contact]] = []
        self._ready: list[tuple[float, int, int, Agent]] = []

    # Agents.

    def open(self, agents: Iterable[Agent]) -> None:
        """Learn which agents may serve this line, and put it among theirs."""
        self.agents = tuple(agents)
        for agent in self.agents:
            agent.lines[self] = None
            if agent.state is not AgentState.LOGGED_OUT:
                self.logged_in_count += 1
            if agent.state is AgentState.READY:
                self.add_ready(agent)

    def close(self) -> None:
        """Be forgotten by the agents and the queue."""
        del self.queue.lines[self.requirement]
        for agent in self.agents:
            del agent.lines[self]

    def add_ready(self, agent: Agent) -> None:
        """Take in an agent who has become ready."""
        self.ready_count += 1
        ready = self._ready
        if len(ready) > 2 * self.ready_count + _SLACK:
            ready[:] = [entry for entry in ready if entry[3].ready_ticket == entry[2]]
            heapify(ready)
        heappush(ready, (agent.idle_since, agent.turn, agent.ready_ticket, agent))

    def longest_idle(self) -> Agent | None:
        """Return the ready agent who has been so for the longest time."""
        ready = self._ready
        while ready:
            _, _, ticket, agent = ready[0]
            if agent.ready_ticket == ticket:
                return agent
            heappop(ready)
        return None

    # Callers.

    def add_waiting(self, contact: Contact) -> None:
        """Let a caller wait, at the place that priority and time of entry give."""
        self.waiting_count += 1
        waiting = self._waiting
        if len(waiting) > 2 * self.waiting_count + _SLACK:
            waiting[:] = [entry for entry in waiting if entry[3].state is ContactState.WAITING]
            heapify(waiting)
        heappush(waiting, (*contact.place(), contact))

    def first_place(self) -> Place | None:
        """Return the place of the caller who is next; None when nobody waits."""
        waiting = self._waiting
        while waiting:
            priority, entered, number, contact = waiting[0]
            if contact.state is ContactState.WAITING:
                return priority, entered, number
            heappop(waiting)
        return None

    def waiting(self) -> list[Contact]:
        """Return everyone who waits, in no order."""
        return [entry[3] for entry in self._waiting if entry[3].state is ContactState.WAITING]

    def pop_first(self) -> Contact:
        """Take out the caller whose place `first_place` has just returned."""
        self.waiting_count -= 1
        return heappop(self._waiting)[3]


class Queue:
    """A queue at work: its profile, its lines, its callers and its counts."""

    __slots__ = (
        "_unanswered_by_priority",
        "lines",
        "main_line",
        "profile",
        "service_level",
        "unanswered",
    )

    def __init__(self, profile: QueueProfile) -> None:
        self.profile = profile
        self.service_level = ServiceLevel(profile.service_level_seconds)
        self.main_line = Line(self, Requirement.of(profile.skills))
        """Where callers stand who bring no requirement of their own."""
        self.lines = {self.main_line.requirement: self.main_line}
        self.unanswered: OrderedDict[str, Contact] = OrderedDict()
        """Callers not yet connected, in order of entry."""
        self._unanswered_by_priority: dict[int, int] = {}

    def add(self, contact: Contact) -> int:
        """Take in a caller; return the position, 1 being next."""
        counts = self._unanswered_by_priority
        position = 1 + sum(
            count for priority, count in counts.items() if priority >= contact.priority
        )
        counts[contact.priority] = counts.get(contact.priority, 0) + 1
        self.unanswered[contact.id] = contact
        return position

    def remove(self, contact: Contact) -> None:
        """Let go of a caller who is answered or gone."""
        del self.unanswered[contact.id]
        left = self._unanswered_by_priority[contact.priority] - 1
        if left:
            self._unanswered_by_priority[contact.priority] = left
        else:
            del self._unanswered_by_priority[contact.priority]

    @property
    def sends_away(self) -> bool:
        """Whether callers leave whom nobody who is logged in could serve."""
        return self.profile.when_no_agents is WhenNoAgents.EXIT

    def oldest_wait_seconds(self, now: float) -> float:
        """Return how long the caller who came first has been waiting; 0 for nobody."""
        first = next(iter(self.unanswered.values()), None)
        return 0.0 if first is None else now - first.entered

    def status(self, now: float) -> QueueStatus:
        """Return how the queue stands."""
        return QueueStatus(
            name=self.profile.name,
            unanswered=len(self.unanswered),
            waiting=sum(line.waiting_count for line in self.lines.values()),
            oldest_wait_seconds=self.oldest_wait_seconds(now),
            ready_agents=self.main_line.ready_count,
            logged_in_agents=self.main_line.logged_in_count,
            since_start=replace(self.service_level.total),
            last_hour=self.service_level.last_hour(now),
        )


@frozen()
class QueueStatus:
    """A queue as shown to others."""

    name: str
    unanswered: int
    """Callers not yet connected, those whose agent is being rung included."""
    waiting: int
    """Callers for whom nobody is being rung."""
    oldest_wait_seconds: float
    """Of those unanswered; 0 when there is nobody."""
    ready_agents: int
    """Ready agents who meet the queue's own requirement."""
    logged_in_agents: int
    since_start: Tally
    last_hour: Tally
