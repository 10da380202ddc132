"""PURE: prompts of a flow against its languages and the sound files that are there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from switch.errors import Problem
from switch.ivr.fields import Location
from switch.ivr.models import FlowFile
from switch.ivr.prompts import PromptModel, Voices
from switch.speech.languages import language
from switch.speech.prompt_set import PromptSet
from switch.yaml_source import YamlSource
from switch.yaml_wording import did_you_mean

PROMPT_SET = "prompts"
"""The directory of the prompt set, beside the flows."""


@dataclass(frozen=True, slots=True)
class SoundFiles:
    """The sound files beside a flow."""

    directory: str
    """Absolute; where they lie."""
    paths: frozenset[str]
    """Below that directory, with `/`; as many of them as flows name."""
    named: PromptSet

    def files(self, prompt: PromptModel, voices: Voices) -> dict[str, str]:
        """Return language -> absolute path of a prompt that is no text."""
        if prompt.file is not None:
            return {code: f"{self.directory}/{file}" for code, file in prompt.file.items()}
        found = {}
        for code in voices.languages if prompt.named is not None else ():
            recorded = self.named.find(prompt.named or "", voices.chain(code))
            if recorded is not None:
                found[code] = f"{self.directory}/{PROMPT_SET}/{recorded.path}"
        return found


def check_prompts(file: FlowFile, source: YamlSource, sounds: SoundFiles) -> Iterator[Problem]:
    """Yield prompts without a file, and texts in languages that the flow does not speak."""
    voices = file.voices()
    speaks = False
    for name, node in file.nodes.items():
        for location, prompt in node.all_prompts():
            place = ("nodes", name, *location)
            yield from _sound_files(source, place, prompt, sounds)
            yield from _languages(source, place, prompt, voices)
            if prompt.named is not None and len(sounds.files(prompt, voices)) < len(
                voices.languages
            ):
                where = f"{sounds.directory}/{PROMPT_SET}/{voices.first}"
                hint = did_you_mean(prompt.named, sounds.named.names) or f"looked in {where}"
                message = f"the prompt set has no `{prompt.named}`"
                yield source.problem((*place, "named"), message, hint)
        expressions = [each for _, prompt in node.all_prompts() for each in prompt.templates()]
        speaks = speaks or any(each.speaks for _, each in (*expressions, *node.expressions()))
    if speaks:
        yield from _speakable(file, source, voices)


def _sound_files(
    source: YamlSource, place: Location, prompt: PromptModel, sounds: SoundFiles
) -> Iterator[Problem]:
    for code, path in (prompt.file or {}).items():
        if path not in sounds.paths:
            hint = f"looked for {sounds.directory}/{path}"
            where = (*place, "file", code) if code else (*place, "file")
            yield source.problem(where, f"there is no sound file `{path}`", hint)


def _languages(
    source: YamlSource, place: Location, prompt: PromptModel, voices: Voices
) -> Iterator[Problem]:
    for field in ("text", "file"):
        for code in getattr(prompt, field) or ():
            if code and code not in voices.languages:
                where = place if field == "text" else (*place, field)
                known = ", ".join([*voices.languages, code])
                message = f"this flow does not speak `{code}`"
                hint = f"at the top of the file: `languages: [{known}]`"
                yield source.problem((*where, code), message, hint, key=True)


def _speakable(file: FlowFile, source: YamlSource, voices: Voices) -> Iterator[Problem]:
    for code in voices.languages:
        try:
            language(code)
        except ValueError as error:
            place = ("languages", code) if file.languages else ("nodes",)
            yield source.problem(place, str(error), "leave out the `spoken_` filters")
