"""PURE: asking a caller until the answer is understood: what `menu` and `collect` share.

Prompts escalate as in VoiceXML 2.1: the question has a counter (4.1.6) and so has each kind
of misunderstanding (5.2.2, `count`); all of them begin anew whenever the node is entered.
Silence, a wrong answer and an answer that stopped half-way are told apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from switch.ivr.call import CollectDigits, Collected
from switch.ivr.fields import Location, NodeName
from switch.ivr.node import ExitsModel, Node
from switch.ivr.prompts import PromptModel, Prompts, located
from switch.ivr.run import Run
from switch.yaml_wording import NotEmpty


class AskingExits(ExitsModel):
    """Where a caller goes who was not understood after all retries: by the last attempt."""

    acted: ClassVar = frozenset({"no_match", "incomplete"})

    no_input: NodeName
    """No key was pressed."""
    no_match: NodeName
    """What was pressed means nothing here."""
    incomplete: NodeName | None = None
    """The caller stopped half-way; without it, as `no_match`."""


class Asking(Node):
    """A question, and what is said to one who is not understood."""

    prompts: Annotated[Prompts, NotEmpty]
    """The question."""
    barge_in: bool = True
    """A key stops the prompts."""
    retries: int = Field(default=2, ge=0, le=10)
    """How often the question is asked again."""
    no_input_prompts: Prompts = ()
    """Heard before the question when no key came."""
    no_match_prompts: Prompts = ()
    """Heard before the question when what was pressed means nothing."""
    incomplete_prompts: Prompts | None = None
    """Heard when the caller stopped half-way; null: as `no_match_prompts`."""
    reprompt: bool = True
    """The question is heard again after these; false: they ask it themselves."""
    exits_: AskingExits = Field(alias="exits")

    def all_prompts(self) -> Iterator[tuple[Location, PromptModel]]:
        yield from located("prompts", self.prompts)
        yield from located("no_input_prompts", self.no_input_prompts)
        yield from located("no_match_prompts", self.no_match_prompts)
        yield from located("incomplete_prompts", self.incomplete_prompts or ())

    def misunderstanding(self, collected: Collected) -> str:
        """Return `no_input`, `incomplete` or `no_match`; empty if it can be an answer."""
        raise NotImplementedError

    async def understand(self, run: Run, collected: Collected) -> str:
        """Return the exit for an answer, or `no_match` or `no_input` if it is none."""
        raise NotImplementedError

    async def ask(self, run: Run, how: CollectDigits) -> str:
        """Ask until there is an answer, and return the exit."""
        said = run.say(self.prompts, self.barge_in)
        last = "no_input"
        for turn in range(2, self.retries + 3):
            collected = await run.collect(said, how)
            last = self.misunderstanding(collected)
            if not last:
                last = await self.understand(run, collected)
                if last not in ("no_input", "no_match"):
                    return last
            count = run.tally.count(last)
            if turn < self.retries + 2:
                said = run.say(self._lead(last), self.barge_in, count)
                if self.reprompt or not said:
                    said += run.say(self.prompts, self.barge_in, turn)
        return self.exits_.first_given(last, "no_match")

    def _lead(self, misunderstanding: str) -> Prompts:
        if misunderstanding == "no_input":
            return self.no_input_prompts
        if misunderstanding == "incomplete" and self.incomplete_prompts is not None:
            return self.incomplete_prompts
        return self.no_match_prompts
