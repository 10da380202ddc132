"""`set`: give variables values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from switch.ivr.expressions import Template, TemplateField
from switch.ivr.fields import Location, NodeName, VariableName
from switch.ivr.node import Node
from switch.ivr.run import Run
from switch.yaml_wording import NotEmpty


class Set(Node):
    """Constants, or `{{ expressions }}`; each sees those above it."""

    needs_answer = False

    type: Literal["set"]
    values: Annotated[Mapping[VariableName, TemplateField], NotEmpty, Field(max_length=64)]
    """Variable -> value."""
    next: NodeName

    def sets(self) -> Iterator[str]:
        yield from self.values

    def expressions(self) -> Iterator[tuple[Location, Template]]:
        for name, template in self.values.items():
            yield ("values", name), template

    def keeps_secret(self, location: Location) -> bool:
        return True  # the checker follows the secret into the variable

    async def run(self, run: Run) -> str:
        for name, template in self.values.items():
            run.variables[name] = run.evaluate(template)
            await run.state.breathe()
        return "next"
