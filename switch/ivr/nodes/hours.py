"""`hours`: are we open?"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from switch.ivr.fields import NodeName
from switch.ivr.node import ExitsModel, Node
from switch.ivr.run import Run
from switch.schedule import Schedule
from switch.schedule_fields import ScheduleModel


class HoursExits(ExitsModel):
    """Where a call goes while it is closed."""

    closed: NodeName
    holiday: NodeName | None = None
    """On a public holiday; without it, as `closed`."""


class Hours(Node):
    """`next` while it is open. `result.open` and `result.why` tell more."""

    needs_answer = False

    type: Literal["hours"]
    schedule: ScheduleModel
    """Weekly hours, public holidays, one-off closures and openings."""
    next: NodeName
    """While it is open."""
    exits_: HoursExits = Field(alias="exits")

    _schedule: Schedule = PrivateAttr()

    @model_validator(mode="after")
    def _compile(self) -> Self:
        self._schedule = self.schedule.schedule()
        return self

    async def run(self, run: Run) -> str:
        state = self._schedule.state(run.call.now())
        run.result = {"open": state.open, "why": state.why}
        if state.open:
            return "next"
        holiday = state.why.startswith("holiday")
        return self.exits_.first_given("holiday" if holiday else "closed", "closed")
