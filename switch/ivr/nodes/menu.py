"""`menu`: offer choices, read one key, go where it leads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from switch.ivr.asking import Asking
from switch.ivr.call import CollectDigits, Collected, CollectEnd
from switch.ivr.fields import Key, NodeName
from switch.ivr.node import Exit
from switch.ivr.run import Run
from switch.yaml_wording import NotEmpty


class Menu(Asking):
    """Choices by key."""

    type: Literal["menu"]
    options: Annotated[Mapping[Key, NodeName], NotEmpty]
    """Key -> node."""
    timeout_seconds: float = Field(default=5.0, gt=0, le=60)
    """How long to wait for a key after the prompts."""

    def exits(self) -> Iterator[Exit]:
        for key, target in self.options.items():
            yield Exit(("options", key), target, acted=True)
        yield from self.exits_.ways()

    def misunderstanding(self, collected: Collected) -> str:
        if collected.digits in self.options:
            return ""
        return "no_input" if collected.end is CollectEnd.NO_INPUT else "no_match"

    async def understand(self, run: Run, collected: Collected) -> str:
        return collected.digits

    async def run(self, run: Run) -> str:
        how = CollectDigits(1, frozenset(), self.timeout_seconds, barge_in=self.barge_in)
        return await self.ask(run, how)
