"""`goto`: go on elsewhere; a name for a place that many ways lead to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from switch.ivr.fields import NodeName
from switch.ivr.node import Exit, Node, next_exit
from switch.ivr.run import Run


class Goto(Node):
    """A way on and nothing else."""

    needs_answer = False

    type: Literal["goto"]
    next: NodeName

    def exits(self) -> Iterator[Exit]:
        yield from next_exit(self.next)

    async def run(self, run: Run) -> str:
        return "next"
