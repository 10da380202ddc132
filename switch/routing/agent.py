"""PURE: an agent, the states an agent can be in, and what moves one to another."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from switch.deadlines import Timed
from switch.errors import RoutingError
from switch.frozen import frozen
from switch.routing.held import Held
from switch.routing.need import LANGUAGE, Traits
from switch.routing.skill import check_levels
from switch.routing.ticket_heap import Ticketed

if TYPE_CHECKING:
    from switch.routing.contact import Contact
    from switch.routing.line import Line, Seat

OCCUPANCY_SECONDS = 3600.0
"""Over about how long occupancy is averaged (time constant of an exponential mean)."""


@frozen()
class AgentProfile:
    """An agent as configured."""

    id: str
    name: str
    skills: Mapping[str, int] = field(default_factory=dict)
    """Skill to level, 1 to 10."""
    languages: Mapping[str, int] = field(default_factory=dict)
    """Language to level, 1 to 10."""
    site: str = ""
    max_calls_per_hour: int | None = None

    def __post_init__(self) -> None:
        check_levels(self.skills, f"agent {self.id!r}")
        check_levels(self.languages, f"agent {self.id!r}")

    def traits(self) -> Traits:
        """Return what needs compare with."""
        if not self.languages:
            return Traits(self.skills, self.site)
        spoken = {LANGUAGE + name: level for name, level in self.languages.items()}
        return Traits({**self.skills, **spoken}, self.site)


class AgentState(StrEnum):
    """What an agent is doing, as the router knows it."""

    LOGGED_OUT = "logged_out"
    NOT_READY = "not_ready"
    READY = "ready"
    """Waits for a call."""
    RESERVED = "reserved"
    """The headset rings with one call."""
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    """Finishes the work of the last call."""


BUSY = frozenset({AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP})
"""States that count as occupied."""


class AgentInput(StrEnum):
    """What can happen to an agent."""

    SET_READY = "set_ready"
    SET_NOT_READY = "set_not_ready"
    LOG_OUT = "log_out"
    OFFER = "offer"
    """The router reserves the agent for a caller."""
    ANSWER = "answer"
    CALLER_LEFT = "caller_left"
    """The offer was withdrawn; not the agent's doing."""
    OFFER_FAILED = "offer_failed"
    """The agent did not take the call, for whatever reason."""
    PAUSE_OVER = "pause_over"
    """The rest after a failed offer has passed."""
    TALK_ENDED = "talk_ended"
    WRAP_UP_OVER = "wrap_up_over"


TRANSITIONS: Mapping[tuple[AgentState, AgentInput], AgentState] = {
    (AgentState.LOGGED_OUT, AgentInput.SET_READY): AgentState.READY,
    (AgentState.LOGGED_OUT, AgentInput.SET_NOT_READY): AgentState.NOT_READY,
    (AgentState.LOGGED_OUT, AgentInput.LOG_OUT): AgentState.LOGGED_OUT,
    (AgentState.NOT_READY, AgentInput.SET_READY): AgentState.READY,
    (AgentState.NOT_READY, AgentInput.SET_NOT_READY): AgentState.NOT_READY,
    (AgentState.NOT_READY, AgentInput.LOG_OUT): AgentState.LOGGED_OUT,
    (AgentState.NOT_READY, AgentInput.PAUSE_OVER): AgentState.READY,
    (AgentState.READY, AgentInput.SET_READY): AgentState.READY,
    (AgentState.READY, AgentInput.SET_NOT_READY): AgentState.NOT_READY,
    (AgentState.READY, AgentInput.LOG_OUT): AgentState.LOGGED_OUT,
    (AgentState.READY, AgentInput.OFFER): AgentState.RESERVED,
    (AgentState.RESERVED, AgentInput.SET_READY): AgentState.RESERVED,
    (AgentState.RESERVED, AgentInput.SET_NOT_READY): AgentState.NOT_READY,
    (AgentState.RESERVED, AgentInput.LOG_OUT): AgentState.LOGGED_OUT,
    (AgentState.RESERVED, AgentInput.ANSWER): AgentState.TALKING,
    (AgentState.RESERVED, AgentInput.CALLER_LEFT): AgentState.READY,
    (AgentState.RESERVED, AgentInput.OFFER_FAILED): AgentState.NOT_READY,
    # In a call, what the agent asks for becomes a wish for afterwards.
    (AgentState.TALKING, AgentInput.SET_READY): AgentState.TALKING,
    (AgentState.TALKING, AgentInput.SET_NOT_READY): AgentState.TALKING,
    (AgentState.TALKING, AgentInput.LOG_OUT): AgentState.TALKING,
    (AgentState.TALKING, AgentInput.TALK_ENDED): AgentState.WRAP_UP,
    (AgentState.WRAP_UP, AgentInput.SET_READY): AgentState.READY,
    (AgentState.WRAP_UP, AgentInput.SET_NOT_READY): AgentState.NOT_READY,
    (AgentState.WRAP_UP, AgentInput.LOG_OUT): AgentState.LOGGED_OUT,
    (AgentState.WRAP_UP, AgentInput.WRAP_UP_OVER): AgentState.READY,
}
"""All that may happen in each state. A pair that is missing would be our bug."""


def next_state(state: AgentState, happened: AgentInput) -> AgentState:
    """Return where an input leads.

    Raises:
        RoutingError: that cannot happen in this state.
    """
    try:
        return TRANSITIONS[state, happened]
    except KeyError:
        raise RoutingError(f"{happened} cannot happen to an agent who is {state}") from None


@frozen()
class Wish:
    """What an agent asked for during a call; granted after it."""

    input: AgentInput
    reason: str


class Watch(Timed):
    """The deadline by which an agent's station must be heard of again."""

    __slots__ = ("agent",)

    def __init__(self, agent: Agent) -> None:
        super().__init__()
        self.agent = agent


class Agent(Ticketed):
    """An agent at work. Only the router changes it."""

    __slots__ = (
        "answered_at",
        "asked",
        "contact",
        "forced",
        "held",
        "idle_since",
        "lines",
        "longest_wrap_up_seconds",
        "misses",
        "occupancy",
        "occupancy_at",
        "off_shift",
        "offered_turn",
        "profile",
        "reason",
        "removed",
        "since",
        "state",
        "traits",
        "turn",
        "until",
        "watch",
        "wish",
    )

    def __init__(self, profile: AgentProfile) -> None:
        super().__init__()
        self.profile = profile
        self.traits = profile.traits()
        self.state = AgentState.LOGGED_OUT
        self.reason = ""
        self.since = 0.0
        """When `state` began."""
        self.until: float | None = None
        """When the pause or the wrap-up ends by itself; None when it does not."""
        self.contact: Contact | None = None
        """The caller being offered or talked to."""
        self.longest_wrap_up_seconds = 0.0
        """To which the wrap-up may be extended, as the queue of the last call says."""
        self.wish: Wish | None = None
        self.forced = False
        """A supervisor has put the agent into this state, and only one takes it back."""
        self.off_shift = False
        self.removed = False
        """Not in the configuration any more: leaves as soon as the call is over."""
        self.asked = 0
        """Number of the decision by an outside program that this agent, ready, awaits."""
        self.held = Held()
        """Callers who wait for this agent alone."""
        self.misses = 0
        """Calls not answered one after another."""
        self.answered_at: deque[float] = deque()
        """When calls were answered in the last hour; kept for `max_calls_per_hour` only."""
        self.watch = Watch(self)
        self.idle_since = 0.0
        """When the agent last became ready; an offer withdrawn keeps it."""
        self.turn = 0
        """Orders agents who became ready at the same instant."""
        self.offered_turn = 0
        """When, among all offers, this agent was last offered a call; 0: never."""
        self.occupancy = 0.0
        """Share of time being busy, 0 to 1, as of `occupancy_at`; see `busy_share`."""
        self.occupancy_at = 0.0
        self.lines: dict[Line, Seat] = {}
        """Every line whose callers this agent may serve, in order of their making."""

    def busy_share(self, now: float) -> float:
        """Return the occupancy, averaged exponentially over about an hour."""
        fade = math.exp((self.occupancy_at - now) / OCCUPANCY_SECONDS)
        busy = 1.0 if self.state in BUSY else 0.0
        return busy + (self.occupancy - busy) * fade

    def note_occupancy(self, now: float) -> None:
        """Bring the mean up to date; to be called before `state` changes."""
        self.occupancy = self.busy_share(now)
        self.occupancy_at = now

    def hour_is_full_until(self, now: float) -> float | None:
        """Return when the agent may take calls again after too many in an hour."""
        most = self.profile.max_calls_per_hour
        if most is None:
            return None
        times = self.answered_at
        # Added, not subtracted, as the deadline is: rounding must not keep it from passing.
        while times and times[0] + 3600.0 <= now:
            times.popleft()
        return times[-most] + 3600.0 if len(times) >= most else None


@frozen()
class AgentView:
    """An agent as shown to others."""

    id: str
    name: str
    skills: Mapping[str, int]
    languages: Mapping[str, int]
    site: str
    state: AgentState
    reason: str
    """Why the agent is in this state."""
    since: float
    until: float | None
    """When the pause or wrap-up ends by itself; None when it does not."""
    contact: str
    """The caller offered or talked to; empty when none."""
    wish: str
    """`set_ready`, `set_not_ready` or `log_out`, to be granted after the call; or empty."""
    forced: bool
    off_shift: bool
    misses: int
    occupancy: float
    """0 to 1, over about the last hour."""
