"""PURE: lines that are not indented as they should be, put where they were meant to be."""

from __future__ import annotations

import re

from switch.yaml_recovery.draft import (
    KEYED,
    ODD_INDENT,
    OPENER,
    Draft,
    indent_of,
    is_blank,
    is_member,
)
from switch.yaml_recovery.entry import Fault, entry_of, short


def straighten(draft: Draft, at: int, stop: int) -> bool:
    """Put right the indentation within an entry; return whether anything changed."""
    return _untab(draft, at, stop) or _move_left(draft, at, stop)


def _untab(draft: Draft, at: int, stop: int) -> bool:
    """Put spaces for tabs, as many as the lines above and what opens a block make likely."""
    seen: dict[str, int] = {}
    above: str | None = None
    told = -1
    for number in range(at, stop):
        line = draft.lines[number]
        if is_blank(line):
            continue
        if (odd := ODD_INDENT.match(line)) is not None:
            if number != told + 1 or told < 0:
                what = "a tab stands" if "\t" in odd[0] else "a no-break space stands"
                hint = "indent with spaces, like the lines around"
                draft.tell(number, Fault(0, 0, f"{what} at the beginning of the line", hint))
            told = number
            width = seen.get(odd[0], indent_of(above or ""))
            if above is not None and OPENER.match(above):
                width = indent_of(above) + 2
            seen[odd[0]] = width
            draft.put(number, [" " * width + line[odd.end() :]])
        above = draft.lines[number]
    return told >= 0


def _move_left(draft: Draft, at: int, stop: int) -> bool:
    """Move what looks like settings below one that has a value already to its side."""
    entry = entry_of([draft.lines[at]])
    if entry.key is None or not entry.value or entry.value[0] in "|>\"'{[&!#":
        return False
    first = draft.skip(at + 1, stop)
    if first >= stop or not KEYED.match(draft.lines[first]):
        return False
    deep, width = draft.indent(first), len(entry.lead)
    if deep <= width:
        return False
    if width == draft.indent(at) and head_belongs_below(draft, at, deep):
        return True
    message = f"is indented by {deep} spaces, but is not part of line {at + 1}, which is by {width}"
    hint = "indent it as that line; or quote the text, if it is one"
    if OPENER.match(draft.lines[first]) and draft.skip(first + 1, stop) < stop:
        hint = "indent it as that line; or put the line above it that is missing"
    draft.tell(first, Fault(0, deep, message, hint))
    draft.move(first, draft.entry_end(first, stop, width), width - deep)
    return True


def space_dashes(draft: Draft, begin: int, end: int, indent: int) -> None:
    """Put a space after the dashes of members that have none, where others have one."""
    here = [each for each in range(begin, end) if draft.indent(each) == indent]
    if not any(is_member(draft.lines[each]) for each in here):
        return
    for number in here:
        line = draft.lines[number]
        if re.match(r"\s*-[^\s-]", line):
            meant = f"{line[:indent]}- {line[indent + 1 :]}"
            hint = f"write `{short(meant)}`"
            draft.tell(number, Fault(0, indent, "a space is missing after the dash", hint))
            draft.put(number, [meant])


def belongs_above(draft: Draft, at: int, end: int, indent: int, above: int) -> bool:
    """Move a line between two depths to the upper one, if what is in it stands where the
    entries of the lower one stand, not deeper; return whether it does.

    Args:
        indent: of the lower depth.
        above: the upper one; negative: there is none.
    """
    first = draft.skip(at + 1, end)
    inside = draft.indent(first) if first < end else 0
    if above < 0 or not OPENER.match(draft.lines[at]) or not draft.indent(at) < inside <= indent:
        return False
    _tell(draft, at, above)
    draft.move(at, at + 1, above - draft.indent(at))
    return True


def head_belongs_below(draft: Draft, at: int, indent: int) -> bool:
    """Move a line to the depth of those before and after it, if they are of one depth.

    Args:
        indent: of those after it.
    """
    before = at - 1
    while before >= 0 and (is_blank(draft.lines[before]) or draft.indent(before) > indent):
        before -= 1
    if before < 0 or draft.indent(before) != indent or is_member(draft.lines[before]):
        return False
    if draft.indent(at) >= indent:
        return False
    put_beside(draft, at, at + 1, indent)
    return True


def put_beside(draft: Draft, at: int, stop: int, indent: int) -> None:
    """Put an entry as deep as its neighbours."""
    _tell(draft, at, indent)
    draft.move(at, stop, indent - draft.indent(at))


def _tell(draft: Draft, at: int, meant: int) -> None:
    has = draft.indent(at)
    message = f"is indented by {has} {'space' if has == 1 else 'spaces'}, its neighbours by {meant}"
    draft.tell(at, Fault(0, has, message, "indent it like those"))
