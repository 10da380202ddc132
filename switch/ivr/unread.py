"""PURE: nodes that could not be read, as far as the rest of their flow needs to know of them.

A misspelt key in one node must not hide what is wrong with the others. So what is right is
checked together with stand-ins for what is not. A stand-in may lead, and may give values,
wherever a name in it says so: whatever is told of the others is wrong indeed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import PrivateAttr, ValidationError

from switch.ivr.fields import Location
from switch.ivr.models import FlowFile
from switch.ivr.node import Exit, Named, Node

_NAMES = {"queue": "queue", "table": "table", "box": "mailbox"}
"""Settings that are names of something outside of the flow, and of what."""


class Unread(Node):
    """A node that is wrong in itself."""

    needs_answer: ClassVar[bool] = False

    _data: Any = PrivateAttr()
    _beside: frozenset[str] = PrivateAttr()

    def __init__(self, data: Any, beside: frozenset[str]) -> None:
        """Take it as it stands in the file.

        Args:
            beside: the flow's nodes.
        """
        super().__init__(type="unread")
        self._data = data
        self._beside = beside

    def exits(self) -> Iterator[Exit]:
        """Yield the ways that are written as such, and those that something else may be."""
        written = dict(_ways(self._data))
        for location, target in written.items():
            yield Exit(location, target, acted=True)
        for target in dict.fromkeys(_texts(self._data)):
            if target in self._beside and target not in written.values():
                yield Exit(("next",), target, acted=True)

    def sets(self) -> Iterator[str]:
        """Yield whatever may be a variable's name."""
        yield from dict.fromkeys(_texts(self._data))

    def names(self) -> Iterator[Named]:
        """Yield the names that mean the same in every node."""
        for setting, kind in _NAMES.items():
            name = self._data.get(setting) if isinstance(self._data, dict) else None
            if isinstance(name, str):
                yield Named((setting,), kind, name)

    async def run(self, run: object) -> str:
        """Never called: its flow is refused."""
        raise NotImplementedError


def without_what_is_wrong(data: Any, error: ValidationError) -> FlowFile | None:
    """Return a flow with stand-ins for its wrong nodes.

    Returns:
        None: more is wrong than some of its nodes.
    """
    places = [each["loc"] for each in error.errors(include_url=False)]
    if not all(len(place) > 1 and place[0] == "nodes" for place in places):
        return None
    wrong = {str(place[1]) for place in places}
    nodes: Mapping[str, Any] = data["nodes"]
    right = {name: each for name, each in nodes.items() if name not in wrong}
    try:
        file = FlowFile.model_validate({**data, "nodes": right})
    except ValidationError:
        return None  # nothing is right
    beside = frozenset(nodes)
    together = {
        name: file.nodes[name] if name in right else Unread(each, beside)
        for name, each in nodes.items()
    }
    return file.model_copy(update={"nodes": together})


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
