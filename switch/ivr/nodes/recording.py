"""`recording`: whether the call may be recorded from here on."""

from __future__ import annotations

from typing import Literal

from switch.ivr.fields import NodeName
from switch.ivr.node import Node
from switch.ivr.run import Run


class Recording(Node):
    """For callers who do not want to be recorded, or have to be asked. Only where the site keeps
    recordings at all; messages (`record`) are taken all the same."""

    needs_answer = False

    type: Literal["recording"]
    on: bool
    """false: nothing of the call is kept from here on; true: it is again, as the site has it."""
    next: NodeName

    def needs_caller(self) -> bool:
        return True

    async def run(self, run: Run) -> str:
        run.call.set_recorded(self.on)
        return "next"
