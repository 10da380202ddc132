"""`collect`: ask for digits and keep them in a variable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from switch.ivr.call import CollectDigits, Collected, CollectEnd
from switch.ivr.node import (
    Exit,
    Key,
    Location,
    Node,
    NodeName,
    PromptModel,
    Prompts,
    Run,
    VariableName,
    located,
)
from switch.ivr.nodes.menu import AskingExits
from switch.yaml_wording import NotEmpty, complaint_at


class Collect(Node):
    """Digits into a variable, as text."""

    type: Literal["collect"]
    prompts: Annotated[Prompts, NotEmpty]
    into: VariableName
    """`vars.NAME` afterwards."""
    min_digits: int = Field(default=1, ge=1, le=64)
    max_digits: int = Field(ge=1, le=64)
    terminator: Key | None = "#"
    """Ends the input early; null: no key does."""
    first_digit_timeout_seconds: float = Field(default=5.0, gt=0, le=60)
    """Counted from the end of the prompts."""
    inter_digit_timeout_seconds: float = Field(default=3.0, gt=0, le=60)
    """A caller who pauses for longer is done, or has stopped half-way."""
    barge_in: bool = True
    retries: int = Field(default=2, ge=0, le=10)
    no_input_prompts: Prompts = ()
    """Heard before the question when no key came."""
    no_match_prompts: Prompts = ()
    """Heard before the question when there were too few digits."""
    next: NodeName
    exits_: AskingExits = Field(alias="exits")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_digits > self.max_digits:
            message = f"`min_digits` ({self.min_digits}) is more than `max_digits`"
            raise complaint_at(message, "", "min_digits")
        return self

    def exits(self) -> Iterator[Exit]:
        yield Exit(("next",), self.next, acted=True)
        yield Exit(("exits", "no_input"), self.exits_.no_input, acted=False)
        yield Exit(("exits", "no_match"), self.exits_.no_match, acted=True)

    def all_prompts(self) -> Iterator[tuple[Location, PromptModel]]:
        yield from located("prompts", self.prompts)
        yield from located("no_input_prompts", self.no_input_prompts)
        yield from located("no_match_prompts", self.no_match_prompts)

    def sets(self) -> Iterator[str]:
        yield self.into

    async def run(self, run: Run) -> str | None:
        how = CollectDigits(
            max_digits=self.max_digits,
            terminators=frozenset(self.terminator or ""),
            first_digit_timeout_seconds=self.first_digit_timeout_seconds,
            inter_digit_timeout_seconds=self.inter_digit_timeout_seconds,
            barge_in=self.barge_in,
        )
        prompts = self.prompts
        for _ in range(self.retries + 1):
            collected = await run.call.collect(run.prompts(prompts), how)
            if len(collected.digits) >= self.min_digits:
                run.variables[self.into] = collected.digits
                return self.next
            if _said_nothing(collected):
                last = self.exits_.no_input
                prompts = self.no_input_prompts + self.prompts
            else:
                last = self.exits_.no_match
                prompts = self.no_match_prompts + self.prompts
        run.variables[self.into] = ""
        return last


def _said_nothing(collected: Collected) -> bool:
    return collected.end is CollectEnd.NO_INPUT and not collected.digits
