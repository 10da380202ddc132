"""`hangup`: end the call, perhaps with a last word."""

from __future__ import annotations

from typing import Literal

from switch.ivr.call import HangupCause
from switch.ivr.node import Node
from switch.ivr.prompts import Prompts
from switch.ivr.run import Run


class Hangup(Node):
    """The end. A caller who was never answered is told the cause by SIP status."""

    needs_answer = False
    ends = True

    type: Literal["hangup"]
    prompts: Prompts = ()
    """Heard before the line is cut."""
    cause: HangupCause = HangupCause.NORMAL

    def needs_caller(self) -> bool:
        return bool(self.prompts)

    async def run(self, run: Run) -> str:
        if self.prompts:
            said = run.say(self.prompts, False)
            await run.state.be_heard()
            await run.play(said)
        await run.call.hangup(self.cause)
        return "hangup"
