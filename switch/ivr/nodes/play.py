"""`play`: say something and go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from switch.ivr.node import Exit, Location, Node, NodeName, PromptModel, Prompts, Run, located
from switch.yaml_wording import NotEmpty


class Play(Node):
    """Prompts, one after another."""

    type: Literal["play"]
    prompts: Annotated[Prompts, NotEmpty]
    barge_in: bool = True
    """A key stops the prompts; the next menu or collect reads it."""
    next: NodeName

    def exits(self) -> Iterator[Exit]:
        yield Exit(("next",), self.next, acted=False)

    def all_prompts(self) -> Iterator[tuple[Location, PromptModel]]:
        yield from located("prompts", self.prompts)

    async def run(self, run: Run) -> str | None:
        await run.call.play(run.prompts(self.prompts), barge_in=self.barge_in)
        return self.next
