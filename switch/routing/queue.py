"""PURE: a queue as configured, and at work: its lines, its callers and its counts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import field, replace
from enum import StrEnum

from sortedcontainers import SortedList

from switch.errors import RoutingError
from switch.frozen import frozen
from switch.routing.ceiling import Ceiling
from switch.routing.contact import Contact, Place
from switch.routing.expected_wait import WaitEstimator
from switch.routing.line import Line
from switch.routing.need import Need
from switch.routing.service_level import ServiceLevel, Tally
from switch.routing.strategy import Strategy

NO_ANSWER = "no_answer"
"""The outcome of an offer after which `no_answer_pauses` apply."""

_SHORTEST_PAUSE_SECONDS = 1.0
"""An agent whose headset fails at once must not get the same caller in a tight loop."""


class TurnedAway(StrEnum):
    """Why a caller who was not connected has to leave a queue."""

    TIMEOUT = "timeout"
    """Waited as long as allowed."""
    NO_AGENTS = "no_agents"
    """Nobody who is logged in could ever serve the caller."""
    FULL = "full"
    CLOSED = "closed"


class WhenNoAgents(StrEnum):
    """What becomes of a caller whom nobody who is logged in could ever serve."""

    WAIT = "wait"
    """Stay; somebody may log in."""
    EXIT = "exit"
    """Leave the queue at once; the flow goes on by its `no_agents` exit."""


class Resume(StrEnum):
    """What becomes of the old place of a caller who hung up while waiting and calls again."""

    ALWAYS = "always"
    """It is taken up again."""
    OFFER = "offer"
    """The caller is asked, where there is somebody to ask; silence means that it is taken."""
    NEVER = "never"


@frozen()
class Overflow:
    """Where callers go who are turned away, in place of leaving."""

    to: str
    """Another queue."""
    when: frozenset[TurnedAway] = frozenset(TurnedAway)


@frozen()
class OutsideDecision:
    """An outside program decides; the built-in rule stands in when it does not in time."""

    within_seconds: float = 0.2
    candidates: int = 10
    """How many it may choose from, at most."""


@frozen()
class QueueProfile:
    """A queue as configured."""

    name: str
    need: Need = field(default_factory=Need)
    """What an agent must be able to do, and what is preferred."""
    strategy: str = "longest_idle"
    """In which order free agents are taken: a name of `strategy.py`."""
    priority: int = 0
    """Of callers who bring none; higher is served first, across all queues."""
    aging_seconds: float | None = None
    """Waiting that counts as one priority more, so that nobody starves; None: never."""
    ring_seconds: float = 20.0
    wrap_up_seconds: float = 10.0
    longest_wrap_up_seconds: float = 600.0
    """To which a wrap-up can be extended, as a whole."""
    max_wait_seconds: float | None = None
    """None: wait for ever."""
    max_length: int | None = None
    """Callers not yet connected at most; None: no limit."""
    service_level_seconds: float = 20.0
    """Within how long a call should be answered."""
    short_abandon_seconds: float = 0.0
    """Who hangs up sooner is not counted as lost."""
    no_answer_pauses: tuple[float | None, ...] = (30.0,)
    """How long an agent who let it ring is left alone: after the first, the second ... time
    on end; the last one for every further time. None: until they come back."""
    busy_pause_seconds: float = 5.0
    """The same after a busy, declining or unreachable headset."""
    when_no_agents: WhenNoAgents = WhenNoAgents.WAIT
    overflow: Overflow | None = None
    sticky_seconds: float = 0.0
    """How long after a talk the same caller is brought to the same agent; 0: never."""
    sticky_wait_seconds: float = 0.0
    """How long such a caller waits for that agent alone, who is busy."""
    resume_seconds: float = 300.0
    """How long who hangs up while waiting may come back to the old place; 0: not at all."""
    resume: Resume = Resume.ALWAYS
    outside: OutsideDecision | None = None

    def __post_init__(self) -> None:
        if not self.no_answer_pauses:
            raise RoutingError(f"queue {self.name!r}: no_answer_pauses is empty")
        if self.aging_seconds is not None and self.aging_seconds <= 0:
            raise RoutingError(f"queue {self.name!r}: aging_seconds is not above 0")

    def pause_seconds(self, outcome: str, misses: int) -> float | None:
        """Return how long an agent is left alone after an offer with this outcome.

        Args:
            misses: calls not answered one after another, this one included.
        """
        pause: float | None = self.busy_pause_seconds
        if outcome == NO_ANSWER:
            pauses = self.no_answer_pauses
            pause = pauses[min(max(misses, 1), len(pauses)) - 1]
        return None if pause is None else max(pause, _SHORTEST_PAUSE_SECONDS)


class Queue:
    """A queue at work."""

    __slots__ = (
        "_order",
        "_took_over",
        "ceiling",
        "expected_wait",
        "is_open",
        "leaving",
        "lines",
        "main_line",
        "profile",
        "service_level",
        "strategy",
        "unanswered",
    )

    def __init__(self, profile: QueueProfile, strategy: Strategy, ceiling: Ceiling) -> None:
        """Make a queue.

        Args:
            ceiling: that of all queues of the router.
        """
        self.profile = profile
        self.strategy = strategy
        self.ceiling = ceiling
        self.is_open = True
        self.leaving = False
        """Not in the configuration any more: takes nobody in, serves who waits."""
        self.service_level = ServiceLevel(
            profile.service_level_seconds, profile.short_abandon_seconds
        )
        self.expected_wait = WaitEstimator()
        self.main_line = Line(self, profile.need)
        """Where callers stand who bring no need of their own."""
        self.lines = {self.main_line.need: self.main_line}
        self.unanswered: OrderedDict[Contact, None] = OrderedDict()
        """Callers not yet connected, in order of entry."""
        self._order: SortedList[Place] = SortedList()
        """Their places."""
        self._took_over = 0
        """How many of them another queue has sent."""

    def take_over(self, profile: QueueProfile, strategy: Strategy) -> None:
        """Become what the profile says; to be done while nobody waits and no line is open."""
        self.profile = profile
        self.strategy = strategy
        self.service_level.promise(profile.service_level_seconds, profile.short_abandon_seconds)
        self.main_line = Line(self, profile.need)
        self.lines[self.main_line.need] = self.main_line

    def add(self, contact: Contact) -> None:
        """Take in a caller."""
        self.unanswered[contact] = None
        self._took_over += bool(contact.visited)
        self._order.add(contact.place())
        self.ceiling.add(contact.effective_priority)

    def remove(self, contact: Contact) -> None:
        """Let go of a caller who is answered or gone."""
        del self.unanswered[contact]
        self._took_over -= bool(contact.visited)
        self._order.remove(contact.place())
        self.ceiling.remove(contact.effective_priority)

    def raise_priority(self, contact: Contact, raised: int) -> None:
        """Add so much to a caller's own priority, in place of what was added before."""
        self._order.remove(contact.place())
        self.ceiling.remove(contact.effective_priority)
        contact.raised = raised
        self._order.add(contact.place())
        self.ceiling.add(contact.effective_priority)

    def position(self, contact: Contact) -> int:
        """Return the caller's position among those not yet connected, 1 being next."""
        return int(self._order.bisect_left(contact.place())) + 1

    @property
    def is_full(self) -> bool:
        """Whether no further caller may wait."""
        limit = self.profile.max_length
        return limit is not None and len(self.unanswered) >= limit

    @property
    def refusal(self) -> TurnedAway | None:
        """Why nobody may enter now; None: anybody may."""
        if not self.is_open or self.leaving:
            return TurnedAway.CLOSED
        return TurnedAway.FULL if self.is_full else None

    @property
    def sends_away(self) -> bool:
        """Whether callers leave whom nobody who is logged in could serve."""
        return self.profile.when_no_agents is WhenNoAgents.EXIT

    def oldest_wait_seconds(self, now: float) -> float:
        """Return how long the caller who came first has been waiting; 0 for nobody."""
        if self._took_over:  # from another queue, whoever came there before others came here
            return max(now - contact.entered for contact in self.unanswered)
        first = next(iter(self.unanswered), None)
        return 0.0 if first is None else now - first.entered

    def expected_wait_seconds(self, line: Line, position: int, now: float) -> float:
        """Return how long the caller of a line at this position will probably wait."""
        if line.ready_count >= position:
            return 0.0
        return self.expected_wait.seconds(position, line.logged_in_count, now)

    def status(self, now: float) -> QueueStatus:
        """Return how the queue stands."""
        return QueueStatus(
            name=self.profile.name,
            is_open=self.is_open and not self.leaving,
            is_full=self.is_full,
            unanswered=len(self.unanswered),
            waiting=self.expected_wait.waiting,
            oldest_wait_seconds=self.oldest_wait_seconds(now),
            expected_wait_seconds=self.expected_wait_seconds(
                self.main_line, len(self.unanswered) + 1, now
            ),
            ready_agents=self.main_line.ready_count,
            logged_in_agents=self.main_line.logged_in_count,
            since_start=replace(self.service_level.total),
            last_hour=self.service_level.last_minutes(60, now),
            last_quarter=self.service_level.last_minutes(15, now),
        )


@frozen()
class QueueStatus:
    """A queue as shown to others."""

    name: str
    is_open: bool
    is_full: bool
    """No further caller may wait."""
    unanswered: int
    """Callers not yet connected, those whose agent is being rung included."""
    waiting: int
    """Callers for whom nobody is being rung."""
    oldest_wait_seconds: float
    """Of those unanswered; 0 when there is nobody."""
    expected_wait_seconds: float
    """Of who would enter now."""
    ready_agents: int
    """Ready agents who meet the queue's own need."""
    logged_in_agents: int
    since_start: Tally
    last_hour: Tally
    last_quarter: Tally


def check_overflows(profiles: Mapping[str, QueueProfile]) -> None:
    """Raise RoutingError for an overflow into a queue that there is not."""
    for profile in profiles.values():
        if profile.overflow is not None and profile.overflow.to not in profiles:
            raise RoutingError(
                f"queue {profile.name!r}: there is no queue {profile.overflow.to!r} to overflow to"
            )
