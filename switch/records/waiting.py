"""PURE: what a record keeps of a call that waited for agents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from switch.events import AgentOffered, CallQueued


@dataclass(slots=True)
class QueueWait:
    """The call waited in a queue."""

    at: datetime
    queue: str
    priority: int
    skills: dict[str, int]
    """Required on top of the queue's own."""
    position: int
    outcome: str = ""
    """As in `CallLeftQueue`; empty if that never came."""
    waited_seconds: float = 0.0
    within_service_level: bool = False
    expected_wait_seconds: float | None = None
    """As it was told on entry."""
    resumed: bool = False
    """The caller had an old place again."""
    moved_from: str = ""
    """The queue that sent the caller on to this one."""
    moved_why: str = ""

    @classmethod
    def of(cls, event: CallQueued) -> QueueWait:
        """Return how the wait begins."""
        return cls(
            event.at,
            event.queue,
            event.priority,
            dict(event.skills),
            event.position,
            expected_wait_seconds=event.expected_wait_seconds,
            resumed=event.resumed,
            moved_from=event.moved_from,
            moved_why=event.moved_why,
        )


@dataclass(slots=True)
class Offer:
    """An agent was rung for the call."""

    at: datetime
    queue: str
    agent: str
    why: str
    waited_seconds: float
    outcome: str = ""
    """`connected`, an outcome of `OfferFailed`, or `call_ended`."""
    sip_code: int = 0
    ring_seconds: float = 0.0
    rule: str = ""
    """As in `AgentOffered`."""
    choice: int = 1

    @classmethod
    def of(cls, event: AgentOffered) -> Offer:
        """Return how the offer begins."""
        return cls(
            event.at,
            event.queue,
            event.agent,
            event.why,
            event.waited_seconds,
            rule=event.rule,
            choice=event.choice,
        )
