"""PURE: one call's way through its flows: variables, language, and what is said and asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from switch.errors import FlowRunError
from switch.ivr.call import Call, CollectDigits, Collected, Prompt
from switch.ivr.expressions import Computation, Template
from switch.ivr.prompts import PromptModel

if TYPE_CHECKING:
    from switch.ivr.models import Flow

WORK_BETWEEN_BREATHS = 100
"""Operations of expressions, a step counting for some, after which other calls get their turn:
a fraction of a millisecond, of the worst expressions a few."""
OPERATIONS_OF_A_STEP = 4

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Said = tuple[Prompt, bool]
"""Something to hear, and whether a key stops it."""


@dataclass(slots=True)
class CallState:
    """What all flows of one call share."""

    call: Call
    facts: dict[str, Any]
    """`call.*` in expressions."""
    early_media: bool = False
    """What is said is heard before the answer."""
    work: int = 0
    """Operations since other calls had their turn."""

    async def be_heard(self) -> None:
        """See that the caller hears us."""
        await (self.call.be_heard() if self.early_media else self.call.answer())

    async def breathe(self) -> None:
        """Let others run if much was computed."""
        if self.work >= WORK_BETWEEN_BREATHS:
            self.work = 0
            await self.call.breathe()


@dataclass(slots=True)
class Tally:
    """How often the caller was not understood at the present node."""

    no_input: int = 0
    no_match: int = 0
    incomplete: int = 0

    def count(self, kind: str) -> int:
        """Count one more, and return how many there are."""
        number: int = getattr(self, kind) + 1
        setattr(self, kind, number)
        return number


@dataclass(slots=True)
class Run:
    """One call's way through one flow."""

    state: CallState
    flow: Flow
    variables: dict[str, Any] = field(default_factory=dict)
    """`vars.*` in expressions."""
    rounds: dict[str, int] = field(default_factory=dict)
    """Name of a `repeat` node -> how often it was passed since it was last done."""
    name: str = ""
    """The present node's."""
    tally: Tally = field(default_factory=Tally)
    """Of the present node."""
    scope: dict[str, Any] = field(init=False)
    """What expressions read."""

    def __post_init__(self) -> None:
        self.scope = {"call": self.state.facts, "vars": self.variables, "result": None}

    @property
    def call(self) -> Call:
        return self.state.call

    @property
    def language(self) -> str:
        """The caller's, or the flow's first when the flow does not speak that."""
        language: str = self.state.facts["language"]
        languages = self.flow.voices.languages
        if language in languages:
            return language
        base = language.partition("-")[0]
        return base if base in languages else self.flow.voices.first

    def set_language(self, language: str) -> None:
        """Go on in another language."""
        self.state.facts["language"] = language
        self.call.set_language(language)

    @property
    def result(self) -> Any:
        """What came of the last node that has a result; `result` in expressions."""
        return self.scope["result"]

    @result.setter
    def result(self, value: Any) -> None:
        self.scope["result"] = value

    def evaluate(self, template: Template) -> Any:
        """Return a value. Raises FlowRunError."""
        self.state.work += template.operations
        if template.speaks:
            self.scope["tongue"] = self.language
        if template.reads_now:
            self.scope["now"] = now_fields(self.call.now())
        try:
            return template.evaluate(self.scope)
        except FlowRunError as error:
            raise self._discreet(template, error) from None

    def _discreet(self, template: Template, error: FlowRunError) -> FlowRunError:
        """Return the error, without what might be a secret's value."""
        if template.exposed.isdisjoint(self.flow.secrets):
            return error
        return FlowRunError(f"`{template.source}` cannot be computed")

    def say(self, models: Sequence[PromptModel], barge_in: bool, count: int = 1) -> list[Said]:
        """Return prompts as the call takes them, those for this count.

        Raises:
            FlowRunError: a value in them cannot be computed.
        """
        said: list[Said] = []
        if not models:
            return said
        sayings = self.flow.sayings
        language = self.language
        level = max((each.count for each in models if each.count <= count), default=1)
        for model in models:
            if model.count != level:
                continue
            stops = barge_in if model.barge_in is None else model.barge_in
            for part in sayings[model][language]:
                if isinstance(part, Prompt):
                    said.append((part, stops))
                    continue
                text = self.part_text(part.template, part.computation, part.language).strip()
                if text:
                    said.append((Prompt("", text, part.voice, part.language, True), stops))
        return said

    def coming(self) -> list[Prompt]:
        """Return what may be heard after the present node and must be made in the call.

        What cannot be computed yet is left out: it may never be heard.
        """
        found: list[Prompt] = []
        operations = 0
        for part in self.flow.heard_after(self.name, self.language):
            computation = part.computation
            operations += computation.operations
            if operations > WORK_BETWEEN_BREATHS:
                break
            if computation.needed <= self.variables.keys():
                try:
                    text = self.part_text(part.template, computation, part.language).strip()
                except FlowRunError:
                    continue
                if text:
                    found.append(Prompt("", text, part.voice, part.language, True))
        return found

    def part_text(self, template: Template, part: Computation, language: str = "") -> str:
        """Return the text of one expression of several.

        Args:
            language: of the text around it; empty: the caller's.

        Raises:
            FlowRunError: it cannot be computed.
        """
        self.state.work += part.operations
        self.scope["tongue"] = language or self.language
        if template.reads_now:
            self.scope["now"] = now_fields(self.call.now())
        try:
            return template.part_text(part, self.scope)
        except FlowRunError as error:
            raise self._discreet(template, error) from None

    async def play(self, said: Sequence[Said]) -> None:
        """Play prompts to the end, or until a key stops them."""
        for prompts, barge_in in _stretches(said):
            await self.call.play(prompts, barge_in=barge_in)

    async def collect(self, said: Sequence[Said], how: CollectDigits) -> Collected:
        """Play prompts and read keys."""
        *before, (prompts, barge_in) = _stretches(said) or [([], how.barge_in)]
        for earlier, stops in before:
            await self.call.play(earlier, barge_in=stops)
        if barge_in != how.barge_in:
            how = CollectDigits(
                how.max_digits,
                how.terminators,
                how.first_digit_timeout_seconds,
                how.inter_digit_timeout_seconds,
                barge_in,
                how.terminator_timeout_seconds,
                how.sensitive,
            )
        return await self.call.collect(prompts, how)


def _stretches(said: Sequence[Said]) -> list[tuple[list[Prompt], bool]]:
    """Return prompts in a row that may, or may not, be interrupted."""
    found: list[tuple[list[Prompt], bool]] = []
    for prompt, barge_in in said:
        if not found or found[-1][1] != barge_in:
            found.append(([], barge_in))
        found[-1][0].append(prompt)
    return found


def now_fields(at: datetime) -> Mapping[str, Any]:
    """Return `now.*` of expressions: whole numbers, and texts as ISO 8601 has them."""
    return {
        "date": at.date().isoformat(),
        "time": at.strftime("%H:%M"),
        "weekday": _WEEKDAYS[at.weekday()],
        "year": at.year,
        "month": at.month,
        "day": at.day,
        "hour": at.hour,
        "minute": at.minute,
        "second": at.second,
        "iso": at.isoformat(timespec="seconds"),
    }
