"""PURE: what is wrong with an entry that is not YAML, and how it was probably meant.

The entry is looked at alone: what goes wrong in it cannot confuse its neighbours. Each rule
knows one slip of people who edit YAML by hand. It places it where the hand slipped, which is
seldom where a parser gives up, and has the lines as they were probably meant, so that what is
in them can be looked at too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from switch.yaml_recovery.bracket_faults import (
    OPENS,
    braces_first,
    brackets,
    comma,
    key_sign,
    no_space_inside,
)
from switch.yaml_recovery.entry import (
    Entry,
    Fault,
    end_of_quoted,
    entry_of,
    escape_fault,
    quoted,
    quotes_in_quotes,
    short,
    split_comment,
)


def fault_of(lines: Sequence[str], said: Fault) -> Fault:
    """Return what is wrong with an entry.

    Args:
        said: what the parser says, and where, for want of something better.
    """
    entry = entry_of(lines)
    for rule in _RULES:
        found = rule(entry)
        if found is not None:
            return found
    return said


def _no_space(entry: Entry) -> Fault | None:
    if entry.key is None or entry.gap or not entry.value:
        return None
    hint = f"write `{short(f'{entry.key}: {entry.value}')}`"
    found = entry.fault(0, "a space is missing after the colon", hint, f" {entry.text}")
    return Fault(0, found.column - 1, found.message, hint, found.meant)


def _key_quotes(entry: Entry) -> Fault | None:
    """A quote that opens before a key, and is not closed after it."""
    match = re.match(r"(['\"])([\w*#+.-]+)\s*:(\s.*|$)", entry.value)
    if match is None or entry.key is not None:
        return None
    key = f"{match[1]}{match[2]}{match[1]}:"
    meant = key + match[3] + entry.text[len(entry.value) :]
    return entry.fault(0, "the quote that opens here is not closed", f"write `{key}`", meant)


def _quotes(entry: Entry) -> Fault | None:
    """Quotes around a whole value: not closed, closed too early, or with a bad escape."""
    mark, text = entry.value[:1], entry.text
    if mark not in ("'", '"') or not mark:
        return None
    end = end_of_quoted(text)
    if end is None:
        return _not_closed(entry, mark)
    if (found := escape_fault(entry, 0, end)) is not None:
        return found
    after = re.compile(r" *(?=[^ \n#])").match(text, end)
    if after is None or (entry.key is None and text[after.end()] == ":"):
        return None
    message = f"the text goes on after `{short(text[max(0, end - 20) : end])}`, where it is closed"
    value = entry.value.strip()
    inner = value[1:-1] if len(value) > 1 and value[-1] == mark else value[1:]
    meant = quoted(inner) if entry.is_one_line else None
    return entry.fault(after.end(), message, quotes_in_quotes(mark), meant)


def _not_closed(entry: Entry, mark: str) -> Fault:
    message = "the quote that opens here is not closed"
    if not entry.is_one_line:
        return entry.fault(0, message, f"put `{mark}` where the text ends")
    inner = entry.value.rstrip()[1:]
    meant = quoted(inner.replace("''", "'") if mark == "'" else inner)
    return entry.fault(0, message, f"put `{mark}` at its end", meant)


_NO_KEY = frozenset("\"'[{#&*!|>%@`-?")
"""Signs by which an entry without a key may begin, to be judged by other rules."""


def _no_colon(entry: Entry) -> Fault | None:
    if entry.key is not None or not entry.value or entry.value[0] in _NO_KEY:
        return None
    words = re.match(r"([\w.-]+)\s*(=|\N{FULLWIDTH COLON}|\s|;|$)\s*(.*)", entry.value)
    rest = words[3].strip() if words else ""
    if words is None or (words[2].isspace() and " " in rest and rest[0] not in "{["):
        message = "is no setting: those begin with a key and a colon"
        return entry.fault(
            0, message, "to go on with the text above, indent it further than its key"
        )
    name, between = words[1], words[2].strip()
    if not rest and entry.is_one_line:
        message = f"`{name}` has no colon and no value"
        return entry.fault(0, message, f"write `{name}: VALUE`")
    meant = f"{name}: {rest}" if rest else f"{name}:"
    message = f"`{between}` stands for the colon" if between else f"no colon follows `{name}`"
    further = entry.text[len(entry.value) :]
    return entry.fault(0, message, f"write `{short(meant)}`", meant + further)


def _list_behind(entry: Entry) -> Fault | None:
    if entry.key is None or not entry.value.startswith("- "):
        return None
    message = "a list begins in the line below its key"
    return entry.fault(0, message, "or is written `[FIRST, SECOND]`")


def _sign_first(entry: Entry) -> Fault | None:
    sign = entry.value[:1]
    if entry.key is None and (key := re.match(r"([@`%&*!|>]+(\w*)):(?=\s|$)", entry.value)):
        message = f"a key that begins with `{sign}` must stand in quotes"
        name = key[2] or quoted(key[1])
        return entry.fault(0, message, f"write `{name}:`", name + entry.text[key.end(1) :])
    if not sign or sign not in "@`%&*!|>,]}":
        return None
    text, comment = split_comment(entry.value)
    message = f"a text that begins with `{sign}` must stand in quotes"
    in_quotes = quoted(text) + comment if entry.is_one_line else None
    return entry.fault(0, message, f"write `{short(quoted(text))}`", in_quotes)


def _second_colon(entry: Entry) -> Fault | None:
    if entry.key is None or entry.value[:1] in ("", "|", ">", *OPENS, '"', "'"):
        return None
    colon = re.search(r":(\s|$)", entry.value)
    if colon is None:
        return None
    text, comment = split_comment(entry.value)
    hint = f"put the value in quotes: `{short(f'{entry.key}: {quoted(text)}')}`"
    meant = quoted(text) + comment if entry.is_one_line else None
    return entry.fault(colon.start(), "a second colon, within the value", hint, meant)


_RULES: Sequence[Callable[[Entry], Fault | None]] = (
    *(_no_space, _key_quotes, _quotes, braces_first, brackets, no_space_inside, key_sign),
    *(comma, _no_colon, _list_behind, _sign_first, _second_colon),
)
"""In their order: an early one explains what a later one would misunderstand."""
