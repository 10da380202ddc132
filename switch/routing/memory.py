"""PURE: what must survive a restart: agents' states, waiting callers, who served whom.

Times are those of the router's clock; whoever keeps memories shifts them to the clock of
the next router (`shifted`). What a restart cannot keep is the calls themselves: an agent who
was being rung is ready again at the old turn, one who talked wraps up, and a caller who
waited finds the old place when calling again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields, replace
from typing import Any, TypeVar

from switch.frozen import frozen
from switch.routing.agent import Agent
from switch.routing.contact import Contact, ContactState


@frozen(kw_only=True)
class AgentMemory:
    """An agent's state."""

    agent: str
    state: str
    reason: str
    since: float
    until: float | None = None
    wish: str = ""
    """`set_not_ready`, `log_out` or empty."""
    wish_reason: str = ""
    forced: bool = False
    misses: int = 0
    idle_since: float = 0.0
    turn: int = 0
    answered_at: tuple[float, ...] = ()
    occupancy: float = 0.0
    occupancy_at: float = 0.0
    wrap_up_seconds: float = 0.0
    """What follows the present call."""
    longest_wrap_up_seconds: float = 0.0
    """To which that may be extended; or the wrap-up that has begun."""


@frozen(kw_only=True)
class ContactMemory:
    """A caller in a queue, or talking."""

    contact: str
    caller: str
    queue: str
    since: float
    entered: float
    priority: int
    expires_at: float | None = None
    callback: bool = False
    agent: str = ""
    """Who talks to the caller; empty while nobody does."""
    need: Mapping[str, Any] = field(default_factory=dict)
    """What the caller brought on top of the queue's need, as data (`Need.data`)."""


@frozen(kw_only=True)
class ServedMemory:
    """Who served a caller last."""

    caller: str
    queue: str
    agent: str
    until: float


@frozen(kw_only=True)
class PlaceMemory:
    """Where a caller stood who hung up while waiting."""

    caller: str
    queue: str
    since: float
    until: float


_TIMES = frozenset(
    {"since", "until", "idle_since", "answered_at", "occupancy_at", "entered", "expires_at"}
)

Memory = TypeVar("Memory", AgentMemory, ContactMemory, ServedMemory, PlaceMemory)


def shifted(memory: Memory, seconds: float) -> Memory:
    """Return a memory with its times moved to another clock."""
    changed: dict[str, Any] = {}
    for each in fields(memory):
        value = getattr(memory, each.name)
        if each.name not in _TIMES or value is None:
            continue
        if isinstance(value, tuple):
            changed[each.name] = tuple(time + seconds for time in value)
        else:
            changed[each.name] = value + seconds
    return replace(memory, **changed)


def remember_agent(agent: Agent) -> AgentMemory:
    """Return what must survive of an agent."""
    contact, wish = agent.contact, agent.wish
    queue = contact.line.queue.profile if contact is not None else None
    return AgentMemory(
        agent=agent.profile.id,
        state=agent.state.value,
        reason=agent.reason,
        since=agent.since,
        until=agent.until,
        wish=wish.input.value if wish is not None else "",
        wish_reason=wish.reason if wish is not None else "",
        forced=agent.forced,
        misses=agent.misses,
        idle_since=agent.idle_since,
        turn=agent.turn,
        answered_at=tuple(agent.answered_at),
        occupancy=agent.occupancy,
        occupancy_at=agent.occupancy_at,
        wrap_up_seconds=0.0 if queue is None else queue.wrap_up_seconds,
        longest_wrap_up_seconds=agent.longest_wrap_up_seconds
        if queue is None
        else queue.longest_wrap_up_seconds,
    )


def remember_contact(contact: Contact) -> ContactMemory:
    """Return what must survive of a caller."""
    talks = contact.state is ContactState.TALKING and contact.agent is not None
    return ContactMemory(
        contact=contact.id,
        caller=contact.caller,
        queue=contact.line.queue.profile.name,
        since=contact.since,
        entered=contact.entered,
        priority=contact.priority,
        expires_at=contact.expires_at,
        callback=contact.callback,
        agent=contact.agent.profile.id if talks and contact.agent is not None else "",
        need=contact.extra.data(),
    )
