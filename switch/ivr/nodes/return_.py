"""`return`: go back to the flow that called this one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from switch.ivr.expressions import Template, TemplateField
from switch.ivr.fields import Location, VariableName
from switch.ivr.node import Node, Return
from switch.ivr.run import Run


class ReturnNode(Node):
    """The end of a sub-flow. In a flow that nobody called, the call ends."""

    needs_answer = False
    ends = True

    type: Literal["return"]
    values: Annotated[Mapping[VariableName, TemplateField], Field(max_length=64)] = Field(
        default_factory=dict
    )
    """The flow's `results` -> values: constants or `{{ expressions }}`."""

    def needs_caller(self) -> bool:
        return True

    def expressions(self) -> Iterator[tuple[Location, Template]]:
        for name, template in self.values.items():
            yield ("values", name), template

    async def run(self, run: Run) -> Return:
        return Return({name: run.evaluate(each) for name, each in self.values.items()})
