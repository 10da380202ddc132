"""PURE: asking a caller until the answer is understood: what `menu` and `collect` share.

Prompts escalate as in VoiceXML 2.1: the question has a counter (4.1.6) and so has each kind
of misunderstanding (5.2.2, `count`); all of them begin anew whenever the node is entered.
Silence, a wrong answer and an answer that stopped half-way are told apart, and each has its own
limit: a caller who was silent twice and then presses a wrong key is not given up.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from switch.ivr.call import CollectDigits, Collected
from switch.ivr.fields import Location, NodeName
from switch.ivr.node import ExitsModel, Node
from switch.ivr.prompts import PromptModel, Prompts, located
from switch.ivr.run import Run
from switch.yaml_wording import NotEmpty

MISUNDERSTANDINGS = frozenset({"no_input", "no_match", "incomplete"})
"""Kinds, and names of exits; each is counted apart."""

OwnRetries = Annotated[int | None, Field(ge=0, le=10)]


class AskingExits(ExitsModel):
    """Where a caller goes who was not understood once too often: by what that was."""

    acted: ClassVar = frozenset({"no_match"})

    no_input: NodeName
    """No key was pressed."""
    no_match: NodeName
    """What was pressed means nothing here."""


class Asking(Node):
    """A question, and what is said to one who is not understood."""

    speaks = True

    prompts: Annotated[Prompts, NotEmpty]
    """The question."""
    barge_in: bool = True
    """A key stops the prompts."""
    retries: int = Field(default=2, ge=0, le=10)
    """How often the question is asked again after each kind of misunderstanding."""
    no_input_retries: OwnRetries = None
    """After silence; null: as `retries`."""
    no_match_retries: OwnRetries = None
    """After what means nothing here; null: as `retries`."""
    no_input_prompts: Prompts = ()
    """Heard before the question when no key came."""
    no_match_prompts: Prompts = ()
    """Heard before the question when what was pressed means nothing."""
    reprompt: bool = True
    """The question is heard again after these; false: they ask it themselves."""
    exits_: AskingExits = Field(alias="exits")

    def all_prompts(self) -> Iterator[tuple[Location, PromptModel]]:
        yield from located("prompts", self.prompts)
        yield from located("no_input_prompts", self.no_input_prompts)
        yield from located("no_match_prompts", self.no_match_prompts)

    def misunderstanding(self, collected: Collected) -> str:
        """Return `no_input`, `incomplete` or `no_match`; empty if it can be an answer."""
        raise NotImplementedError

    async def understand(self, run: Run, collected: Collected) -> str:
        """Return the exit for an answer, or `no_match` or `no_input` if it is none."""
        raise NotImplementedError

    async def ask(self, run: Run, how: CollectDigits) -> str:
        """Ask until there is an answer, or too much of one kind of misunderstanding.

        Returns:
            The exit.
        """
        said = run.say(self.prompts, self.barge_in)
        for turn in itertools.count(2):
            collected = await run.collect(said, how)
            kind = self.misunderstanding(collected) or await self.understand(run, collected)
            if kind not in MISUNDERSTANDINGS:
                return kind
            count = run.tally.count(kind)
            if count > self.retries_after(kind):
                return self.exits_.first_given(kind, "no_match")
            said = run.say(self.lead(kind), self.barge_in, count)
            if self.reprompt or not said:
                said += run.say(self.prompts, self.barge_in, turn)
        raise AssertionError("counting has no end")

    def retries_after(self, kind: str) -> int:
        """Return how often the question is asked again after this kind of misunderstanding."""
        own: int | None = getattr(self, f"{kind}_retries")
        return self.retries if own is None else own

    def lead(self, misunderstanding: str) -> Prompts:
        """Return what is heard before the question is asked again."""
        return self.no_input_prompts if misunderstanding == "no_input" else self.no_match_prompts
