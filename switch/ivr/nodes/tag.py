"""`tag`: write on the call's record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from switch.ivr.expressions import Template, TemplateField
from switch.ivr.fields import Location, Name, NodeName
from switch.ivr.node import Node
from switch.ivr.nodes.event import single
from switch.ivr.run import Run
from switch.yaml_wording import NotEmpty


class Tag(Node):
    """Names and values for reports; the last value of a name stands."""

    needs_answer = False

    type: Literal["tag"]
    tags: Annotated[Mapping[Name, TemplateField], NotEmpty, Field(max_length=32)]
    """Name -> value: constants or `{{ expressions }}`."""
    next: NodeName

    def expressions(self) -> Iterator[tuple[Location, Template]]:
        for name, template in self.tags.items():
            yield ("tags", name), template

    async def run(self, run: Run) -> str:
        for name, template in self.tags.items():
            run.call.tag(name, single(run, template))
        return "next"
