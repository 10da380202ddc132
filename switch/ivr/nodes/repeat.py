"""`repeat`: go round a bounded number of times."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from switch.ivr.fields import NodeName
from switch.ivr.node import ExitsModel, Node
from switch.ivr.run import Run


class RepeatExits(ExitsModel):
    """Where it goes after the last round."""

    done: NodeName


class Repeat(Node):
    """`next` so many times, then `done`, after which it counts anew."""

    needs_answer = False

    type: Literal["repeat"]
    times: int = Field(ge=1, le=100)
    next: NodeName
    """The round, which leads back here."""
    exits_: RepeatExits = Field(alias="exits")

    async def run(self, run: Run) -> str:
        rounds = run.rounds.get(run.name, 0)
        if rounds < self.times:
            run.rounds[run.name] = rounds + 1
            return "next"
        run.rounds[run.name] = 0
        return "done"
