"""`set`: give variables values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from switch.ivr.expressions import Expression, Template, TemplateField
from switch.ivr.node import Exit, Location, Node, NodeName, Run, VariableName
from switch.yaml_wording import NotEmpty


class Set(Node):
    """Constants, or `{{ expressions }}`; each sees those above it."""

    needs_answer = False

    type: Literal["set"]
    values: Annotated[Mapping[VariableName, TemplateField], NotEmpty]
    next: NodeName

    def exits(self) -> Iterator[Exit]:
        yield Exit(("next",), self.next, acted=False)

    def sets(self) -> Iterator[str]:
        yield from self.values

    def expressions(self) -> Iterator[tuple[Location, Expression | Template]]:
        for name, template in self.values.items():
            yield ("values", name), template

    async def run(self, run: Run) -> str | None:
        for name, template in self.values.items():
            run.variables[name] = run.evaluate(template)
        return self.next
