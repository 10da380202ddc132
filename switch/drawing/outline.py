"""PURE: a flow as a picture needs it: cards with a few words, and labelled ways between them.

Reads the file's data beside the checked models, because a picture shows what was written:
a condition's own words, a prompt as it stands there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from switch.errors import Problem
from switch.frozen import frozen
from switch.ivr.check_names import start_of
from switch.ivr.fields import Location
from switch.ivr.models import FlowFile
from switch.ivr.node import Exit
from switch.yaml_source import YamlSource

MISSING = "missing"
"""The kind of a card for a node that is named but not there."""
FLOW_WIDE = "flow-wide"
"""The kind of a card for a way that leads from any node: `on_error`, `on_hangup`, `on_fax`."""

_FLOW_WIDE_WORDS = {
    "on_error": "when a node fails",
    "on_hangup": "when the caller hangs up",
    "on_fax": "when the caller is a fax machine",
}


@frozen()
class Way:
    """A way on from a card."""

    label: str
    """The key, the exit's name, or the condition."""
    target: str


@frozen()
class Card:
    """One node."""

    name: str
    kind: str
    """The node's type, `missing`, or `flow-wide`."""
    words: str = ""
    """What is heard, or the one setting that matters most."""
    details: Sequence[str] = ()
    """Everything heard and the note, a line each."""
    ways: Sequence[Way] = ()
    problems: Sequence[str] = ()

    @property
    def title(self) -> str:
        """What it is called; the name of a flow-wide card could be no node's."""
        return self.name.replace("-", "_") if self.kind == FLOW_WIDE else self.name


@frozen()
class Outline:
    """A whole flow; the first card is where calls begin."""

    name: str
    description: str = ""
    cards: Sequence[Card] = ()
    problems: Sequence[str] = field(default=())
    """Of the file as a whole."""


def outline(
    name: str, file: FlowFile, source: YamlSource, problems: Iterable[Problem] = ()
) -> Outline:
    """Return what a picture of the flow shows.

    Args:
        problems: what the checker found; each is shown at the node it stands in.
    """
    by_node, general = _sorted(problems, file, source)
    start = start_of(file)
    names = [start, *(each for each in file.nodes if each != start)] if start in file.nodes else []
    names = names or list(file.nodes)
    cards = []
    for each in names:
        data = source.data["nodes"][each]
        node = file.nodes[each]
        heard = list(_heard(data))
        cards.append(
            Card(
                each,
                node.type,
                heard[0] if heard else _setting(data),
                [*heard, *([f"Note: {node.note}"] if node.note else [])],
                [Way(_label(data, way), way.target) for way in node.exits()],
                by_node.get(each, ()),
            )
        )
    for setting, words in _FLOW_WIDE_WORDS.items():
        target = getattr(file, setting)
        if target is not None:
            way = Way(setting, target)
            cards.append(Card(setting.replace("_", "-"), FLOW_WIDE, words, ways=[way]))
    known = set(names)
    missing = dict.fromkeys(
        way.target for card in cards for way in card.ways if way.target not in known
    )
    cards += [
        Card(each, MISSING, "there is no such node", problems=["there is no such node"])
        for each in missing
    ]
    return Outline(name, file.description, cards, general)


def _sorted(
    problems: Iterable[Problem], file: FlowFile, source: YamlSource
) -> tuple[dict[str, list[str]], list[str]]:
    """Return problems by the node in whose lines they stand, and the others."""
    begins = sorted((source.position(("nodes", name), key=True), name) for name in file.nodes)
    by_node: dict[str, list[str]] = {}
    general = []
    for problem in problems:
        place = (problem.line, problem.column)
        above = [name for begin, name in begins if begin <= place]
        told = problem.message + (f" ({problem.hint})" if problem.hint else "")
        if above and problem.line and problem.file == source.path:
            by_node.setdefault(above[-1], []).append(told)
        else:
            general.append(told)
    return by_node, general


def _label(data: Any, way: Exit) -> str:
    """Return what a person calls a way: `1`, `no_input`, or its condition."""
    if way.location and way.location[-1] == "next":
        around = _at(data, way.location[:-1])
        if isinstance(around, Mapping) and "when" in around:
            return str(around["when"])
    words = [str(step) for step in way.location if step not in ("exits", "options", "cases")]
    return ".".join(words)


def _at(data: Any, location: Location) -> Any:
    for step in location:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


_HEARD = ("text", "file", "prompts", "music")
_NOT_HEARD = ("exits", "note", "when", "values", "json", "headers", "options")
_SETTINGS = (
    *("queue", "flow", "url", "table", "schedule", "node", "agent", "number", "into"),
    *("name", "times", "event", "cause"),
)


def _heard(data: Any, inside: bool = False) -> Iterator[str]:
    """Yield every text and file under keys that hold prompts."""
    if isinstance(data, str):
        if inside and data.strip():
            yield " ".join(data.split())
    elif isinstance(data, list):
        for each in data:
            yield from _heard(each, inside)
    elif isinstance(data, dict):
        for key, value in data.items():
            if key in ("voice", "count", "barge_in", "language"):
                continue
            within = inside or key in _HEARD or key.endswith("_prompts")
            if key not in _NOT_HEARD:
                yield from _heard(value, within)


def _setting(data: Mapping[str, Any]) -> str:
    for key in _SETTINGS:
        value = data.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return f"{key} {value}"
    values = data.get("values") or data.get("tags")
    if isinstance(values, Mapping):
        return ", ".join(f"{name} = {value}" for name, value in values.items())
    return ""
