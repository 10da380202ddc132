"""What every node of a flow is, and what it is given when it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from switch.ivr.call import Call, Prompt
from switch.ivr.expressions import Expression, Template
from switch.yaml_wording import complaint_at

Location = tuple[str | int, ...]
"""Where something stands within its node."""


class FlowModel(BaseModel):
    """Base of everything in a flow file."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        hint = "letters, digits and `_`, not beginning with a digit, 64 at most"
        raise complaint_at(f"`{value[:70]}` cannot be a name", hint)
    return value


NodeName = Annotated[str, AfterValidator(_name)]
VariableName = Annotated[str, AfterValidator(_name)]


def _key(value: str) -> str:
    if not re.fullmatch(r"[0-9*#]", value):
        raise complaint_at(f"`{value[:20]}` is not a key of a telephone", "0 to 9, * or #")
    return value


Key = Annotated[str, AfterValidator(_key)]


class PromptModel(FlowModel):
    """One thing to hear: `text` to speak or a sound `file`; plain text is `text`."""

    text: str = Field(default="", max_length=2000)
    file: str = ""
    """Relative to the flow's own directory."""
    voice: Annotated[str, Field(pattern=r"^[A-Za-z0-9+_-]{0,32}$")] = ""

    @model_validator(mode="after")
    def _one_of(self) -> PromptModel:
        if bool(self.text.strip()) == bool(self.file):
            raise complaint_at("give either `text` or `file`")
        if "{{" in self.text or "{%" in self.text:
            raise complaint_at(
                "a prompt cannot contain a value of the call: prompts are spoken once, at load",
                "branch to nodes with a prompt for each case",
                "text",
            )
        return self


def _prompt(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


PromptField = Annotated[PromptModel, BeforeValidator(_prompt)]


def _prompts(value: object) -> object:
    return value if isinstance(value, list) or value is None else [value]


Prompts = Annotated[tuple[PromptField, ...], BeforeValidator(_prompts)]
"""One prompt, or several that are heard one after another."""


@dataclass(frozen=True, slots=True)
class Exit:
    """A way on from a node."""

    location: Location
    target: str
    acted: bool
    """Only a caller who does something goes this way: it cannot go round for ever."""


def exit_name(location: Location) -> str:
    """Return what an exit is called: `next`, `no_input`, a menu's key, `case 1`."""
    if len(location) == 3 and location[0] == "cases" and isinstance(location[1], int):
        return f"case {location[1] + 1}"
    return str(location[-1])


@dataclass(slots=True)
class Run:
    """One call's way through one flow."""

    call: Call
    facts: Mapping[str, Any]
    """`call.*` in expressions."""
    sounds: Mapping[PromptModel, Prompt]
    """Every prompt of the flow, resolved."""
    variables: dict[str, Any] = field(default_factory=dict)
    """`vars.*` in expressions."""

    def prompts(self, models: Sequence[PromptModel]) -> list[Prompt]:
        """Return prompts as the call takes them."""
        return [self.sounds[model] for model in models]

    def evaluate(self, expression: Expression | Template) -> Any:
        """Return the value of an expression. Raises FlowRunError."""
        return expression.evaluate(self.facts, self.variables)


class Node(FlowModel):
    """One step of a flow. Each kind is a subclass in `nodes/`, with its own `type`."""

    needs_answer: ClassVar[bool] = True
    """The caller must be connected before it runs; the interpreter sees to that."""

    type: str
    note: str = ""
    """For whoever reads the flow."""

    def exits(self) -> Iterator[Exit]:
        """Yield every way on."""
        yield from ()

    def all_prompts(self) -> Iterator[tuple[Location, PromptModel]]:
        """Yield everything that may be heard here."""
        yield from ()

    def sets(self) -> Iterator[str]:
        """Yield the names of the variables that this node gives a value."""
        yield from ()

    def expressions(self) -> Iterator[tuple[Location, Expression | Template]]:
        """Yield every expression."""
        yield from ()

    async def run(self, run: Run) -> str | None:
        """Act, and return the name of the next node; None ends the flow."""
        raise NotImplementedError


def located(name: str, prompts: Sequence[PromptModel]) -> Iterator[tuple[Location, PromptModel]]:
    """Yield prompts with their place in a node."""
    for index, prompt in enumerate(prompts):
        yield (name, index), prompt
