"""`hangup`: end the call, perhaps with a last word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from switch.ivr.call import HangupCause
from switch.ivr.node import Location, Node, PromptModel, Prompts, Run, located


class Hangup(Node):
    """The end. A caller who was never answered is told the cause by SIP status."""

    needs_answer = False

    type: Literal["hangup"]
    prompts: Prompts = ()
    """Heard before the line is cut."""
    cause: HangupCause = HangupCause.NORMAL

    def all_prompts(self) -> Iterator[tuple[Location, PromptModel]]:
        yield from located("prompts", self.prompts)

    async def run(self, run: Run) -> str | None:
        if self.prompts:
            await run.call.answer()
            await run.call.play(run.prompts(self.prompts), barge_in=False)
        await run.call.hangup(self.cause)
        return None
