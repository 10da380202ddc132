"""Agents and callers of the naive router, and what it counts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from switch.routing import AgentProfile, Need
from switch.routing.agent import OCCUPANCY_SECONDS

BUSY = ("reserved", "talking", "wrap_up")


@dataclass(eq=False)
class NaiveAgent:
    profile: AgentProfile
    state: str = "logged_out"
    reason: str = ""
    idle: tuple[float, int] = (0.0, 0)
    contact: str = ""
    wish: str = ""
    due: tuple[float, int] | None = None
    forced: bool = False
    off_shift: bool = False
    removed: bool = False
    misses: int = 0
    offered_turn: int = 0
    answered: list[float] = field(default_factory=list)
    rests_until: float = 0.0
    """Before which only the agent, or somebody in charge, ends the wrap-up."""
    busy: list[list[float]] = field(default_factory=list)
    """From when to when the agent was busy."""

    @property
    def id(self) -> str:
        return self.profile.id

    def become(self, state: str, now: float, reason: str = "") -> None:
        """Change state; whatever was timed and whoever was served belongs to the last one."""
        if (state in BUSY) and (self.state not in BUSY):
            self.busy.append([now, math.inf])
        elif (state not in BUSY) and (self.state in BUSY):
            self.busy[-1][1] = now
        self.state, self.reason, self.contact, self.due = state, reason, "", None

    def occupancy(self) -> float:
        """The exponential mean of being busy, of who is idle, as seen from time 0."""
        of_all = 0.0
        for began, ended in self.busy:
            rise = math.exp(ended / OCCUPANCY_SECONDS) - math.exp(began / OCCUPANCY_SECONDS)
            of_all += rise
        return of_all


@dataclass(eq=False)
class NaiveContact:
    id: str
    queue: str
    extra: Need | None
    priority: int
    since: float
    number: int
    entered: float
    caller: str
    expires: float | None
    own_limit: float | None = None
    seen: float = 0.0
    """When tiers and priority were last brought up to the wait."""
    held_for: str = ""
    held_until: float = 0.0
    callback: bool = False
    agent: str = ""
    how: str = ""
    """What else the last offer said."""
    talking: bool = False
    visited: set[str] = field(default_factory=set)
    due: tuple[float, int] | None = None


@dataclass
class NaiveTally:
    answered: int = 0
    within: int = 0
    lost: int = 0
    lost_after: int = 0
    short: int = 0
