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
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ValidationError

from switch.errors import ConfigurationError, Problem
from switch.yaml_building import Builder, MappingSpot, Mark, Repeated, Spot, Unreadable, mark_of
from switch.yaml_recovery import Gap, gap_at, recovered
from switch.yaml_wording import complaints

Location = Sequence[str | int]
"""Keys and list indexes from the top of the file, as in pydantic's errors."""

MAX_BYTES = 16 * 1024 * 1024
_MAX_RECOVERED = 1024 * 1024
"""Characters of a file that is no YAML and is read in spite of that."""
_MAX_LOOKED_AT = 128 * 1024
"""Of one of which all slips are only told: a switch may be waiting beside."""


class YamlSource:
    """A parsed YAML file that knows where everything stands."""

    def __init__(self, path: str, data: Any, spots: Spot | None) -> None:
        self.path = path
        """As the operator named it."""
        self.data = data
        """Plain dicts with text keys, lists, str, int, float, bool and None."""
        self.repeated: Sequence[Repeated] = ()
        """What stands in the file and not in the data, where that was asked for."""
        self.gaps: Sequence[Gap] = ()
        """What does not stand in the data as it does in the file, where that was asked for."""
        self._spots = spots

    @classmethod
    def load(
        cls, path: Path, max_bytes: int | None = None, told: list[Problem] | None = None
    ) -> Self:
        """Read and parse a file.

        Args:
            max_bytes: a larger file is refused unread; None: `MAX_BYTES`.
            told: gets complaints of repeated keys, which are read over then, and of what is no
                YAML if anything is left beside that; for what is there to be looked at, no more.

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
            if told is None or b"\0" in raw:
                raise ConfigurationError([problem]) from error
            told.append(problem)
            text = raw.decode("utf-8-sig", "replace")
        return cls.parse(text, name, told)

    @classmethod
    def parse(cls, text: str, name: str, told: list[Problem] | None = None) -> Self:
        """Parse text that was read from `name`.

        Args:
            told: as in `load`.

        Raises:
            ConfigurationError: it is not YAML, or repeats a key.
        """
        slips = told is not None
        builder = Builder(text, name, slips=slips)
        problems: Sequence[Problem] = ()
        gaps: Sequence[Gap] = ()
        try:
            data, spots = builder.build()
        except Unreadable as error:
            looked_at = error.fault and len(text) <= (_MAX_RECOVERED if slips else _MAX_LOOKED_AT)
            found = recovered(text, name, error.problem, slips=slips) if looked_at else None
            if found is None:
                raise ConfigurationError([*builder.problems, error.problem]) from error
            text, problems, gaps = found.text, found.problems, found.gaps
            builder = Builder(text, name, slips=slips)
            data, spots = builder.build()
        problems = [*problems, *builder.problems]
        if told is not None:
            told += problems
        elif problems:
            raise ConfigurationError(problems)
        source = cls(name, data, spots)
        source.repeated = builder.repeated
        if builder.gaps:
            lines = text.split("\n")
            gaps = [*gaps, *(gap_at(lines, line) for line in builder.gaps)]
        source.gaps = gaps
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
            if isinstance(part, MappingSpot):
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
        mark = mark_of(spot)
        for depth, step in enumerate(location):
            last = depth == len(location) - 1
            if isinstance(spot, MappingSpot):
                found = spot.children.get(str(step))
                if found is None:
                    break
                key_mark, spot = found
                mark = key_mark if key and last else mark_of(spot)
            elif isinstance(spot, list) and isinstance(step, int) and 0 <= step < len(spot) - 1:
                spot = spot[step + 1]
                mark = mark_of(spot)
            else:
                break
        return mark.line + 1, mark.column + 1

    def move(self, place: Location, to: Location) -> None:
        """Take an entry of a mapping for one of another mapping, or of another key.

        Both mappings must be there, and the entry not yet where it goes.
        """
        data, spot = self._at(place[:-1])
        target, target_spot = self._at(to[:-1])
        target[str(to[-1])] = data.pop(place[-1])
        target_spot.children[str(to[-1])] = spot.children.pop(str(place[-1]))

    def insert(self, key: str) -> None:
        """Put an empty mapping at the top, instead of nothing or of what is there."""
        mark = self._top.mark
        begins, _ = self._top.children.get(key, (mark, mark))
        self.data[key] = {}
        self._top.children[key] = begins, MappingSpot(begins, {})

    @property
    def _top(self) -> MappingSpot:
        assert isinstance(self._spots, MappingSpot)
        return self._spots

    def unite(self, key: str) -> None:
        """Add to a mapping of the top what stands in another one under the same key."""
        kept = []
        mapping, spot = self._at((key,))
        for each in self.repeated:
            if each.mapping is not self.data or each.key != key or not isinstance(each.value, dict):
                kept.append(each)
                continue
            for name, value in each.value.items():
                if name in mapping:
                    kept.append(Repeated(mapping, name, value))
                else:
                    mapping[name] = value
                    spot.children[name] = each.spot.children[name]
        self.repeated = kept

    def _at(self, location: Location) -> tuple[Any, MappingSpot]:
        data: Any = self.data
        spot: Any = self._top
        for step in location:
            data, spot = data[step], spot.children[str(step)][1]
        return data, spot

    def stands_for(self, key: str, meant: str) -> None:
        """Place the problems of a key of the top at the one that stands in its stead."""
        if isinstance(self._spots, MappingSpot) and key in self._spots.children:
            self._spots.children[meant] = self._spots.children[key]

    def extents(self, location: Location = ()) -> dict[str | int, tuple[int, int]]:
        """Return the first and last line, 0-based, of everything in a mapping or list."""
        spot, (_, last), found = self._extent(location)
        return _extents(spot, last) if found else {}

    def is_uncertain(self, location: Location, *, key: bool = False) -> bool:
        """Return whether something was left out or mended in a value, or in the line of its key.

        Of what is absent, the nearest parent counts that is there.
        """
        if not self.gaps:
            return False
        _, (first, last), _ = self._extent(location)
        if key:
            first = last = self.position(location, key=True)[0] - 1
        return any(gap.first <= last and gap.last >= first for gap in self.gaps)

    def _extent(self, location: Location) -> tuple[Spot, tuple[int, int], bool]:
        """Return spot and lines of a value or of its nearest parent, and whether it is there."""
        spot: Any = self._spots
        lines = 0, _NO_END
        for step in location:
            inside = _extents(spot, lines[1])
            if step not in inside:
                return spot, lines, False
            lines = inside[step]
            mapping = isinstance(spot, MappingSpot)
            spot = spot.children[str(step)][1] if mapping else spot[int(step) + 1]
        return spot, lines, True

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
            if not self.is_uncertain((*prefix, *found.location), key=found.at_key)
        ]


_NO_END = 2**31


def _extents(spot: Spot, last: int) -> dict[str | int, tuple[int, int]]:
    """Return from where to where, in lines, the children of a spot go that ends in line `last`."""
    begins: list[tuple[str | int, Mark]] = []
    if isinstance(spot, MappingSpot):
        begins = [(key, mark) for key, (mark, _) in spot.children.items()]
    elif isinstance(spot, list):
        begins = [(number, mark_of(each)) for number, each in enumerate(spot[1:])]
    begins.sort(key=lambda each: (each[1].line, each[1].column))
    found: dict[str | int, tuple[int, int]] = {}
    for number, (step, mark) in enumerate(begins):
        end = last
        if number + 1 < len(begins):
            after = begins[number + 1][1]
            # Within braces the next may begin in the line in which this one ends.
            end = after.line - (after.column == mark.column and after.line > mark.line)
        found[step] = mark.line, max(mark.line, end)
    return found
