"""`event`: tell the world outside that the call got here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from switch.ivr.acts import Scalar
from switch.ivr.expressions import Template, TemplateField
from switch.ivr.fields import Location, Name, NodeName
from switch.ivr.node import Node
from switch.ivr.run import Run


class Event(Node):
    """A message to the MQTT broker, under the call's topic."""

    needs_answer = False

    type: Literal["event"]
    name: Name
    """The last part of the topic."""
    payload: Annotated[Mapping[Name, TemplateField], Field(max_length=64)] = Field(
        default_factory=dict
    )
    """Member -> value: constants or `{{ expressions }}`."""
    next: NodeName

    def expressions(self) -> Iterator[tuple[Location, Template]]:
        for name, template in self.payload.items():
            yield ("payload", name), template

    async def run(self, run: Run) -> str:
        payload: dict[str, Scalar] = {
            name: single(run, template) for name, template in self.payload.items()
        }
        run.call.send_event(self.name, payload)
        return "next"


def single(run: Run, template: Template) -> Scalar:
    """Return a single value; of lists and mappings their text. Raises FlowRunError."""
    value = run.evaluate(template)
    return value if isinstance(value, str | int | float | bool | None) else str(value)
