"""PURE: a flow: as it stands in its file, and as it is run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from switch.ivr.ahead import likely, upcoming
from switch.ivr.fields import FlowModel, Language, Listed, NodeName, VariableName, Voice
from switch.ivr.node import Node
from switch.ivr.nodes import AnyNode
from switch.ivr.prompt import Prompt
from switch.ivr.prompts import PromptModel, Saying, Spoken, Voices
from switch.speech.languages import language
from switch.yaml_wording import NotEmpty

MAX_NODES = 1000
"""In one flow."""

ENTRIES = ("start", "on_error", "on_hangup", "on_fax")
"""Settings of a flow that say where it begins, or goes on from anywhere."""

FIRST_LANGUAGE = "en"
"""Of a flow that names none."""


def _with_voices(value: object) -> object:
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return dict.fromkeys(value, "")
    return value


class FlowFile(FlowModel):
    """All of ivr_flows/NAME.yaml."""

    description: str = Field(default="", max_length=2000)
    """For people."""
    voice: Voice = ""
    """espeak-ng voice for texts that name none; empty: the language's, or the site's."""
    languages: Annotated[
        Mapping[Language, Voice], BeforeValidator(_with_voices), Field(max_length=20)
    ] = Field(default_factory=dict)
    """The languages that it speaks, the first before the caller chooses: `[en, hi]`, or with
    voices, `{en: en-gb, hi: hi}`."""
    arguments: Annotated[tuple[VariableName, ...], Listed] = ()
    """A sub-flow: the variables that whoever calls it must give."""
    results: Annotated[tuple[VariableName, ...], Listed] = ()
    """A sub-flow: what each of its `return` nodes gives."""
    start: NodeName | None = None
    """Where a call begins; null: at the first node."""
    on_error: NodeName | None = None
    """Where a call goes when a node fails; null: it ends."""
    on_fax: NodeName | None = None
    """Where a call goes when the caller turns out to be a fax machine; null: nobody listens."""
    early_media: bool = False
    """A call that begins here hears the flow before it is answered (SIP 183), and is answered by
    an `answer` node, by whom it is transferred to, or by a node that does more than speak."""
    on_hangup: NodeName | None = None
    """What is still done when the caller hangs up: nodes that need no caller."""
    nodes: Annotated[Mapping[NodeName, AnyNode], NotEmpty, Field(max_length=MAX_NODES)]

    def voices(self) -> Voices:
        """Return its languages with their voices."""
        if not self.languages:
            return Voices({FIRST_LANGUAGE: self.voice})
        first = next(iter(self.languages))
        return Voices(
            {
                code: voice or (self.voice if code == first else "") or _voice_of(code)
                for code, voice in self.languages.items()
            }
        )


def _voice_of(code: str) -> str:
    try:
        return language(code).voice
    except ValueError:  # which the checker tells where values are spoken
        return code.lower()


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Flow:
    """A flow that was checked and can run."""

    name: str
    """The file's name without `.yaml`."""
    path: Path
    description: str
    start: str
    nodes: Mapping[str, Node]
    sayings: Mapping[PromptModel, Saying]
    """Every prompt as written -> what is said in each language."""
    voices: Voices
    on_error: str | None = None
    on_hangup: str | None = None
    on_fax: str | None = None
    early_media: bool = False
    secrets: frozenset[str] = frozenset()
    """Variables that hold what nobody may see."""
    ahead: frozenset[str] = frozenset()
    """The nodes in which a key may belong to a secret that is asked for later, or now."""
    speaks: frozenset[str] = frozenset()
    """The languages in which it puts values into words."""
    ways: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Node -> exit -> node."""
    has_values: bool = False
    """Some prompt holds values of the call."""
    upcoming: dict[tuple[str, str], tuple[Spoken, ...]] = field(default_factory=dict)
    """Node and language -> what may be heard after it, as far as it was asked for."""
    others: dict[str, Flow] = field(default_factory=dict)
    """The flows that it calls or transfers to, by name; complete once all are loaded."""

    def heard_after(self, name: str, language: str) -> tuple[Spoken, ...]:
        """Return the sentences with values that may be heard after a node has begun."""
        found = self.upcoming.get((name, language))
        if found is None:
            found = upcoming(self.nodes, self.sayings, name, language)
            self.upcoming[name, language] = found
        return found

    def prompts(self) -> Iterable[Prompt]:
        """Return everything that must be made ready before a call."""
        found: dict[Prompt, None] = {}
        for saying in self.sayings.values():
            for parts in saying.values():
                found.update(dict.fromkeys(part for part in parts if isinstance(part, Prompt)))
        found.update(dict.fromkeys(likely(self.sayings.values())))
        return found
