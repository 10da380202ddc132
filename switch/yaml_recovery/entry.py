"""PURE: an entry of a YAML file, taken apart as a person reads it, whether it is YAML or not.

An entry is a setting or a member of a list, with all lines that are indented further.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from switch.frozen import frozen


@frozen()
class Fault:
    """One slip of the hand."""

    line: int
    """0-based, within the entry."""
    column: int
    """0-based."""
    message: str
    hint: str = ""
    meant: Sequence[str] | None = None
    """The entry's lines as they were probably meant; None: that cannot be told."""


@frozen()
class Entry:
    """The lines of an entry, and what its first line consists of."""

    lines: Sequence[str]
    lead: str
    """Spaces and dashes before the key."""
    key: str | None
    """As written, with its quotes; None: there is none."""
    gap: str
    """Between colon and value."""
    value: str
    """The rest of the first line, all of it where there is no key."""

    @property
    def column(self) -> int:
        """Where the value begins."""
        return len(self.lines[0]) - len(self.value)

    @property
    def text(self) -> str:
        """The value, and all further lines."""
        return "\n".join([self.value, *self.lines[1:]])

    @property
    def is_one_line(self) -> bool:
        """Whether nothing follows the first line."""
        return not any(line.strip() for line in self.lines[1:])

    def fault(self, at: int, message: str, hint: str = "", meant: str | None = None) -> Fault:
        """Return a fault at an index of `text`, and with the text as it was meant."""
        line = self.text.count("\n", 0, at)
        column = at - self.text.rfind("\n", 0, at) - 1 if line else self.column + at
        return Fault(line, column, message, hint, None if meant is None else self._with(meant))

    def _with(self, text: str) -> Sequence[str]:
        first, *others = text.split("\n")
        return [self.lines[0][: self.column] + first, *others]


QUOTED = r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'"""
_LEAD = re.compile(r"\s*(?:-\s+)*")
_KEY = re.compile(rf"({QUOTED}|[^\s\"'\[\]{{}},:#&*!|>%@`-][^:]*?)\s*:(\s+|$)")
_TIGHT_KEY = re.compile(rf"({QUOTED}|[A-Za-z_][A-Za-z0-9_]*):(?=\S)")


def entry_of(lines: Sequence[str]) -> Entry:
    """Return an entry, taken apart."""
    line = lines[0]
    match = _LEAD.match(line)
    lead = match.group() if match else ""
    rest = line[len(lead) :]
    if (key := _KEY.match(rest)) is not None:
        return Entry(lines, lead, key[1], key[2], rest[key.end() :])
    if (tight := _TIGHT_KEY.match(rest)) is not None:
        return Entry(lines, lead, tight[1], "", rest[tight.end() :])
    return Entry(lines, lead, None, "", rest)


# Texts and their quotes


def end_of_quoted(text: str, begin: int = 0) -> int | None:
    """Return where the quoted text ends that begins here; None: it does not."""
    match = re.compile(QUOTED, re.DOTALL).match(text, begin)
    return None if match is None else match.end()


_ESCAPE = r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0abt\tnvfre \"/\\N_LP\n])?"


def bad_escape(text: str) -> int | None:
    """Return where in a text in double quotes a backslash means nothing."""
    found = (each.start() for each in re.finditer(_ESCAPE, text) if each[1] is None)
    return next(found, None)


def without_bad_escapes(text: str) -> str:
    """Return a text in double quotes with those backslashes doubled that mean nothing."""
    return re.sub(_ESCAPE, lambda each: each[0] if each[1] else r"\\", text)


def escape_fault(entry: Entry, begin: int, end: int) -> Fault | None:
    """Return what is wrong with the backslashes of a text in double quotes."""
    text = entry.text
    at = bad_escape(text[begin:end]) if text[begin] == '"' else None
    if at is None:
        return None
    shown = text[begin + at : begin + at + 2]
    meant = text[:begin] + without_bad_escapes(text[begin:end]) + text[end:]
    message = f"`{shown}` means nothing within double quotes"
    return entry.fault(begin + at, message, r"write `\\`, or use single quotes", meant)


def quotes_in_quotes(mark: str) -> str:
    """Return how one writes a quote within such quotes."""
    if mark == "'":
        return "an apostrophe within single quotes is written twice: `''`"
    return 'a quote within double quotes is written `\\"`'


def bare(text: str) -> str:
    """Return it with what stands in quotes made unrecognisable."""
    return re.sub(QUOTED, lambda match: "x" * len(match[0]), text)


def quoted(text: str) -> str:
    """Return a text in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def split_comment(value: str) -> tuple[str, str]:
    """Return a value, and the comment after it with the spaces between."""
    match = re.search(r"\s+#|\s*$", value)
    at = match.start() if match else len(value)
    return value[:at], value[at:]


def short(text: str) -> str:
    """Return a text as it is quoted in a message."""
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:57]}..."
