"""Read a YAML file into plain data and remember where everything stands.

One pass over the parser's events gives dicts, lists and scalars (YAML 1.2 core schema:
`no` is text, `010` is ten) and, beside them, the mark of every key and value, so that
any later complaint can name line and column. Libyaml's parser is used where its wheel
is installed (23 times faster), ruamel's own elsewhere; both give the same events.
Keys are always text as written: a menu's `1:` and a number's `+18005550100:` are
"1" and "+18005550100". Duplicate keys, tags, merge keys and runaway aliases are refused.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Protocol, Self

from pydantic import BaseModel, ValidationError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from switch.errors import ConfigurationError, Problem
from switch.yaml_scalars import plain_value
from switch.yaml_wording import complaints

Location = Sequence[str | int]
"""Keys and list indexes from the top of the file, as in pydantic's errors."""

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
MAX_NODES = 2_000_000
"""Counted with every alias expanded, so a small file cannot stand for a huge one."""


class YamlSource:
    """A parsed YAML file that knows where everything stands."""

    def __init__(self, path: str, data: Any, spots: _Spot | None) -> None:
        self.path = path
        """As the operator named it."""
        self.data = data
        """Plain dicts with text keys, lists, str, int, float, bool and None."""
        self.repeated: Sequence[Repeated] = ()
        """What stands in the file and not in the data, where that was asked for."""
        self._spots = spots

    @classmethod
    def load(
        cls, path: Path, max_bytes: int | None = None, told: list[Problem] | None = None
    ) -> Self:
        """Read and parse a file.

        Args:
            max_bytes: a larger file is refused unread; None: `MAX_BYTES`.
            told: gets complaints of repeated keys, which are read over then.

        Raises:
            ConfigurationError: it cannot be read, is not YAML, or repeats a key.
        """
        name = str(path)
        max_bytes = MAX_BYTES if max_bytes is None else max_bytes
        try:
            with path.open("rb") as file:
                raw = file.read(max_bytes + 1)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise ConfigurationError([Problem(name, 0, 0, f"cannot be read: {why}")]) from error
        if len(raw) > max_bytes:
            limit = max_bytes // (1024 * 1024)
            raise ConfigurationError([Problem(name, 0, 0, f"is larger than {limit} MiB")])
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            column = error.start - raw.rfind(b"\n", 0, error.start)
            problem = Problem(name, line, column, "is not UTF-8 text", "save the file as UTF-8")
            raise ConfigurationError([problem]) from error
        return cls.parse(text, name, told)

    @classmethod
    def parse(cls, text: str, name: str, told: list[Problem] | None = None) -> Self:
        """Parse text that was read from `name`.

        Args:
            told: as in `load`.

        Raises:
            ConfigurationError: it is not YAML, or repeats a key.
        """
        builder = _Builder(text, name)
        data, spots = builder.build()
        if told is not None:
            told += builder.problems
        elif builder.problems:
            raise ConfigurationError(builder.problems)
        source = cls(name, data, spots)
        source.repeated = builder.repeated
        return source

    def forget(self) -> None:
        """Drop what was read, container by container.

        A large file is a hundred thousand objects; dropped all at once, they would keep other
        threads waiting for milliseconds.
        """
        found: deque[Any] = deque()
        waiting: list[Any] = [self.data, self._spots]
        self.data = self._spots = None
        self.repeated = ()
        while waiting:
            part = waiting.pop()
            inside: Any = ()
            if isinstance(part, _MappingSpot):
                inside = [spot for _, spot in part.children.values()]
            elif isinstance(part, dict):
                inside = part.values()
            elif isinstance(part, list):
                inside = part
            else:
                continue
            found.append(part)
            waiting += inside
            del part, inside
        while found:
            found.popleft()  # before those that it holds: they are still held here

    def position(self, location: Location, *, key: bool = False) -> tuple[int, int]:
        """Return line and column, 1-based, of a value; of its key with `key`.

        What is absent is placed at its nearest parent that is there.
        """
        spot = self._spots
        if spot is None:
            return 1, 1
        mark = _mark(spot)
        for depth, step in enumerate(location):
            last = depth == len(location) - 1
            if isinstance(spot, _MappingSpot):
                found = spot.children.get(str(step))
                if found is None:
                    break
                key_mark, spot = found
                mark = key_mark if key and last else _mark(spot)
            elif isinstance(spot, list) and isinstance(step, int) and 0 <= step < len(spot) - 1:
                spot = spot[step + 1]
                mark = _mark(spot)
            else:
                break
        return mark.line + 1, mark.column + 1

    def stands_for(self, key: str, meant: str) -> None:
        """Place the problems of a key of the top at the one that stands in its stead."""
        if isinstance(self._spots, _MappingSpot) and key in self._spots.children:
            self._spots.children[meant] = self._spots.children[key]

    def problem(
        self, location: Location, message: str, hint: str = "", *, key: bool = False
    ) -> Problem:
        """Return a problem placed at a value of this file, or at its key."""
        line, column = self.position(location, key=key)
        return Problem(self.path, line, column, message, hint)

    def problems(
        self, error: ValidationError, model: type[BaseModel], prefix: Location = ()
    ) -> list[Problem]:
        """Return what pydantic found, worded for the person who edits the file.

        Args:
            error: What validating the data, or the part under `prefix`, raised.
            model: What it was validated against.
            prefix: Where in the file the validated part stands.
        """
        data = self.data
        for step in prefix:
            data = data[step]
        return [
            self.problem((*prefix, *found.location), found.message, found.hint, key=found.at_key)
            for found in complaints(error, model, data)
        ]


@dataclass(frozen=True, slots=True)
class Repeated:
    """A key that stands in a mapping already, or one (`<<`) that may not stand there."""

    mapping: dict[str, Any]
    """Of the data, with the first value."""
    key: str
    value: Any
    """That stands there again."""


class _Mark(Protocol):
    """What both parsers tell of a place, 0-based."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class _MappingSpot:
    """Where a mapping and each of its keys and values stand."""

    __slots__ = ("children", "mark")

    def __init__(self, mark: _Mark, children: dict[str, tuple[_Mark, _Spot]]) -> None:
        self.mark = mark
        self.children = children


_Spot = Any
"""A scalar's _Mark, a _MappingSpot, or for a sequence [its own mark, child, child, ...]."""


def _mark(spot: _Spot) -> _Mark:
    if isinstance(spot, _MappingSpot):
        return spot.mark
    mark: _Mark = spot[0] if isinstance(spot, list) else spot
    return mark


class _Builder:
    """Turns the parser's events into data and spots."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self.problems: list[Problem] = []
        self.repeated: list[Repeated] = []
        self._anchors: dict[str, tuple[Any, _Spot, int] | None] = {}
        self._nodes = 0
        self._next: Callable[[], Any]

    def build(self) -> tuple[Any, _Spot | None]:
        """Parse the only document. Raises ConfigurationError for what cannot be read over."""
        data: Any = None
        spots: _Spot | None = None
        try:
            self._next = iter(_events(self._text)).__next__
            self._next()  # stream start
            event = self._next()
            if hasattr(event, "explicit"):  # document start; an empty file has none
                data, spots = self._node(self._next(), 0)
                self._next()  # document end
                event = self._next()
                if hasattr(event, "explicit"):
                    self._refuse(event.start_mark, "a second document begins here")
        except MarkedYAMLError as error:
            self._fail(self._syntax_problem(error))
        except YAMLError as error:  # characters that YAML forbids
            self._fail(Problem(self._name, 0, 0, f"is not YAML: {_one_line(error)}"))
        return data, spots

    def _node(self, event: Any, depth: int) -> tuple[Any, _Spot]:
        kind = type(event)
        self._nodes += 1
        if kind is AliasEvent:
            return self._alias(event)
        anchor = event.anchor
        if anchor is not None:
            self._anchors[anchor] = None
            before = self._nodes
        data: Any
        spot: _Spot
        if kind is ScalarEvent:
            data, spot = self._scalar(event), event.start_mark
        else:
            if depth >= MAX_DEPTH:
                self._refuse(event.start_mark, f"nested more than {MAX_DEPTH} levels deep")
            if event.tag is not None and str(event.tag) not in _COLLECTION_TAGS:
                self._refuse(event.start_mark, f"the tag {event.tag} means nothing here")
            if kind is MappingStartEvent:
                data, spot = self._mapping(event.start_mark, depth)
            elif kind is SequenceStartEvent:
                data, spot = self._sequence(event.start_mark, depth)
        if anchor is not None:
            self._anchors[anchor] = data, spot, self._nodes - before + 1
        return data, spot

    def _mapping(self, mark: _Mark, depth: int) -> tuple[dict[str, Any], _MappingSpot]:
        data: dict[str, Any] = {}
        children: dict[str, tuple[_Mark, _Spot]] = {}
        while type(event := self._next()) is not MappingEndEvent:
            key_mark = event.start_mark
            if type(event) is not ScalarEvent:
                hint = "put it in quotes" if type(event) is AliasEvent else ""
                self._refuse(key_mark, "a key must be plain text", hint)
            key = event.value
            value, spot = self._node(self._next(), depth + 1)
            if key in data:
                first = children[key][0].line + 1
                message = f"`{key}` is given twice; it stands already in line {first}"
                self._read_over(key_mark, Repeated(data, key, value), message)
            elif key == "<<" and event.implicit[0]:
                message = "merge keys (`<<`) are not used here"
                self._read_over(key_mark, Repeated(data, key, value), message, "write it out")
            else:
                data[key] = value
                children[key] = key_mark, spot
        return data, _MappingSpot(mark, children)

    def _sequence(self, mark: _Mark, depth: int) -> tuple[list[Any], list[_Spot]]:
        data: list[Any] = []
        spots: list[_Spot] = [mark]
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
            self._refuse(event.start_mark, f"the tag {tag} means nothing here")
        return plain_value(event.value)

    def _alias(self, event: Any) -> tuple[Any, _Spot]:
        name = event.anchor
        hint = "text that begins with * must stand in quotes"
        if name not in self._anchors:
            message = f"`*{name}` refers to an anchor that is not there"
            self._refuse(event.start_mark, message, hint)
        known = self._anchors[name]
        if known is None:
            self._refuse(event.start_mark, f"`*{name}` would contain itself")
        data, spot, size = known
        self._nodes += size - 1
        if self._nodes > MAX_NODES:
            self._refuse(event.start_mark, "the aliases in this file expand to far too much")
        return data, spot

    def _read_over(self, mark: _Mark, found: Repeated, message: str, hint: str = "") -> None:
        self.repeated.append(found)
        self.problems.append(Problem(self._name, mark.line + 1, mark.column + 1, message, hint))

    def _refuse(self, mark: _Mark, message: str, hint: str = "") -> NoReturn:
        self._fail(Problem(self._name, mark.line + 1, mark.column + 1, message, hint))

    def _fail(self, problem: Problem) -> NoReturn:
        raise ConfigurationError([*self.problems, problem])

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
