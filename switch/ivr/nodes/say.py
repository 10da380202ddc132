"""`say`: speak one text and go on; the short form of `play`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from switch.ivr.fields import Location, NodeName
from switch.ivr.node import Node
from switch.ivr.prompts import PromptField, PromptModel
from switch.ivr.run import Run


class Say(Node):
    """A text, or one for each language."""

    speaks = True

    type: Literal["say"]
    text: PromptField
    """`Good morning.`, or `{en: Good morning., hi: ...}`."""
    barge_in: bool = True
    """A key stops it; the next menu or collect reads it."""
    next: NodeName

    def all_prompts(self) -> Iterator[tuple[Location, PromptModel]]:
        yield ("text",), self.text

    async def run(self, run: Run) -> str:
        await run.play(run.say((self.text,), self.barge_in))
        return "next"
