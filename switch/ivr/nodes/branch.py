"""`branch`: go where the first true condition leads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from switch.ivr.expressions import ExpressionField, Template
from switch.ivr.fields import FlowModel, Location, NodeName
from switch.ivr.node import Exit, Node
from switch.ivr.run import Run
from switch.yaml_wording import NotEmpty


class Case(FlowModel):
    """A condition and where it leads."""

    when: ExpressionField
    next: NodeName


class Branch(Node):
    """Conditions, tried from the top."""

    needs_answer = False

    type: Literal["branch"]
    cases: Annotated[tuple[Case, ...], NotEmpty, Field(max_length=64)]
    otherwise: NodeName
    """When no condition is true."""

    def exits(self) -> Iterator[Exit]:
        for index, case in enumerate(self.cases):
            yield Exit(("cases", index, "next"), case.next, acted=False)
        yield Exit(("otherwise",), self.otherwise, acted=False)

    def expressions(self) -> Iterator[tuple[Location, Template]]:
        for index, case in enumerate(self.cases):
            yield ("cases", index, "when"), case.when

    def keeps_secret(self, location: Location) -> bool:
        return True  # where it leads tells no more than a condition

    async def run(self, run: Run) -> str:
        for number, case in enumerate(self.cases, 1):
            if run.evaluate(case.when):
                return f"case {number}"
            await run.state.breathe()
        return "otherwise"
