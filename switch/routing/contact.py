"""PURE: a caller in the router's hands, from entering a queue to the end of the talk."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from switch.routing.need import NO_NEED
from switch.routing.ticket_heap import Ticketed

if TYPE_CHECKING:
    from switch.routing.agent import Agent
    from switch.routing.line import Line

Place = tuple[float, float, int]
"""What orders the callers of one line: rank, time of entry, order of entry; lowest first."""


Urgency = tuple[float, float, float, int]
"""What orders callers of all lines at one moment: priority, when it came up, time of entry,
order of entry; lowest first."""


class ContactState(Enum):
    """Where a caller is."""

    WAITING = auto()
    OFFERED = auto()
    """An agent's headset rings for the caller, who still hears the music."""
    TALKING = auto()
    GONE = auto()


class Contact(Ticketed):
    """A caller. Only the router changes it."""

    __slots__ = (
        "agent",
        "asked",
        "callback",
        "caller",
        "entered",
        "expires_at",
        "extra",
        "held_for",
        "held_until",
        "id",
        "level",
        "line",
        "number",
        "own_limit",
        "priority",
        "raised",
        "since",
        "state",
        "visited",
        "waits",
    )

    def __init__(
        self, contact_id: str, line: Line, priority: int, entered: float, number: int
    ) -> None:
        super().__init__()
        self.id = contact_id
        self.line = line
        self.priority = priority
        """As it entered; `raised` comes on top."""
        self.raised = 0
        self.entered = entered
        self.since = entered
        """When the wait that counts for the order began: earlier than `entered` for whoever
        came back to an old place or from another queue."""
        self.number = number
        """Orders callers who entered at the same instant."""
        self.caller = ""
        """Who it is across calls, for example the number; empty when withheld."""
        self.expires_at: float | None = None
        self.own_limit: float | None = None
        """Until when the caller waits at most, in whichever queue; None: as each queue says."""
        self.level = 0
        """The last tier that is open to the caller."""
        self.held_for: Agent | None = None
        """The agent who served this caller before and is waited for."""
        self.held_until = 0.0
        self.callback = False
        """Nobody is on the line: the caller will be rung back."""
        self.asked = 0
        """Number of the decision by an outside program that this caller awaits."""
        self.extra = NO_NEED
        """What the caller brings on top of the queue's need."""
        self.waits = False
        """Counted among those who wait, by the estimator of the expected wait."""
        self.visited: frozenset[str] = frozenset()
        """Queues that sent the caller on."""
        self.state = ContactState.WAITING
        self.agent: Agent | None = None
        """Who is being rung or talked to."""

    @property
    def effective_priority(self) -> int:
        """Priority with what was added while waiting."""
        return self.priority + self.raised

    def place(self) -> Place:
        """Return the caller's place in the line; the lowest is served first."""
        aging = self.line.queue.profile.aging_seconds
        if aging is None:
            return -self.effective_priority, self.since, self.number
        return self.since - self.effective_priority * aging, self.since, self.number

    def urgency(self, now: float) -> Urgency:
        """Return the place among the callers of all lines, now; the lowest is served first.

        Of the callers of one line it says the same as `place`.
        """
        queue = self.line.queue
        aging = queue.profile.aging_seconds
        height = self.priority + self.raised
        since = self.since
        if aging is None:
            return -height, since, since, self.number
        ceiling = queue.ceiling.height
        comes_up_at = since + (ceiling - height) * aging
        reached = ceiling if comes_up_at <= now else height + (now - since) / aging
        return -reached, comes_up_at, since, self.number
