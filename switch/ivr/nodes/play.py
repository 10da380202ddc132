"""`play`: say something and go on."""

from __future__ import annotations

from typing import Annotated, Literal

from switch.ivr.fields import NodeName
from switch.ivr.node import Node
from switch.ivr.prompts import Prompts
from switch.ivr.run import Run
from switch.yaml_wording import NotEmpty


class Play(Node):
    """Prompts, one after another."""

    speaks = True

    type: Literal["play"]
    prompts: Annotated[Prompts, NotEmpty]
    barge_in: bool = True
    """A key stops the prompts; the next menu or collect reads it."""
    next: NodeName

    async def run(self, run: Run) -> str:
        await run.play(run.say(self.prompts, self.barge_in))
        return "next"
