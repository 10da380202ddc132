"""PURE: a flow as a picture needs it: cards with a few words, and labelled ways between them.

Reads the file's data beside the checked models, because a picture shows what was written:
a condition's own words, a prompt as it stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from switch.errors import Problem
from switch.frozen import frozen
from switch.ivr.astray import SETTINGS
from switch.ivr.check_names import start_of
from switch.ivr.fields import Location
from switch.ivr.models import FlowFile
from switch.ivr.node import Exit
from switch.ivr.unread import UNREAD_SETTINGS
from switch.yaml_source import YamlSource

MISSING = "missing"
"""The kind of a card for a node that is named but not there."""
FLOW_WIDE = "flow-wide"
"""The kind of a card for a way that leads from any node: `on_error`, `on_hangup`, `on_fax`."""

_ID = re.compile("[A-Za-z_][A-Za-z0-9_]{0,63}")
_FLOW_WIDE_WORDS = {
    "on_error": "when a node fails",
    "on_hangup": "when the caller hangs up",
    "on_fax": "when the caller is a fax machine",
}


UNREAD = "unread"
"""The kind of a card for a node whose type is not there."""


@frozen()
class Way:
    """A way on from a card."""

    label: str
    """The key, the exit's name, or the condition."""
    target: str
    """The name of a card."""
    perhaps: bool = False
    """It stands where no way can stand."""

    def is_lost(self, cards: Mapping[str, Card]) -> bool:
        """Return whether it is none yet: of a misspelt key, or to a node that is not there."""
        return self.perhaps or cards[self.target].kind == MISSING


@frozen()
class Card:
    """One node."""

    name: str
    """Letters, digits, `_` and `-`."""
    kind: str
    """The node's type, `missing`, `unread`, or `flow-wide`."""
    words: str = ""
    """What is heard, or the one setting that matters most."""
    details: Sequence[str] = ()
    """Everything heard and the note, a line each."""
    ways: Sequence[Way] = ()
    problems: Sequence[str] = ()
    title: str = ""
    """What it is called in the file."""


@frozen()
class Outline:
    """A whole flow; the first card is where calls begin."""

    name: str
    description: str = ""
    cards: Sequence[Card] = ()
    problems: Sequence[str] = field(default=())
    """Of the file as a whole."""

    def by_name(self) -> Mapping[str, Card]:
        """Return the cards by their names."""
        return {card.name: card for card in self.cards}


def outline(
    name: str, file: FlowFile, source: YamlSource, problems: Iterable[Problem] = ()
) -> Outline:
    """Return what a picture of the flow shows.

    Args:
        file: nodes that are wrong may be stand-ins.
        problems: what the checker found; each is shown at the node it stands in.
    """
    written: Mapping[str, Any] = source.data["nodes"]
    by_node, general = _sorted(problems, source)
    start = _start(file, written)
    names = [start, *(each for each in written if each != start)]
    ids = _Ids()
    cards = [_card(ids, each, file, source, by_node.get(each, ())) for each in names]
    for setting, words in _FLOW_WIDE_WORDS.items():
        target = getattr(file, setting)
        if target is not None:
            way = Way(setting, ids.of(target))
            kind = setting.replace("_", "-")
            cards.append(Card(kind, FLOW_WIDE, words, ways=[way], title=setting))
    known = {card.name for card in cards}
    for way in [way for card in cards for way in card.ways]:
        if way.target not in known:
            known.add(way.target)
            told = "there is no such node"
            title = ids.title(way.target)
            cards.append(Card(way.target, MISSING, told, problems=[told], title=title))
    return Outline(name, file.description, cards, general)


class _Ids:
    """Names of cards, which pictures use within: those of nodes, as far as they can be names."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def of(self, title: str) -> str:
        """Return the name of the card that is called so in the file."""
        made = title if _ID.fullmatch(title) else f"x-{len(self._ids)}"
        return self._ids.setdefault(title, made)

    def title(self, name: str) -> str:
        """Return what the card of this name is called."""
        return next(title for title, each in self._ids.items() if each == name)


def _start(file: FlowFile, written: Mapping[str, Any]) -> str:
    """Return the node where calls begin, or the first if that is not there."""
    start = start_of(file)
    if start == UNREAD_SETTINGS:
        start = next(way.target for way in file.nodes[start].exits())
    return start if start in written else next(iter(written))


def _card(
    ids: _Ids, name: str, file: FlowFile, source: YamlSource, problems: Sequence[str]
) -> Card:
    node = file.nodes[name]
    data = source.data["nodes"][name]
    data = data if isinstance(data, dict) else {}
    heard = list(_heard(data))
    note = data.get("note")
    exits = node.exits()
    kind: str = node.type
    if kind == UNREAD:
        kind = str(data.get("type") or UNREAD)
        exits = iter(sorted(exits, key=lambda way: source.position(("nodes", name, *way.location))))
    return Card(
        ids.of(name),
        kind,
        heard[0] if heard else _setting(data),
        [*heard, *([f"Note: {note}"] if isinstance(note, str) and note else [])],
        list(_ways(ids, exits, data)),
        problems,
        name,
    )


def _ways(ids: _Ids, exits: Iterable[Exit], data: Mapping[str, Any]) -> Iterator[Way]:
    """Yield ways as they are written; of those that may be none only what a text says."""
    said = {text: key for key, each in data.items() if _may_lead(key) for text in _texts(each)}
    for way in exits:
        if not way.perhaps:
            yield Way(_label(data, way), ids.of(way.target))
        elif way.target in said:
            yield Way(f"{said[way.target]}?", ids.of(way.target), perhaps=True)


def _may_lead(key: str) -> bool:
    """Return whether ways may stand below a key of a node: it is of ways, or of nothing known."""
    return key in ("exits", "options", "cases") or key not in SETTINGS


def _texts(data: Any) -> Iterator[str]:
    """Yield every text in a value."""
    if isinstance(data, str):
        yield data
    for each in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from _texts(each)


def _sorted(
    problems: Iterable[Problem], source: YamlSource
) -> tuple[dict[str, list[str]], list[str]]:
    """Return problems by the node in whose lines they stand, and the others."""
    extents = source.extents(("nodes",))
    begins = sorted((source.position(("nodes", name), key=True), str(name)) for name in extents)
    last = max((end for _, end in extents.values()), default=0) + 1
    by_node: dict[str, list[str]] = {}
    general = []
    for problem in problems:
        # Of a name without a line of its own, or one that is indented too little, too.
        place = (problem.line, max(problem.column, begins[0][0][1] if begins else 0))
        above = [name for begin, name in begins if begin <= place]
        told = problem.message + (f" ({problem.hint})" if problem.hint else "")
        if above and 0 < problem.line <= last and problem.file == source.path:
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
