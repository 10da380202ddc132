"""`branch`: go where the first true condition leads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from switch.ivr.expressions import Expression, ExpressionField, Template
from switch.ivr.node import Exit, FlowModel, Location, Node, NodeName, Run
from switch.yaml_wording import NotEmpty


class Case(FlowModel):
    """A condition and where it leads."""

    when: ExpressionField
    next: NodeName


class Branch(Node):
    """Conditions, tried from the top."""

    needs_answer = False

    type: Literal["branch"]
    cases: Annotated[tuple[Case, ...], NotEmpty]
    otherwise: NodeName

    def exits(self) -> Iterator[Exit]:
        for index, case in enumerate(self.cases):
            yield Exit(("cases", index, "next"), case.next, acted=False)
        yield Exit(("otherwise",), self.otherwise, acted=False)

    def expressions(self) -> Iterator[tuple[Location, Expression | Template]]:
        for index, case in enumerate(self.cases):
            yield ("cases", index, "when"), case.when

    async def run(self, run: Run) -> str | None:
        for case in self.cases:
            if run.evaluate(case.when):
                return case.next
        return self.otherwise
