"""`collect`: ask for digits, see that they can be right, and keep them in a variable."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from switch.ivr.asking import Asking, AskingExits, OwnRetries
from switch.ivr.call import CollectDigits, Collected, CollectEnd
from switch.ivr.digit_check import DigitCheck
from switch.ivr.fields import FlowModel, Key, Location, NodeName, Seconds, VariableName
from switch.ivr.prompts import PromptModel, Prompts, located
from switch.ivr.run import Run, Tally
from switch.yaml_wording import NotEmpty, complaint_at


class Confirm(FlowModel):
    """The answer is read back, and the caller says whether it is right."""

    prompts: Annotated[Prompts, NotEmpty]
    """What was understood, and which key says that it is right."""
    yes: Key = "1"
    no: Key = "2"
    timeout_seconds: Seconds = 5.0

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.yes == self.no:
            raise complaint_at("`yes` and `no` are the same key", "", "no")
        return self


class CollectExits(AskingExits):
    """As of `menu`, and one for who has keyed in something, but not all."""

    acted: ClassVar = frozenset({"no_match", "incomplete"})

    incomplete: NodeName | None = None
    """The caller stopped half-way; without it, as `no_match`."""


class Collect(Asking):
    """Digits into a variable, as text."""

    next_is_acted = True

    type: Literal["collect"]
    into: VariableName
    """`vars.NAME` afterwards; an empty text when there was no good answer."""
    min_digits: int = Field(default=1, ge=1, le=64)
    max_digits: int = Field(ge=1, le=64)
    terminator: Key | None = "#"
    """Ends the input early; null: no key does."""
    first_digit_timeout_seconds: Seconds = 5.0
    """Counted from the end of the prompts."""
    inter_digit_timeout_seconds: Seconds = 3.0
    """A caller who pauses for longer is done, or has stopped half-way."""
    terminator_timeout_seconds: float = Field(default=0.0, ge=0, le=10)
    """After the last possible digit, how long a terminator is waited for and swallowed."""
    check: DigitCheck | None = None
    """What the digits must be; otherwise it is `no_match`."""
    confirm: Confirm | None = None
    """Read the answer back; one who says `no` is asked again."""
    sensitive: bool = False
    """Card numbers, PINs: kept from logs, events, records and recordings. The variable may go
    to `http` and into conditions; prompts may have `vars.NAME | last4`. With `check: {luhn: true}`
    it must be said."""
    incomplete_retries: OwnRetries = None
    """After a stop half-way; null: as `retries`."""
    incomplete_prompts: Prompts | None = None
    """Heard when the caller stopped half-way; null: as `no_match_prompts`."""
    next: NodeName
    exits_: CollectExits = Field(alias="exits")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_digits > self.max_digits:
            message = f"`min_digits` ({self.min_digits}) is more than `max_digits`"
            raise complaint_at(message, "", "min_digits")
        if self.check is not None and self.check.date is not None:
            length = len(self.check.date)
            if not self.min_digits <= length <= self.max_digits:
                message = f"{self.check.date} has {length} digits, which are never read"
                raise complaint_at(message, f"`max_digits: {length}`", "check", "date")
        if self.check and self.check.luhn and "sensitive" not in self.model_fields_set:
            message = "the number of a payment card would be in logs, events and recordings"
            hint = "`sensitive: true`; or `sensitive: false`, if these are no cards"
            raise complaint_at(message, hint, "check", "luhn")
        if self.check and self.check.amount and self.terminator == "*":
            raise complaint_at("`*` is the decimal point of an amount", "", "terminator")
        return self

    def all_prompts(self) -> Iterator[tuple[Location, PromptModel]]:
        yield from super().all_prompts()
        yield from located("incomplete_prompts", self.incomplete_prompts or ())
        if self.confirm is not None:
            for location, prompt in located("prompts", self.confirm.prompts):
                yield ("confirm", *location), prompt

    def sets(self) -> Iterator[str]:
        yield self.into

    def secrets(self) -> Iterator[str]:
        if self.sensitive:
            yield self.into

    def lead(self, misunderstanding: str) -> Prompts:
        if misunderstanding == "incomplete" and self.incomplete_prompts is not None:
            return self.incomplete_prompts
        return super().lead(misunderstanding)

    def misunderstanding(self, collected: Collected) -> str:
        if len(collected.digits) >= self.min_digits:
            return ""
        if collected.end is CollectEnd.NO_INPUT and not collected.digits:
            return "no_input"
        half_way = collected.end is CollectEnd.STOPPED_HALF_WAY
        return "incomplete" if half_way else "no_match"

    async def understand(self, run: Run, collected: Collected) -> str:
        value = collected.digits if self.check is None else self.check.read(collected.digits)
        if value is None:
            return "no_match"
        run.variables[self.into] = value
        return "next" if self.confirm is None else await self._confirm(run, self.confirm)

    async def _confirm(self, run: Run, confirm: Confirm) -> str:
        how = CollectDigits(1, frozenset(), confirm.timeout_seconds, barge_in=self.barge_in)
        tally = Tally()
        for turn in itertools.count(1):
            said = run.say(confirm.prompts, self.barge_in, turn)
            collected = await run.collect(said, how)
            if collected.digits == confirm.yes:
                return "next"
            if collected.digits == confirm.no:
                return "no_match"
            kind = "no_input" if collected.end is CollectEnd.NO_INPUT else "no_match"
            if tally.count(kind) > self.retries_after(kind):
                return kind
        raise AssertionError("counting has no end")

    async def run(self, run: Run) -> str:
        how = CollectDigits(
            max_digits=self.max_digits,
            terminators=frozenset(self.terminator or ""),
            first_digit_timeout_seconds=self.first_digit_timeout_seconds,
            inter_digit_timeout_seconds=self.inter_digit_timeout_seconds,
            barge_in=self.barge_in,
            terminator_timeout_seconds=self.terminator_timeout_seconds,
            sensitive=self.sensitive,
        )
        run.variables[self.into] = ""
        way = await self._ask(run, how)
        if way != "next":
            run.variables[self.into] = ""
        return way

    async def _ask(self, run: Run, how: CollectDigits) -> str:
        if not self.sensitive:
            return await self.ask(run, how)
        run.call.set_sensitive(True)
        try:
            return await self.ask(run, how)
        finally:
            run.call.set_sensitive(False)
