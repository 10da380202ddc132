"""`answer`: connect the caller, from which on the call is charged for."""

from __future__ import annotations

from typing import Literal

from switch.ivr.fields import NodeName
from switch.ivr.node import Node
from switch.ivr.run import Run


class Answer(Node):
    """For flows with `early_media`; elsewhere the first node that speaks has answered already."""

    type: Literal["answer"]
    next: NodeName

    async def run(self, run: Run) -> str:
        return "next"
