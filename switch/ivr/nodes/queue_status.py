"""`queue_status`: how a queue stands, before a caller is sent there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from switch.ivr.call import QueueFigures
from switch.ivr.fields import NodeName, OutsideName
from switch.ivr.node import ExitsModel, Named, Node
from switch.ivr.run import Run


class QueueStatusExits(ExitsModel):
    """Where a call goes that the queue would turn away; without an exit, as `next`."""

    closed: NodeName | None = None
    """It is not open."""
    no_agents: NodeName | None = None
    """Nobody is logged in who serves it."""
    full: NodeName | None = None
    """No more may wait."""


class QueueStatus(Node):
    """Looks at a queue, and does not wait there. `result` tells of it."""

    needs_answer = False

    type: Literal["queue_status"]
    queue: OutsideName
    next: NodeName
    exits_: QueueStatusExits = Field(default=QueueStatusExits(), alias="exits")

    def names(self) -> Iterator[Named]:
        yield Named(("queue",), "queue", self.queue)

    async def run(self, run: Run) -> str:
        figures = run.call.queue_figures(self.queue)
        run.result = {
            "open": figures.is_open,
            "full": figures.is_full,
            "waiting": figures.waiting,
            "longest_wait_seconds": figures.longest_wait_seconds,
            "expected_wait_seconds": figures.expected_wait_seconds,
            "agents": figures.agents,
            "agents_free": figures.agents_free,
        }
        given = (way for way in _turned_away(figures) if getattr(self.exits_, way) is not None)
        return next(given, "next")


def _turned_away(figures: QueueFigures) -> Iterator[str]:
    if not figures.is_open:
        yield "closed"
    if not figures.agents:
        yield "no_agents"
    if figures.is_full:
        yield "full"
