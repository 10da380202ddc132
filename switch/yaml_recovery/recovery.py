"""PURE: a file that is no YAML, read in spite of that.

Indentation tells where a node or a setting begins and ends, whatever stands in it. So the
entries are parsed one by one; one that fails is taken apart into those within it, down to the
smallest. What was plainly meant there is put in its place, other lines are left empty. The text
that is left is YAML, line by line where it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from switch.errors import Problem
from switch.frozen import frozen
from switch.yaml_building import Builder, Unreadable
from switch.yaml_recovery.draft import (
    KEYED,
    OPENER,
    Draft,
    Gap,
    is_blank,
    is_like_setting,
    is_member,
    words_of,
)
from switch.yaml_recovery.entry import Fault, entry_of
from switch.yaml_recovery.faults import fault_of
from switch.yaml_recovery.straightening import (
    belongs_above,
    head_belongs_below,
    put_beside,
    space_dashes,
    straighten,
)

_MAX_PARSED = 12
"""Times its own length, of a file: nothing takes longer, however it is nested."""
_MAX_ENTRY = 4000
"""Characters of an entry that is looked at closely."""
_MAX_SLIPS = 3
"""Looked for in one entry that holds no others."""
_LAST_TRIES = 5

_MARKER = re.compile(r"(?:---|\.\.\.)(?:\s|$)")
_FORBIDDEN = re.compile(
    "[^\t\r\\x20-\\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


@frozen()
class Recovered:
    """What is left."""

    text: str
    problems: Sequence[Problem]
    gaps: Sequence[Gap]


def recovered(text: str, name: str, said: Problem, *, slips: bool) -> Recovered | None:
    """Find what makes this no YAML, and what is YAML beside it.

    Args:
        said: of the first of it, what the parser says.
        slips: as in `Builder`.

    Returns:
        None: nothing is, or it cannot be told what.
    """
    recovery = _Recovery(Draft(text, name), name, slips, _MAX_PARSED * (len(text) + 1000))
    recovery.run()
    draft = recovery.draft
    for _ in range(_LAST_TRIES):
        left = "\n".join(draft.lines)
        try:
            Builder(left, name, slips=slips).build()
        except Unreadable as error:
            if not error.fault:
                return None
            recovery.give_up(error.problem)
        else:
            return Recovered(left, recovery.problems() or [said], draft.gaps)
    return None


def gap_at(text: Sequence[str], line: int) -> Gap:
    """Return a gap for something in this line."""
    return Gap(line, line, words_of(text[line]))


class _Recovery:
    """One file."""

    def __init__(self, draft: Draft, name: str, slips: bool, most: int) -> None:
        self.draft = draft
        self._name = name
        self._slips = slips
        self._left = most
        """Characters that may still be parsed."""

    def run(self) -> None:
        """Look for faults from the first line to the last."""
        self._characters()
        self._block(0, self._first_document(), -1, -1)

    def give_up(self, said: Problem) -> None:
        """Leave out the line in which something is still wrong."""
        draft = self.draft
        at = min(max(said.line - 1, 0), len(draft.lines) - 1)
        while at > 0 and is_blank(draft.lines[at]):
            at -= 1
        if not any(gap.first <= at <= gap.last for gap in draft.gaps):
            draft.tell(at, Fault(0, max(said.column - 1, 0), said.message, said.hint))
        draft.leave_out(at, at + 1, nameless=True)

    def problems(self) -> Sequence[Problem]:
        """Return what was found, and that there is more."""
        line = self.draft.untold
        if line is None:
            return self.draft.problems
        message = "here and below more is wrong, which is told when the rest is mended"
        return [*self.draft.problems, Problem(self._name, line, 0, message)]

    # Before entries are looked at

    def _characters(self) -> None:
        for number, line in enumerate(self.draft.lines):
            found = _FORBIDDEN.search(line)
            if found is not None:
                message = f"the character U+{ord(found[0]):04X} may not stand in a file"
                hint = "delete it; it cannot be seen"
                self.draft.tell(number, Fault(0, found.start(), message, hint))
                self.draft.put(number, [_FORBIDDEN.sub(" ", line)])

    def _first_document(self) -> int:
        """Return where the first document ends; what follows may be a part of it all the same."""
        lines = self.draft.lines
        begun = False
        for number, line in enumerate(lines):
            if not _MARKER.match(line):
                begun = begun or not (is_blank(line) or line.startswith("%"))
                continue
            if not begun or self.draft.skip(number + 1, len(lines)) == len(lines):
                continue
            hint = "a file holds one: leave out this line, or put what follows into another file"
            self.draft.tell(number, Fault(0, 0, "a second document begins here", hint))
            lines[number] = ""
            if self._is_another(number):
                lines[number:] = [""] * (len(lines) - number)
                return number
        return len(lines)

    def _is_another(self, number: int) -> bool:
        """Return whether a key of the top stands before and after this line."""
        lines = self.draft.lines
        before, after = (
            {line.partition(":")[0] for line in part if KEYED.match(line) and line[0] != " "}
            for part in (lines[:number], lines[number + 1 :])
        )
        return not before.isdisjoint(after)

    # Entries

    def _block(self, begin: int, end: int, above: int, head: int) -> int:
        """Look at the entries of a mapping or list that is indented further than `above`.

        Args:
            head: the line to which it belongs; negative: there is none.

        Returns:
            Where to go on: before `end` if what follows belongs further up.
        """
        draft = self.draft
        begin = draft.skip(begin, end)
        if begin == end:
            return end
        indent = draft.depth(begin, end, above)
        if draft.indent(begin) != indent:
            put_beside(draft, begin, begin + 1, indent)
        space_dashes(draft, begin, end, indent)
        kind = draft.kind(begin, end, indent)
        if kind is None:
            if self._said(begin, end, None) is not None:
                self._leaf(begin, end, None)
            return end
        at = begin
        while at < end:
            if draft.indent(at) > indent:  # it was moved into the entry before
                at = self._block(at, draft.entry_end(at, end, indent), indent, -1)
                continue
            if draft.indent(at) < indent and at > begin:
                if draft.indent(at) <= above:
                    return at
                if head >= 0 and head_belongs_below(draft, head, draft.indent(at)):
                    return head
                if belongs_above(draft, at, end, indent, above):
                    return at
                put_beside(draft, at, draft.entry_end(at, end, indent), indent)
            stop = draft.entry_end(at, end, indent)
            if self._said(at, stop, kind) is None:
                at = stop
            elif draft.is_full or self._left <= 0:
                self._pass_over(at, stop)
                at = stop
            elif not straighten(draft, at, stop):
                at = self._entry(at, stop, indent, kind)
            at = draft.skip(at, end)
        return end

    def _entry(self, at: int, stop: int, indent: int, kind: type) -> int:
        """Find the fault in an entry. Returns where to go on."""
        draft = self.draft
        head = draft.lines[at]
        first = draft.skip(at + 1, stop)
        if (kind is list) != is_member(head):
            message, hint = (
                ("every member of a list begins with `- `", "put it before")
                if kind is list
                else ("a member of a list stands among settings", "leave out `- `")
            )
            draft.tell(at, Fault(0, indent, message, hint))
            draft.leave_out(at, stop, nameless=True)
            return stop
        if kind is list:
            dash = re.match(r"\s*-\s*", head)
            lead = dash.end() if dash else 0
            if is_like_setting(head[lead:]):
                return self._member(at, stop, lead)
        elif first < stop and OPENER.match(head):
            if self._said(at, at + 1, kind) is not None:
                self._leaf(at, at + 1, kind)
            return self._block(first, stop, indent, at)
        elif first < stop and self._mend_head(at):
            return at
        self._leaf(at, stop, kind)
        return stop

    def _member(self, at: int, stop: int, lead: int) -> int:
        """Look at the settings in a member of a list as if they stood alone."""
        lines = self.draft.lines
        dash = lines[at][:lead]
        lines[at] = " " * lead + lines[at][lead:]
        after = self._block(at, stop, -1, -1)
        lines[at] = (dash + lines[at][lead:]).rstrip()
        return after

    def _mend_head(self, at: int) -> bool:
        """Mend a line that was meant to begin a block, if it was."""
        line = self.draft.lines[at]
        if len(line) > _MAX_ENTRY or entry_of([line]).key is not None:
            return False
        found = fault_of([line, "..."], Fault(0, 0, ""))
        if found.meant is None or not OPENER.match(found.meant[0]):
            return False
        self.draft.tell(at, found)
        self.draft.put(at, found.meant[:1])
        return True

    def _leaf(self, at: int, stop: int, kind: type | None) -> None:
        """Tell what is wrong with an entry that holds no others, and mend it or leave it out."""
        draft = self.draft
        for _ in range(_MAX_SLIPS):
            said = self._said(at, stop, kind)
            if said is None:
                return
            if draft.is_full:
                self._pass_over(at, stop)
                return
            lines = draft.lines[at:stop]
            found = fault_of(lines, said) if sum(map(len, lines)) <= _MAX_ENTRY else said
            draft.tell(at, found)
            if found.meant is None or len(found.meant) != len(lines) or found.meant == lines:
                break
            draft.put(at, found.meant)
        else:
            if self._said(at, stop, kind) is None:
                return
        draft.leave_out(at, stop)

    def _pass_over(self, at: int, stop: int) -> None:
        """Leave out an entry, of which too much would be told."""
        if self.draft.untold is None:
            self.draft.untold = at + 1
        self.draft.leave_out(at, stop)

    def _said(self, at: int, stop: int, kind: type | None) -> Fault | None:
        """Return what a parser has against these lines, alone."""
        lines = self.draft.lines[at:stop]
        self._left -= sum(map(len, lines)) + len(lines)
        if self._left < 0:
            return Fault(0, 0, "is not looked at, so much is wrong before it")
        try:
            data, _ = Builder("\n".join(lines), self._name, slips=self._slips).build()
        except Unreadable as error:
            if not error.fault:
                return None  # so is the whole file, of which it will be told
            told = error.problem
            line = min(max(told.line - 1, 0), len(lines) - 1)
            column = max(told.column - 1, 0) if line == told.line - 1 else len(lines[line])
            return Fault(line, column, told.message, told.hint)
        if kind is None or data is None or isinstance(data, kind):
            return None
        what = "settings" if kind is dict else "members of a list, that begin with `- `"
        return Fault(0, self.draft.indent(at), f"should be one of the {what}")
