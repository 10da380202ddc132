"""PURE: a prompt's template cut between sentences that never change and those with values.

What never changes can be made ready before any call and plays while the rest is spoken. Only
whole sentences are cut off: a voice lets its tone fall at the end of what it is given, so a
sentence in pieces sounds like a list.
"""

from __future__ import annotations

import re
from itertools import groupby

from switch.frozen import frozen

_PIECE = re.compile(
    r"""\{\{ (?: '(?:\\.|[^'\\])*' | "(?:\\.|[^"\\])*" | (?!\}\}). )* \}\}  # a value
    | \{(?!\{) | [^{]""",
    re.X | re.S,
)
_SENTENCE_ENDS = ".!?।॥"


@frozen()
class Sentence:
    """Some sentences on end."""

    text: str
    """As in the template, without white space around it."""
    has_values: bool
    """Whether it must be computed in the call."""


def sentences(template: str) -> tuple[Sentence, ...]:
    """Cut a template where sentences with `{{ values }}` meet such without.

    The texts joined by spaces say what the whole says. Templates with statements (`{% %}`)
    or comments stay whole.
    """
    if "{{" not in template:
        has_values = "{%" in template or "{#" in template
        return (Sentence(template.strip(), has_values),) if template.strip() else ()
    if "{%" in template or "{#" in template:
        return (Sentence(template.strip(), True),)
    parts = groupby(_single(template), key=lambda each: each[1])
    joined = [Sentence(" ".join(text for text, _ in run), has_values) for has_values, run in parts]
    return tuple(joined)


def _single(template: str) -> list[tuple[str, bool]]:
    """Return each sentence, and whether it has values."""
    found: list[tuple[str, bool]] = []
    text, has_values = "", False
    pieces = _PIECE.findall(template)
    for piece, following in zip(pieces, [*pieces[1:], " "], strict=True):
        text += piece
        has_values |= piece.startswith("{{")
        if piece in _SENTENCE_ENDS and following.isspace():
            found.append((text.strip(), has_values))
            text, has_values = "", False
    if text.strip():
        found.append((text.strip(), has_values))
    return found
