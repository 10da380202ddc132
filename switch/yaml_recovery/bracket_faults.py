"""PURE: slips within braces and brackets, where commas and quotes matter."""

from __future__ import annotations

import re
from collections.abc import Sequence

from switch.yaml_recovery.entry import (
    Entry,
    Fault,
    bare,
    end_of_quoted,
    escape_fault,
    quoted,
    quotes_in_quotes,
    short,
)

OPENS = {"{": "}", "[": "]"}
_KIND = {"{": "brace", "[": "bracket"}

_BRACES = "a text that begins with `{` must stand in quotes"


def braces_first(entry: Entry) -> Fault | None:
    """A template without quotes."""
    if not entry.value.startswith(("{{", "{%")):
        return None
    text = quoted(entry.value.strip())
    return entry.fault(0, _BRACES, f"write `{short(text)}`", text if entry.is_one_line else None)


def brackets(entry: Entry) -> Fault | None:
    """Brackets that are not closed, or close nothing; quotes and templates between them."""
    text = entry.text
    if text[:1] not in OPENS:
        return None
    opened: list[int] = []
    at, fresh = 0, True
    while at < len(text):
        sign = text[at]
        if sign in "\"'" and fresh:
            if (found := _quotes(entry, text, at)) is not None:
                return found
            at = end_of_quoted(text, at) or len(text)
            fresh = False
            continue
        if fresh and text.startswith(("{{", "{%"), at):
            hint = 'write `"{{ ... }}"`'
            template = r"(?<=[:,\[] )(\{\{.*?\}\})(?=\s*[,\]}])"
            meant = re.sub(template, lambda match: quoted(match[0]), text)
            return entry.fault(at, _BRACES, hint, meant)
        if sign == "#" and text[at - 1].isspace():
            at = text.find("\n", at)
            if at < 0:
                break
        elif sign in OPENS:
            opened.append(at)
        elif sign in "}]":
            if OPENS[text[opened[-1]]] != sign:
                return _wrong_closing(entry, text, opened, at)
            opened.pop()
            if not opened:
                return _after_brackets(entry, text, at + 1)
        fresh = sign in "{[,: \n"
        at += 1
    return _not_closed(entry, text, opened)


def _wrong_closing(entry: Entry, text: str, opened: Sequence[int], at: int) -> Fault:
    sign = text[opened[-1]]
    right = OPENS[sign]
    if len(opened) > 1 and OPENS[text[opened[-2]]] == text[at]:
        message = f"the {_KIND[sign]} that opens here is not closed"
        return entry.fault(
            opened[-1],
            message,
            f"write `{right}{text[at]}` where it ends",
            text[:at] + right + text[at:],
        )
    message = f"`{text[at]}` cannot close `{sign}`"
    return entry.fault(at, message, f"write `{right}`", text[:at] + right + text[at + 1 :])


def _not_closed(entry: Entry, text: str, opened: Sequence[int]) -> Fault:
    sign = text[opened[-1]]
    last = text.rstrip()
    blank = text[len(last) :]
    meant = last.removesuffix(",") + "".join(OPENS[text[each]] for each in reversed(opened)) + blank
    message = f"the {_KIND[sign]} that opens here is not closed"
    return entry.fault(opened[-1], message, f"put `{OPENS[sign]}` at its end", meant)


def _after_brackets(entry: Entry, text: str, end: int) -> Fault | None:
    """Something behind the last bracket."""
    rest = text[end:].strip()
    if not rest or rest.startswith("#") or re.match(r":(\s|$)", rest):
        return None
    at = text.index(rest, end)
    if not rest.strip("]}"):
        blank = "\n" * text.count("\n", end)
        return entry.fault(at, f"`{rest}` closes nothing", "leave it out", text[:end] + blank)
    message = f"something follows `{text[end - 1]}`, by which the value is closed"
    return entry.fault(at, message, f"put a text that begins with `{text[0]}` in quotes")


def _quotes(entry: Entry, text: str, at: int) -> Fault | None:
    """A quote that is not closed, is closed too early, or has a bad escape."""
    end = end_of_quoted(text, at)
    if end is None:
        message = "the quote that opens here is not closed"
        return entry.fault(at, message, f"put `{text[at]}` where the text ends")
    if (found := escape_fault(entry, at, end)) is not None:
        return found
    follows = re.compile(r"\s*([^\s,:}\]#]\S*)").match(text, end)
    if follows is None:
        return None
    if re.compile(r"\s+[\"']?[\w*#]+[\"']?\s*:\s").match(text, end):
        message = f"a comma is missing before `{short(follows[1]).rstrip(':')}`"
        return entry.fault(follows.start(1), message, "", f"{text[:end]},{text[end:]}")
    closed = short(text[max(at, end - 20) : end])
    message = f"the text goes on after `{closed}`, where it is closed"
    return entry.fault(follows.start(1), message, quotes_in_quotes(text[at]))


def no_space_inside(entry: Entry) -> Fault | None:
    """A key with its value right behind the colon."""
    text = entry.text
    if text[:1] not in OPENS:
        return None
    match = re.search(r"[{,]\s*([A-Za-z_]\w*):(?=([^\s,{}\[\]]*))(?=[^\s,}\]])", bare(text))
    if match is None:
        return None
    colon = match.end(1)
    after = colon + 1
    hint = f"write `{match[1]}: {short(text[after : match.end(2)])}`"
    meant = f"{text[:after]} {text[after:]}"
    return entry.fault(colon, "a space is missing after the colon", hint, meant)


def key_sign(entry: Entry) -> Fault | None:
    """A key of the telephone that YAML takes for something else."""
    text = entry.text
    match = re.search(r"[{,]\s*(\*)\s*:\s", bare(text)) if text[:1] in OPENS else None
    if match is None:
        return None
    at = match.start(1)
    message = "the key `*` must stand in quotes"
    return entry.fault(at, message, 'write `"*":`', f'{text[:at]}"*"{text[at + 1 :]}')


def comma(entry: Entry) -> Fault | None:
    """A word too many before a colon: a comma is missing, or quotes are."""
    text = entry.text
    if text[:1] not in OPENS:
        return None
    match = re.search(r"[{,]\s*\w+:\s+([^\s,{}\[\]]+)\s+(\w+):\s", bare(text))
    if match is not None:
        message = f"a comma is missing before `{match[2]}`"
        meant = f"{text[: match.end(1)]},{text[match.end(1) :]}"
        hint = "or the quotes around a text"
        return entry.fault(match.start(2), message, hint, meant)
    inside = re.search(r"[{,]\s*\w+:\s+([^\s,{}\[\]][^,{}\[\]]*([\[{]))", bare(text))
    if inside is not None:
        message = f"a text with `{inside[2]}` in it must stand in quotes, within braces"
        return entry.fault(inside.start(1), message)
    match = re.search(r"[{,]\s*\w+:\s+([^\s,{}\[\]][^,{}\[\]]*?:\s[^,{}\[\]]*)", bare(text))
    if match is None:
        return None
    begin = match.start(1)
    end = begin + len(match[1].rstrip())
    meant = text[:begin] + quoted(text[begin:end]) + text[end:]
    message = "a text with `: ` in it must stand in quotes"
    return entry.fault(begin, message, f"write `{short(quoted(text[begin:end]))}`", meant)
