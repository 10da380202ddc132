"""Whether what flows say can be made into sound: voices that are there, files that are sounds.

A switch finds out when it renders its prompts. This finds out the same without rendering, and
where in the flow it stands.
"""

from __future__ import annotations

from collections.abc import Iterator

from switch.errors import Problem, PromptError
from switch.ivr.fields import Location
from switch.ivr.models import Flow
from switch.ivr.prompt import Prompt
from switch.ivr.prompts import Part, PromptModel
from switch.media.prompt_rendering import check_file, check_voice
from switch.yaml_source import YamlSource


def check_flow_sounds(flow: Flow) -> Iterator[Problem]:
    """Yield the voices that espeak-ng lacks and the files that are no sound files. Blocks.

    Args:
        flow: one that was found good.
    """
    source = YamlSource.load(flow.path)
    told: set[Location] = set()
    for name, node in flow.nodes.items():
        for location, prompt in node.all_prompts():
            for language, parts in flow.sayings[prompt].items():
                for part in parts:
                    place = _place(source, ("nodes", name, *location), prompt, part, language)
                    why = "" if place in told else _complaint(part)
                    if why:
                        told.add(place)
                        yield source.problem(place, why)


def _complaint(part: Part) -> str:
    try:
        if isinstance(part, Prompt) and part.file:
            check_file(part.file)
        elif part.voice:
            check_voice(part.voice)
    except PromptError as error:
        return str(error)
    return ""


def _place(
    source: YamlSource, prompt: Location, model: PromptModel, part: Part, language: str
) -> Location:
    """Return where the file or the voice is named."""
    if isinstance(part, Prompt) and part.file:
        field = "named" if model.named is not None else "file"
        several = model.file is not None and language in model.file
        return (*prompt, field, language) if several else (*prompt, field)
    if model.voice:
        return (*prompt, "voice")
    spoken = part.language
    languages = source.data.get("languages")
    if isinstance(languages, list) and spoken in languages:
        return ("languages", languages.index(spoken))
    if isinstance(languages, dict):
        return ("languages", spoken)
    return ("languages",) if languages else ("voice",)
