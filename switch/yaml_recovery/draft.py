"""PURE: the lines of a file on their way to being YAML, and what was found in them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from switch.errors import Problem
from switch.frozen import frozen
from switch.yaml_building import MAX_FAULTS
from switch.yaml_recovery.entry import Fault, entry_of

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_NAME = r"""(?:"[^"]*"|'[^']*'|[\w*#+.-]+)"""
_LIKE_KEYED = re.compile(rf"\s*(?:{_NAME}|[\"'][\w*#+.-]+)\s*:")
_DASH = re.compile(r"\s*-(?:\s|$)")
_BLANK = re.compile(r"\s*(?:#.*)?$")
KEYED = re.compile(rf"\s*{_NAME}:(?:\s|$)")
"""A line with a key that is plainly one."""
OPENER = re.compile(rf"\s*(?:-\s+)*(?:{_NAME}|[\w*#+.-][^:#\"']*):\s*(?:[&!]\S+\s*)?(?:#.*)?$")
"""A line with a key, whose value is below it."""
ODD_INDENT = re.compile(r" *[\t\N{NO-BREAK SPACE}][\s\N{NO-BREAK SPACE}]*(?=\S)")
"""What looks like an indentation and is none."""


@frozen()
class Gap:
    """Lines that were left out, or put as they were probably meant."""

    first: int
    """0-based."""
    last: int
    words: frozenset[str]
    """All that may be names in what stands there."""
    nameless: bool = False
    """Not even the key of what stood there is in the text."""


def words_of(text: str) -> frozenset[str]:
    """Return all that may be names in a text."""
    return frozenset(_WORD.findall(text))


def is_blank(line: str) -> bool:
    """Return whether nothing stands in a line, but perhaps a comment."""
    return _BLANK.match(line) is not None


def is_member(line: str) -> bool:
    """Return whether a member of a list begins in a line."""
    return _DASH.match(line) is not None


def is_like_setting(line: str) -> bool:
    """Return whether a line may be meant to begin with a key."""
    return _LIKE_KEYED.match(line) is not None


def indent_of(line: str) -> int:
    """Return the spaces before what stands in a line."""
    return len(line) - len(line.lstrip(" "))


class Draft:
    """Lines that change, and keep their places."""

    def __init__(self, text: str, name: str) -> None:
        self.lines = text.split("\n")
        self.problems: list[Problem] = []
        self.gaps: list[Gap] = []
        self.untold: int | None = None
        """The first line of which something is not told."""
        self._name = name

    @property
    def is_full(self) -> bool:
        """Whether no more faults are told."""
        return len(self.problems) >= MAX_FAULTS

    def tell(self, at: int, fault: Fault) -> None:
        """Keep a fault of the entry that begins in this line."""
        line, column = at + fault.line + 1, fault.column + 1
        if self.is_full:
            self.untold = line if self.untold is None else self.untold
        else:
            self.problems.append(Problem(self._name, line, column, fault.message, fault.hint))

    def gap(self, first: int, last: int, was: str, *, nameless: bool = False) -> None:
        """Remember that something else stood in these lines."""
        while last > first and is_blank(self.lines[last]):
            last -= 1
        self.gaps.append(Gap(first, last, words_of(was), nameless))

    def put(self, at: int, lines: Sequence[str]) -> None:
        """Let these stand instead of as many others."""
        was = "\n".join(self.lines[at : at + len(lines)])
        self.lines[at : at + len(lines)] = lines
        self.gap(at, at + len(lines) - 1, was)

    def leave_out(self, at: int, stop: int, *, nameless: bool = False) -> None:
        """Empty these lines, but for the key or the dash by which they begin.

        Args:
            nameless: of the key, too.
        """
        lines = self.lines[at:stop]
        entry = entry_of([lines[0]])
        kept = ""
        if entry.key is not None and not nameless:
            kept = f"{entry.lead}{entry.key}:"
        elif is_member(lines[0]) and not nameless:
            kept = entry.lead.rstrip()
        self.gap(at, stop - 1, "\n".join(lines), nameless=nameless or entry.key is None)
        self.lines[at:stop] = [kept, *[""] * (stop - at - 1)]

    def move(self, at: int, stop: int, by: int) -> None:
        """Indent these lines by so many spaces more."""
        for number in range(at, stop):
            line = self.lines[number]
            if not is_blank(line):
                self.put(number, [" " * max(0, indent_of(line) + by) + line.lstrip(" ")])

    def skip(self, at: int, end: int) -> int:
        """Return the first line from here on in which something stands."""
        while at < end and is_blank(self.lines[at]):
            at += 1
        return at

    def indent(self, at: int) -> int:
        """Return the spaces before what stands in a line."""
        return indent_of(self.lines[at])

    def entry_end(self, at: int, end: int, indent: int) -> int:
        """Return where the next entry begins that stands no deeper."""
        below_key = OPENER.match(self.lines[at]) is not None and not is_member(self.lines[at])
        for number in range(at + 1, end):
            line = self.lines[number]
            if is_blank(line) or ODD_INDENT.match(line):
                continue
            depth = indent_of(line)
            if depth > indent or line[depth] in "}]":
                continue
            if not (below_key and depth == indent and is_member(line)):
                return number
        return end

    def depth(self, begin: int, end: int, above: int) -> int:
        """Return by how much the entries of a block are indented, though its first may not be.

        Args:
            above: by how much that is indented to which it belongs.
        """
        first = self.indent(begin)
        counts: dict[int, int] = {}
        for number in range(begin, end):
            line = self.lines[number]
            if KEYED.match(line) or is_member(line):
                counts[indent_of(line)] = counts.get(indent_of(line), 0) + 1
        if not first or first not in counts:
            return first
        after = self.skip(begin + 1, end)
        inside = self.indent(after) if after < end else first
        has_value = KEYED.match(self.lines[begin]) and not OPENER.match(self.lines[begin])
        if has_value and counts[first] == 1:
            inside += 1  # what is deeper is not in it, but beside it
        odd = first % 2 == 1
        near = [depth for depth in counts if depth < first or (odd and first < depth < inside)]
        others = max(near, key=lambda depth: counts[depth], default=first)
        # Of as many, those that are by two more than what they belong to are right.
        usual = odd or others == above + 2
        return others if counts[others] + usual > counts[first] else first

    def kind(self, begin: int, end: int, indent: int) -> type | None:
        """Return what most entries of a block are of: `dict`, `list`; None: it is a text."""
        kinds: dict[type, int] = {dict: 0, list: 0}
        for number in range(begin, end):
            line = self.lines[number]
            if not is_blank(line) and indent_of(line) == indent:
                kinds[list] += is_member(line)
                kinds[dict] += is_like_setting(line)
        if any(kinds.values()):
            return max(kinds, key=lambda kind: kinds[kind])
        is_text = self.lines[begin].lstrip()[:1] in ("'", '"', "{", "[")
        alone = self.entry_end(begin, end, indent) == end
        return dict if alone and begin + 1 < end and not is_text else None
