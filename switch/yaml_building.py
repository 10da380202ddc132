"""PURE: YAML text to plain data, and beside it the mark of every key and value.

One pass over the parser's events gives dicts, lists and scalars (YAML 1.2 core schema: `no` is
text, `010` is ten). Libyaml's parser is used where its wheel is installed (23 times faster),
ruamel's own elsewhere; both give the same events. Keys are always text as written: a menu's `1:`
and a number's `+18005550100:` are "1" and "+18005550100". Duplicate keys, tags, merge keys and
runaway aliases are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from switch.errors import Problem
from switch.yaml_scalars import plain_value

MAX_FAULTS = 20
"""Told of one file, of those for which something is left out; more are like these."""
MAX_DEPTH = 64
MAX_NODES = 2_000_000
"""Counted with every alias expanded, so a small file cannot stand for a huge one."""


Spot = Any
"""A scalar's Mark, a MappingSpot, or for a sequence [its own mark, child, child, ...]."""


class Unreadable(Exception):
    """Text that gives no data, or too much."""

    def __init__(self, problem: Problem, *, fault: bool = True) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.fault = fault
        """It is a slip in one place; otherwise the whole is refused for its size or depth."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """A key that stands in a mapping already, or one (`<<`) that may not stand there."""

    mapping: dict[str, Any]
    """Of the data, with the first value."""
    key: str
    value: Any
    """That stands there again."""
    spot: Spot = field(default=None, compare=False)
    """Where that is."""


class Mark(Protocol):
    """What both parsers tell of a place, 0-based."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class MappingSpot:
    """Where a mapping and each of its keys and values stand."""

    __slots__ = ("children", "mark")

    def __init__(self, mark: Mark, children: dict[str, tuple[Mark, Spot]]) -> None:
        self.mark = mark
        self.children = children


def mark_of(spot: Spot) -> Mark:
    """Return where a value begins."""
    if isinstance(spot, MappingSpot):
        return spot.mark
    mark: Mark = spot[0] if isinstance(spot, list) else spot
    return mark


class Builder:
    """Turns the parser's events into data and spots.

    What can be read over is kept in `problems` and its lines in `gaps`, and repeated keys in
    `repeated`.
    """

    def __init__(self, text: str, name: str, *, slips: bool = False) -> None:
        """Prepare.

        Args:
            slips: what is YAML, but in a flow is always a slip of the hand, is a fault too.
        """
        self._text = text
        self._slips = slips
        self._name = name
        self.problems: list[Problem] = []
        self.gaps: list[int] = []
        """Lines, 0-based, in which something is taken for nothing or for text."""
        self.repeated: list[Repeated] = []
        self._anchors: dict[str, tuple[Any, Spot, int] | None] = {}
        self._nodes = 0
        self._next: Callable[[], Any]

    def build(self) -> tuple[Any, Spot | None]:
        """Parse the only document. Raises Unreadable for what cannot be read over."""
        data: Any = None
        spots: Spot | None = None
        try:
            self._next = iter(_events(self._text)).__next__
            self._next()  # stream start
            event = self._next()
            if hasattr(event, "explicit"):  # document start; an empty file has none
                data, spots = self._node(self._next(), 0)
                self._next()  # document end
                event = self._next()
                if hasattr(event, "explicit"):
                    message = "a second document begins here"
                    self._refuse(event.start_mark, message, "a file holds one: leave out `---`")
        except MarkedYAMLError as error:
            raise Unreadable(self._syntax_problem(error)) from error
        except YAMLError as error:  # characters that YAML forbids
            problem = Problem(self._name, 0, 0, f"is not YAML: {_one_line(error)}")
            raise Unreadable(problem) from error
        return data, spots

    def _node(self, event: Any, depth: int) -> tuple[Any, Spot]:
        kind = type(event)
        self._nodes += 1
        if kind is AliasEvent:
            return self._alias(event)
        anchor = event.anchor
        if anchor is not None:
            self._anchors[anchor] = None
            before = self._nodes
        data: Any
        spot: Spot
        if kind is ScalarEvent:
            data, spot = self._scalar(event), event.start_mark
        else:
            if depth >= MAX_DEPTH:
                self._stop(event.start_mark, f"nested more than {MAX_DEPTH} levels deep")
            if event.tag is not None and str(event.tag) not in _COLLECTION_TAGS:
                self._unknown_tag(event)
            if kind is MappingStartEvent:
                data, spot = self._mapping(event.start_mark, depth)
            elif kind is SequenceStartEvent:
                data, spot = self._sequence(event.start_mark, depth)
        if anchor is not None:
            self._anchors[anchor] = data, spot, self._nodes - before + 1
        return data, spot

    def _mapping(self, mark: Mark, depth: int) -> tuple[dict[str, Any], MappingSpot]:
        data: dict[str, Any] = {}
        children: dict[str, tuple[Mark, Spot]] = {}
        while type(event := self._next()) is not MappingEndEvent:
            key_mark = event.start_mark
            if type(event) is not ScalarEvent:
                hint = "put it in quotes" if type(event) is AliasEvent else ""
                self._refuse(key_mark, "a key must be plain text", hint)
            key = event.value
            if self._slips and event.implicit[0]:
                self._no_slip(key_mark, key)
            value, spot = self._node(self._next(), depth + 1)
            if key in data:
                first = children[key][0].line + 1
                message = f"`{key}` is given twice; it stands already in line {first}"
                self._read_over(key_mark, message)
                self.repeated.append(Repeated(data, key, value, spot))
            elif key == "<<" and event.implicit[0]:
                message = "merge keys (`<<`) are not used here"
                self._read_over(key_mark, message, "write it out")
                self.repeated.append(Repeated(data, key, value, spot))
            else:
                data[key] = value
                children[key] = key_mark, spot
        return data, MappingSpot(mark, children)

    def _no_slip(self, mark: Mark, key: str) -> None:
        """Refuse a key that holds more than it should."""
        if key[:1] == "\N{NO-BREAK SPACE}":
            self._refuse(mark, "a no-break space stands before the key", "indent with spaces")
        if ":" in key:
            self._refuse(mark, f"a space is missing after a colon in `{key[:60]}`")

    def _sequence(self, mark: Mark, depth: int) -> tuple[list[Any], list[Spot]]:
        data: list[Any] = []
        spots: list[Spot] = [mark]
        while type(event := self._next()) is not SequenceEndEvent:
            value, spot = self._node(event, depth + 1)
            data.append(value)
            spots.append(spot)
        return data, spots

    def _scalar(self, event: Any) -> Any:
        if event.implicit[0]:
            return plain_value(event.value)
        tag = event.tag
        if tag is None or event.implicit[1] or str(tag) in _TEXT_TAGS:
            return event.value
        if str(tag) not in _SCALAR_TAGS:
            self._unknown_tag(event)
            return event.value
        return plain_value(event.value)

    def _alias(self, event: Any) -> tuple[Any, Spot]:
        name = event.anchor
        known = self._anchors.get(name)
        if known is None:
            hint = "text that begins with * must stand in quotes"
            message = f"`*{name}` refers to an anchor that is not there"
            if name in self._anchors:
                message, hint = f"`*{name}` would contain itself", ""
            self._gap(event.start_mark, message, hint)
            return None, event.start_mark
        data, spot, size = known
        self._nodes += size - 1
        if self._nodes > MAX_NODES:
            self._stop(event.start_mark, "the aliases in this file expand to far too much")
        return data, spot

    def _unknown_tag(self, event: Any) -> None:
        hint = "text that begins with ! must stand in quotes"
        self._gap(event.start_mark, f"the tag {event.tag} means nothing here", hint)

    def _gap(self, mark: Mark, message: str, hint: str) -> None:
        self.gaps.append(mark.line)
        if len(self.gaps) <= MAX_FAULTS:
            self._read_over(mark, message, hint)

    def _problem(self, mark: Mark, message: str, hint: str) -> Problem:
        return Problem(self._name, mark.line + 1, mark.column + 1, message, hint)

    def _read_over(self, mark: Mark, message: str, hint: str = "") -> None:
        self.problems.append(self._problem(mark, message, hint))

    def _refuse(self, mark: Mark, message: str, hint: str = "") -> NoReturn:
        raise Unreadable(self._problem(mark, message, hint))

    def _stop(self, mark: Mark, message: str) -> NoReturn:
        raise Unreadable(self._problem(mark, message, ""), fault=False)

    def _syntax_problem(self, error: MarkedYAMLError) -> Problem:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        what = " ".join(str(part) for part in (error.problem, error.context) if part)
        hint = next((hint for part, hint in _SYNTAX_HINTS if part in what), "")
        if (context := error.context_mark) is not None and context.line + 1 != line:
            what += f" that began in line {context.line + 1}"
        return Problem(self._name, line, column, f"is not YAML: {what}", hint)


_SYNTAX_HINTS = (
    ("cannot start any token", "indent with spaces; text beginning with @ ` % needs quotes"),
    ("mapping values are not allowed", "check the indentation, or quote text containing ': '"),
    ("unexpected ':'", "put the value in quotes"),
    ("expected ',' or '}'", "within braces, text with ? , : or # needs quotes"),
    ("expected ',' or ']'", "within brackets, text with ? , : or # needs quotes"),
    ("alias", "text that begins with * must stand in quotes"),
    ("could not find expected ':'", "a key needs a colon and a space after it"),
    ("expected <block end>", "check the indentation of this line"),
    ("did not find expected key", "check the indentation of this line"),
    ("quoted scalar", "the closing quote is missing"),
)

_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = (f"{_TAG}str", "!")
_SCALAR_TAGS = tuple(_TAG + kind for kind in ("int", "float", "bool", "null"))
_COLLECTION_TAGS = (f"{_TAG}map", f"{_TAG}seq", "!")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _events(text: str) -> Iterator[Any]:
    """Yield the parser's events, from libyaml where its wheel is installed."""
    try:
        from _ruamel_yaml import CParser
    except ImportError:  # no wheel for this platform
        from ruamel.yaml import YAML

        yield from YAML(typ="safe", pure=True).parse(text)
        return
    parser = CParser(text)
    get_event = parser.get_event
    while (event := get_event()) is not None:
        yield event
