"""PURE: prompts as they stand in a flow file, and as they are said in each language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from switch.frozen import frozen
from switch.ivr.expressions import Computation, Template, TextField
from switch.ivr.fields import FlowModel, Listed, Location, Voice
from switch.ivr.prompt import Prompt
from switch.yaml_wording import complaint_at

MAX_PROMPTS = 32
"""In one list."""

_AFTER_VALUES = ".,;:!?)।"
"""Marks that end what stood before a part of a text, and would be spoken at its beginning."""

_LANGUAGE = re.compile("[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")


def _by_language(value: object) -> object:
    return value if isinstance(value, dict) or value is None else {"": value}


class PromptModel(FlowModel):
    """One thing to hear: `text` to speak, a sound `file`, or a `named` sound of the prompt
    set. Plain text is `text`; `{en: ..., hi: ...}` is a text for each language."""

    text: Annotated[
        Mapping[Annotated[str, Field()], TextField] | None, BeforeValidator(_by_language)
    ] = None
    """To speak, with `{{ expressions }}` perhaps; one text, or one for each language."""
    file: Annotated[Mapping[str, str] | None, BeforeValidator(_by_language)] = None
    """A sound file, relative to the flow's own directory; one, or one for each language."""
    named: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    """A sound of the prompt set: prompts/LANGUAGE/NAME.wav beside the flow, of the caller's
    language or else of the flow's first."""
    voice: Voice = ""
    """espeak-ng voice for `text`; empty: the flow's for the language."""
    barge_in: bool | None = None
    """Whether a key stops it; null: as its node says."""
    count: int = Field(default=1, ge=1, le=20)
    """From which time on it is heard, instead of those with lower counts (VoiceXML 2.1 4.1.6)."""

    # Two prompts alike stand at two places, and each is resolved for its own place.
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    @model_validator(mode="after")
    def _one_of(self) -> PromptModel:
        if sum(each is not None for each in (self.text, self.file, self.named)) != 1:
            raise complaint_at("give either `text`, `file` or `named`")
        for field in ("text", "file"):
            for language in getattr(self, field) or ():
                if language and not _LANGUAGE.fullmatch(language):
                    raise complaint_at(f"`{language[:20]}` is not a language", "", field, language)
        return self

    def templates(self) -> Iterator[tuple[Location, Template]]:
        """Yield the texts with their places in the prompt."""
        for language, template in (self.text or {}).items():
            yield ("text", language), template


def _prompt(value: object) -> object:
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, int | float):
        raise complaint_at(f"should be a prompt, not `{value}`", "put it in quotes")
    if isinstance(value, dict) and not _FIELDS.intersection(value):
        # Plain languages; what is none of them among those is told by the model.
        languages = [key for key in value if _LANGUAGE.fullmatch(str(key))]
        if languages and (len(value) > 1 or languages[0] not in _MISSPELT):
            return {"text": value}
    return value


_FIELDS = frozenset(PromptModel.model_fields)
_MISSPELT = frozenset({"txt", "tex", "fil", "say"})
"""What is no language, although it looks like one."""

PromptField = Annotated[PromptModel, BeforeValidator(_prompt)]


def _heard_first(prompts: tuple[PromptModel, ...]) -> tuple[PromptModel, ...]:
    if prompts and all(prompt.count > 1 for prompt in prompts):
        raise complaint_at("nothing is heard the first time", "one of them needs `count: 1`")
    return prompts


Prompts = Annotated[
    tuple[PromptField, ...],
    Field(max_length=MAX_PROMPTS),
    AfterValidator(_heard_first),
    Listed,
]
"""One prompt, or several that are heard one after another."""


def located(name: str, prompts: Sequence[PromptModel]) -> Iterator[tuple[Location, PromptModel]]:
    """Yield prompts with their place in a node."""
    for index, prompt in enumerate(prompts):
        yield (name, index), prompt


@frozen()
class Spoken:
    """A value that becomes a text during the call."""

    template: Template
    computation: Computation
    voice: str
    language: str


Part = Prompt | Spoken
Saying = Mapping[str, tuple[Part, ...]]
"""What a prompt is in each language of its flow, in parts: those that are known at load are
made ready then, and the values between them are spoken during the call."""


@frozen()
class Voices:
    """The languages of a flow."""

    languages: Mapping[str, str]
    """Language -> espeak-ng voice, empty for the site's; the first is the flow's own.
    A flow that names none has the one language ``."""

    @property
    def first(self) -> str:
        return next(iter(self.languages))

    def chain(self, language: str) -> list[str]:
        """Return in which languages to look for something, best first."""
        return list(dict.fromkeys([language, language.partition("-")[0], self.first]))


def saying(prompt: PromptModel, voices: Voices, files: Mapping[str, str]) -> Saying:
    """Return a prompt in each of the languages.

    Args:
        files: language -> absolute path of the sound file, for what is no text.
    """
    given: Mapping[str, Any] = prompt.text if prompt.text is not None else files
    found: dict[str, tuple[Part, ...]] = {}
    for language in voices.languages:
        spoken = next(each for each in (*voices.chain(language), "", *given) if each in given)
        what = given[spoken]
        if isinstance(what, Template):
            tongue = spoken or voices.first
            voice = prompt.voice or voices.languages.get(tongue, "")
            found[language] = tuple(_parts(what, voice, tongue))
        else:
            found[language] = (Prompt(file=what),)
    return found


def _parts(template: Template, voice: str, language: str) -> Iterator[Part]:
    if template.constant:
        yield Prompt(text=str(template.source), voice=voice, language=language)
        return
    for part in template.parts:
        if isinstance(part, Computation):
            yield Spoken(template, part, voice, language)
        elif any(map(str.isalnum, part)):
            text = part.strip().lstrip(_AFTER_VALUES).lstrip()
            yield Prompt(text=text, voice=voice, language=language)
