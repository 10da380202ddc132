"""`queue`: wait for an agent and talk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from switch.ivr.call import QueueEnd, QueueRequest
from switch.ivr.node import Exit, FlowModel, Location, Node, NodeName, PromptField, PromptModel, Run


class QueueExits(FlowModel):
    """Where a caller goes who was not connected."""

    timeout: NodeName
    """The longest wait has passed."""
    no_agents: NodeName
    """Nobody who is logged in could ever take this call."""
    failed: NodeName | None = None
    """The queue could not be used; without it the caller goes the way of `no_agents`."""


class Queue(Node):
    """A place in a queue."""

    type: Literal["queue"]
    queue: str
    skills: Mapping[str, Annotated[int, Field(ge=1, le=10)]] = Field(default_factory=dict)
    """Asked for on top of the queue's own: skill -> lowest level."""
    priority: int | None = Field(default=None, ge=0, le=100)
    """Higher is served first; null: the queue's own."""
    max_wait_seconds: float | None = Field(default=None, gt=0, le=86_400)
    """null: the queue's own."""
    music: PromptField | None = None
    """null: the queue's own."""
    next: NodeName | None = None
    """When the agent has hung up; null: the call ends."""
    exits_: QueueExits = Field(alias="exits")

    def exits(self) -> Iterator[Exit]:
        if self.next is not None:
            yield Exit(("next",), self.next, acted=True)
        yield Exit(("exits", "timeout"), self.exits_.timeout, acted=True)
        yield Exit(("exits", "no_agents"), self.exits_.no_agents, acted=False)
        if self.exits_.failed is not None:
            yield Exit(("exits", "failed"), self.exits_.failed, acted=False)

    def all_prompts(self) -> Iterator[tuple[Location, PromptModel]]:
        if self.music is not None:
            yield ("music",), self.music

    async def run(self, run: Run) -> str | None:
        outcome = await run.call.queue(
            QueueRequest(
                queue=self.queue,
                skills=self.skills,
                priority=self.priority,
                max_wait_seconds=self.max_wait_seconds,
                music=None if self.music is None else run.sounds[self.music],
            )
        )
        match outcome.end:
            case QueueEnd.CONNECTED:
                return self.next
            case QueueEnd.TIMEOUT:
                return self.exits_.timeout
            case QueueEnd.NO_AGENTS:
                return self.exits_.no_agents
            case _:
                return self.exits_.failed or self.exits_.no_agents
