"""`goto`: go on elsewhere; a name for a place that many ways lead to."""

from __future__ import annotations

from typing import Literal

from switch.ivr.fields import NodeName
from switch.ivr.node import Node
from switch.ivr.run import Run


class Goto(Node):
    """A way on and nothing else."""

    needs_answer = False

    type: Literal["goto"]
    next: NodeName

    async def run(self, run: Run) -> str:
        return "next"
