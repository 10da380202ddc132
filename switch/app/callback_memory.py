"""PURE: what must survive a restart of a callback that stands.

The caller has hung up and relies on being rung: what was promised, and at which place in the
queue, is kept as plain data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from switch.frozen import frozen
from switch.ivr.call import CallbackRequest, Facts, Prompt, QueueRequest, RelaxStep, RingFirst


@frozen(kw_only=True)
class CallbackMemory:
    """A callback between two attempts. Times are those of the router's clock."""

    id: str
    """Of the next attempt's call; empty when that one has begun: the next has another id."""
    facts: Facts
    """Of the call that asked for it."""
    since: float
    """When the wait began that counts for the place."""
    due: float = 0.0
    """Before which the place is not taken up again."""
    attempts: int = 0
    """How often the caller was rung in vain."""
    number: str
    trunk: str
    most_attempts: int
    retry_after_seconds: float
    prompts: tuple[Prompt, ...] = ()
    ring_first: RingFirst = RingFirst.AGENT
    recorded: bool = True
    queue: str
    priority: int | None = None
    skills: Mapping[str, Any] = field(default_factory=dict)
    preferred: Mapping[str, int] = field(default_factory=dict)
    language: str = ""
    sites: tuple[str, ...] = ()
    relax: tuple[RelaxStep, ...] = ()

    @classmethod
    def of(
        cls,
        callback: str,
        facts: Facts,
        request: CallbackRequest,
        *,
        since: float,
        due: float,
        attempts: int,
    ) -> CallbackMemory:
        """Return what must survive."""
        queue = request.request
        return cls(
            id=callback,
            facts=facts,
            since=since,
            due=due,
            attempts=attempts,
            number=request.number,
            trunk=request.trunk,
            most_attempts=request.attempts,
            retry_after_seconds=request.retry_after_seconds,
            prompts=tuple(request.prompts),
            ring_first=request.ring_first,
            recorded=request.recorded,
            queue=queue.queue,
            priority=queue.priority,
            skills=queue.skills,
            preferred=queue.preferred,
            language=queue.language,
            sites=queue.sites,
            relax=queue.relax,
        )

    def request(self) -> CallbackRequest:
        """Return what was asked for."""
        queue = QueueRequest(
            self.queue,
            self.skills,
            self.priority,
            preferred=self.preferred,
            language=self.language,
            sites=self.sites,
            relax=self.relax,
        )
        return CallbackRequest(
            queue,
            self.number,
            trunk=self.trunk,
            attempts=self.most_attempts,
            retry_after_seconds=self.retry_after_seconds,
            prompts=self.prompts,
            ring_first=self.ring_first,
            recorded=self.recorded,
        )

    def shifted(self, seconds: float) -> CallbackMemory:
        """Return the memory with its times moved to another clock."""
        return replace(self, since=self.since + seconds, due=self.due + seconds)
