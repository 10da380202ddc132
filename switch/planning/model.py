"""What is simulated: queues, the calls that come to them, and the agents at work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from switch.frozen import frozen
from switch.planning.arrivals import Arrivals, Span
from switch.planning.distributions import Distribution
from switch.settings.queues import Queue

DAY_SECONDS = 86_400.0


@frozen()
class Stream:
    """Calls of one kind, to one queue."""

    queue: str
    arrivals: Arrivals
    busy: Distribution
    """How long a call keeps its agent busy after the answer."""
    wraps_up: bool = False
    """Whether the queue's wrap-up comes on top; otherwise it is part of `busy`."""
    patience: Distribution | None = None
    """How long callers wait before they give up; None: for ever."""
    skills: Mapping[str, Any] = field(default_factory=dict)
    """Required on top of the queue's own, as in config/queues.yaml."""
    language: str = ""
    """That the agent must speak; empty: any."""
    priority: int | None = None
    """None for the queue's."""


@frozen()
class Group:
    """Agents who can do the same and work at the same hours."""

    name: str
    agents: int
    skills: Mapping[str, int] = field(default_factory=dict)
    shifts: tuple[Span, ...] = ()
    """When they are at work; empty: always."""
    languages: Mapping[str, int] = field(default_factory=dict)
    """Language to level, 1 to 10."""
    site: str = ""
    max_calls_per_hour: int | None = None
    """Of each agent; None: no limit."""


@frozen()
class Model:
    """A call centre, and a day in it."""

    queues: tuple[Queue, ...]
    """As in config/queues.yaml."""
    streams: tuple[Stream, ...]
    groups: tuple[Group, ...]
    day: Span = Span(0.0, DAY_SECONDS)
    answer: Distribution | None = None
    """How long a headset rings before its agent answers; None: not at all. Whoever takes
    longer than the queue's `ring_seconds` has missed the call."""
    may_wait: bool = True
    """False: a call that finds no free agent is turned away."""
