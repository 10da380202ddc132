"""`menu`: offer choices, read one key, go where it leads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from switch.ivr.call import CollectDigits, CollectEnd
from switch.ivr.node import (
    Exit,
    FlowModel,
    Key,
    Location,
    Node,
    NodeName,
    PromptModel,
    Prompts,
    Run,
    located,
)
from switch.yaml_wording import NotEmpty


class AskingExits(FlowModel):
    """Where a caller goes who cannot be understood after all retries."""

    no_input: NodeName
    no_match: NodeName


class Menu(Node):
    """Choices by key."""

    type: Literal["menu"]
    prompts: Annotated[Prompts, NotEmpty]
    options: Annotated[Mapping[Key, NodeName], NotEmpty]
    """Key -> node."""
    timeout_seconds: float = Field(default=5.0, gt=0, le=60)
    """How long to wait for a key after the prompts."""
    barge_in: bool = True
    """A key stops the prompts."""
    retries: int = Field(default=2, ge=0, le=10)
    """How often the question is asked again."""
    no_input_prompts: Prompts = ()
    """Heard before the question when no key came."""
    no_match_prompts: Prompts = ()
    """Heard before the question when the key means nothing."""
    exits_: AskingExits = Field(alias="exits")

    def exits(self) -> Iterator[Exit]:
        for key, target in self.options.items():
            yield Exit(("options", key), target, acted=True)
        yield Exit(("exits", "no_input"), self.exits_.no_input, acted=False)
        yield Exit(("exits", "no_match"), self.exits_.no_match, acted=True)

    def all_prompts(self) -> Iterator[tuple[Location, PromptModel]]:
        yield from located("prompts", self.prompts)
        yield from located("no_input_prompts", self.no_input_prompts)
        yield from located("no_match_prompts", self.no_match_prompts)

    async def run(self, run: Run) -> str | None:
        how = CollectDigits(
            max_digits=1,
            terminators=frozenset(),
            first_digit_timeout_seconds=self.timeout_seconds,
            barge_in=self.barge_in,
        )
        prompts = self.prompts
        for _ in range(self.retries + 1):
            collected = await run.call.collect(run.prompts(prompts), how)
            target = self.options.get(collected.digits)
            if target is not None:
                return target
            if collected.end is CollectEnd.NO_INPUT:
                last = self.exits_.no_input
                prompts = self.no_input_prompts + self.prompts
            else:
                last = self.exits_.no_match
                prompts = self.no_match_prompts + self.prompts
        return last
