"""`call`: go through another flow and come back with its results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from switch.ivr.expressions import Template, TemplateField
from switch.ivr.fields import Location, Name, NodeName, VariableName
from switch.ivr.node import Enter, Named, Node
from switch.ivr.run import Run


class Call(Node):
    """A sub-flow: a file of its own, with variables of its own."""

    needs_answer = False

    type: Literal["call"]
    flow: Name
    """The file's name without `.yaml`, beside this one."""
    arguments: Annotated[Mapping[VariableName, TemplateField], Field(max_length=64)] = Field(
        default_factory=dict
    )
    """Its `arguments` -> values: constants or `{{ expressions }}`."""
    into: Annotated[Mapping[VariableName, VariableName], Field(max_length=64)] = Field(
        default_factory=dict
    )
    """Variable of this flow -> one of its `results`."""
    next: NodeName
    """When it returns."""

    def needs_caller(self) -> bool:
        return True

    def sets(self) -> Iterator[str]:
        yield from self.into

    def expressions(self) -> Iterator[tuple[Location, Template]]:
        for name, template in self.arguments.items():
            yield ("arguments", name), template

    def names(self) -> Iterator[Named]:
        yield Named(("flow",), "flow", self.flow)

    def take(self, run: Run, results: Mapping[str, object]) -> str:
        """Take what the other flow returned, and return where to go on."""
        run.result = results
        for variable, result in self.into.items():
            run.variables[variable] = results[result]
        return "next"

    async def run(self, run: Run) -> Enter:
        arguments = {name: run.evaluate(each) for name, each in self.arguments.items()}
        return Enter(self.flow, arguments, returns=True)
