"""PURE: what could not be read of a flow, as far as the rest of it needs to know.

A misspelt key or a missing quote, in a node or beside the nodes, must not hide what else is wrong.
So what is right is checked together with stand-ins for nodes that are not. A stand-in may lead,
and may give values, wherever a name in it says so: whatever is told of the others is wrong
indeed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar

from pydantic import PrivateAttr, ValidationError

from switch.ivr.check_names import start_of
from switch.ivr.fields import Location
from switch.ivr.models import ENTRIES, FlowFile
from switch.ivr.node import Exit, Named, Node
from switch.ivr.nodes import ReturnNode
from switch.yaml_source import YamlSource
from switch.yaml_wording import nearest

_NAMES = {"queue": "queue", "table": "table", "box": "mailbox"}
"""Settings that are names of something outside of the flow, and of what."""
_NAMING = {
    **dict.fromkeys(("collect", "lookup", "http", "call"), "into"),
    "set": "values",
}
"""By the type of a node, the setting that names the variables that it fills."""
_LEADING: Mapping[str, type] = {
    **dict.fromkeys(("next", "otherwise"), str),
    **dict.fromkeys(("options", "exits"), dict),
    "cases": list,
}
"""Settings that lead to other nodes, and what they are."""
_MOST_REPEATED = 50
"""Keys; a file with more is looked at no further, which would take long."""
UNREAD_SETTINGS = "(unread)"
"""The name of a node that stands for settings."""
_ANY_NODES = {"end": {"type": "hangup"}}
"""Where a flow must have some, and which they are does not matter."""


class Unread(Node):
    """A node that is wrong in itself."""

    needs_answer: ClassVar[bool] = False

    _data: Any = PrivateAttr()
    _beside: frozenset[str] = PrivateAttr()
    _texts: list[str] = PrivateAttr()

    def __init__(self, data: Any, beside: frozenset[str], again: Any = None) -> None:
        """Take it as it stands in the file.

        Args:
            beside: the flow's nodes.
            again: what else stands there: under keys that are repeated, in what cannot be read.
        """
        super().__init__(type="unread")
        self._data = data
        self._texts = list(dict.fromkeys(_texts([data, again])))
        self._beside = beside

    def exits(self) -> Iterator[Exit]:
        """Yield the ways that are written as such, and those that something else may be."""
        written = dict(_ways(self._data))
        for location, target in written.items():
            yield Exit(location, target, acted=True)
        for target in self._texts:
            if target in self._beside and target not in written.values():
                yield Exit(("next",), target, acted=True, perhaps=True)

    def sets(self) -> Iterator[str]:
        """Yield whatever may be a variable's name."""
        yield from self._texts

    @property
    def leads_unknown(self) -> bool:
        """Whether a setting is there that leads somewhere, but not with what belongs there."""
        data = self._data if isinstance(self._data, dict) else {"next": None}
        return any(not isinstance(data.get(key, kind()), kind) for key, kind in _LEADING.items())

    @property
    def sets_unknown(self) -> bool:
        """Whether the setting is missing that names variables, or the type is."""
        data = self._data if isinstance(self._data, dict) else {}
        naming = _NAMING.get(nearest(str(data.get("type", "")), list(_NAMING)))
        return "type" not in data or (naming is not None and not data.get(naming))

    def names(self) -> Iterator[Named]:
        """Yield the names that mean the same in every node."""
        for setting, kind in _NAMES.items():
            name = self._data.get(setting) if isinstance(self._data, dict) else None
            if isinstance(name, str):
                yield Named((setting,), kind, name)

    async def run(self, run: object) -> str:
        """Never called: its flow is refused."""
        raise NotImplementedError


def without_what_is_wrong(source: YamlSource, error: ValidationError | None) -> FlowFile | None:
    """Return a flow with stand-ins for its wrong nodes, and what is right of its settings.

    Args:
        source: learns where settings stand whose keys are misspelt.
        error: None: nothing is wrong but keys that are repeated.

    Returns:
        None: which nodes it has is not known.
    """
    data: Any = source.data
    places = [] if error is None else [each["loc"] for each in error.errors(include_url=False)]
    if not isinstance(data, dict) or not isinstance(data.get("nodes"), dict) or not data["nodes"]:
        return None
    if any(place in ((), ("nodes",)) for place in places) or len(source.repeated) > _MOST_REPEATED:
        return None
    nodes: Mapping[str, Any] = data["nodes"]
    again = _again(source)
    if again is None:
        return None
    unread, beside_nodes = _unread(source)
    for name, words in unread.items():
        again.setdefault(name, []).extend(words)
    wrong = {str(place[1]) for place in places if place[0] == "nodes"} | again.keys()
    right = {name: each for name, each in nodes.items() if name not in wrong}
    doubted = {str(place[0]) for place in places} | beside_nodes.keys()
    settings, entries = _settings(source, doubted - {"nodes"})
    file = FlowFile.model_validate({**settings, "nodes": right or _ANY_NODES})
    beside = frozenset(nodes)
    together: dict[str, Node] = {
        name: file.nodes[name] if name in right else Unread(each, beside, again.get(name))
        for name, each in nodes.items()
    }
    file = file.model_copy(update={**entries, "nodes": together})
    file = file.model_copy(update=_supposed(file, doubted))
    return _with_nameless(file, source, list(beside_nodes.values()))


def _again(source: YamlSource) -> dict[str, list[Any]] | None:
    """Return by node what stands there under repeated keys; None: the nodes are not known."""
    data: Any = source.data
    nodes: Mapping[str, Any] = data["nodes"]
    again: dict[str, list[Any]] = {}
    for repeated in source.repeated:
        if repeated.mapping is nodes:
            again.setdefault(repeated.key, []).append(repeated.value)
        elif repeated.mapping is data and repeated.key == "nodes":
            return None
        for name, each in nodes.items():
            if _holds(each, repeated.mapping):
                again.setdefault(name, []).append(repeated.value)
    return again if again.keys() <= nodes.keys() else None


def _unread(source: YamlSource) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return the words of what was left out or mended: by node, and by setting beside them."""
    found: tuple[dict[str, list[str]], dict[str, list[str]]] = {}, {}
    if source.gaps:
        beside = {key: lines for key, lines in source.extents().items() if key != "nodes"}
        for into, extents in zip(found, (source.extents(("nodes",)), beside), strict=True):
            for name, (first, last) in extents.items():
                gaps = [gap for gap in source.gaps if gap.first <= last and gap.last >= first]
                if gaps:
                    into[str(name)] = sorted(frozenset[str]().union(*(gap.words for gap in gaps)))
    return found


def _supposed(file: FlowFile, wrong: Collection[str]) -> dict[str, Any]:
    """Return what fits the nodes, for settings that are wrong and that nodes depend on."""
    found: dict[str, Any] = {}
    nodes = file.nodes.values()
    if "languages" in wrong:
        prompts = [prompt for node in nodes for _, prompt in node.all_prompts()]
        codes = [code for each in prompts for code in {**(each.text or {}), **(each.file or {})}]
        codes += [
            named.name for node in nodes for named in node.names() if named.kind == "language"
        ]
        found["languages"] = {**file.languages, **{code: "" for code in codes if code}}
    if "results" in wrong and not file.results:
        returning = (node for node in nodes if isinstance(node, ReturnNode))
        found["results"] = next((tuple(node.values) for node in returning), ())
    return found


def _with_nameless(
    file: FlowFile, source: YamlSource, settings: Collection[Collection[str]]
) -> FlowFile:
    """Return the flow with one more node before its start, for what has no name any more.

    It leads wherever a setting may lead that cannot be read; and a node whose name cannot be
    read may be any that is missing.
    """
    nameless = [gap.words for gap in source.gaps if gap.nameless]
    words = frozenset[str]().union(*settings, *nameless)
    if not words:
        return file
    nodes: dict[str, Node] = dict(file.nodes)
    targets = [way.target for node in file.nodes.values() for way in node.exits()]
    targets += [name for field in ENTRIES if (name := getattr(file, field)) is not None]
    for name in words.intersection(targets).difference(nodes):
        nodes[name] = Unread({}, frozenset())
    start = start_of(file)
    nodes[UNREAD_SETTINGS] = Unread({"next": start}, frozenset(nodes), sorted(words))
    return file.model_copy(update={"start": UNREAD_SETTINGS, "nodes": nodes})


def _settings(source: YamlSource, wrong: Collection[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what stands beside the nodes, without what is wrong with it.

    A key that is not known is taken for the one that is nearest, unless that is there too.

    Returns:
        The settings; and those that lead to a node whose name is one that cannot be.
    """
    data: Any = source.data
    found = {key: each for key, each in data.items() if key != "nodes" and key not in wrong}
    entries: dict[str, str] = {}
    for key in sorted(wrong):
        free = [each for each in FlowFile.model_fields if each not in data and each not in found]
        meant = key if key in FlowFile.model_fields else nearest(key, free)
        if not meant:
            continue
        value = data[key]
        source.stands_for(key, meant)
        if meant in ENTRIES and isinstance(value, str) and value in data["nodes"]:
            entries[meant] = value
            continue
        alone = list(value) if isinstance(value, dict | list) else [value]
        parts = [each for each in alone if _may_be(meant, [each])]
        if _may_be(meant, value):
            found[meant] = value
        elif parts and _may_be(meant, parts):
            found[meant] = parts
    return found, entries


def _may_be(setting: str, value: Any) -> bool:
    try:
        FlowFile.model_validate({setting: value, "nodes": _ANY_NODES})
    except ValidationError:
        return False
    return True


def _ways(data: Any) -> Iterator[tuple[Location, str]]:
    """Yield the targets at the places where every kind of node has them."""
    if not isinstance(data, dict):
        return
    found: list[tuple[Location, Any]] = [((key,), data.get(key)) for key in ("next", "otherwise")]
    for key in ("exits", "options"):
        inside = data.get(key)
        if isinstance(inside, dict):
            found += [((key, name), target) for name, target in inside.items()]
    cases = data.get("cases")
    for number, case in enumerate(cases if isinstance(cases, list) else ()):
        if isinstance(case, dict):
            found.append((("cases", number, "next"), case.get("next")))
    for location, target in found:
        if isinstance(target, str):
            yield location, target


def _holds(data: Any, mapping: object) -> bool:
    """Return whether a mapping is this one or stands somewhere in it."""
    if data is mapping:
        return True
    inside = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return any(_holds(each, mapping) for each in inside)


def _texts(data: Any) -> Iterator[str]:
    """Yield every key and every text in a node."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, each in data.items():
            yield str(key)
            yield from _texts(each)
    elif isinstance(data, list):
        for each in data:
            yield from _texts(each)
