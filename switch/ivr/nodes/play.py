"""`play`: say something and go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from switch.ivr.fields import Location, NodeName
from switch.ivr.node import Exit, Node, next_exit
from switch.ivr.prompts import PromptModel, Prompts, located
from switch.ivr.run import Run
from switch.yaml_wording import NotEmpty


class Play(Node):
    """Prompts, one after another."""

    type: Literal["play"]
    prompts: Annotated[Prompts, NotEmpty]
    barge_in: bool = True
    """A key stops the prompts; the next menu or collect reads it."""
    next: NodeName

    def exits(self) -> Iterator[Exit]:
        yield from next_exit(self.next)

    def all_prompts(self) -> Iterator[tuple[Location, PromptModel]]:
        yield from located("prompts", self.prompts)

    async def run(self, run: Run) -> str:
        await run.play(run.say(self.prompts, self.barge_in))
        return "next"
