"""PURE: numbers, digits and ordinals as text that is read aloud as it should be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from switch.speech.languages import language
from switch.speech.words import MINUS, POINT, ordinal_word, without_noun

LARGEST = 10**15
"""Numbers stay below; what is longer is no amount but digits."""
MAX_DECIMALS = 6
MAX_DIGITS = 64

_NUMBER = re.compile(r"[+-]?(?:\d{1,20}|\d{1,3}(?:,\d{2,3}){1,8})(?:\.\d{1,40})?")
_SEPARATORS = re.compile(r"[\s./_-]+")


def number(value: Any, code: str) -> str:
    """Return a number to be spoken: `-1250.50` as `minus 1250 point 5 0`.

    Grouping is left out: some voices take `1,250.50` for 1250. Digits after the point stand
    alone: some voices read `.05` as five.

    Raises:
        ValueError: it is no number, or too large.
    """
    known = language(code)
    amount = decimal(value)
    whole, _, decimals = format(abs(amount), "f").partition(".")
    text = without_noun(int(whole), known)
    if decimals:
        text += f" {POINT.get(known.code) or POINT[known.base]} {' '.join(decimals)}"
    return f"{MINUS[known.base]} {text}" if amount < 0 else text


def digits(value: Any, code: str) -> str:
    """Return digits and letters to be spoken one by one, in groups: `1234567` as `1 2 3, 4 5 6 7`.

    Raises:
        ValueError: it holds other characters, or too many.
    """
    known = language(code)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"`{str(value)[:40]}` does not consist of digits and letters")
    text = str(value).strip()
    if len(text) > MAX_DIGITS:
        raise ValueError(f"more than {MAX_DIGITS} characters are too many to be spoken one by one")
    parts = [part for part in _SEPARATORS.split(text) if part]
    if not parts or not all(part.isascii() and part.isalnum() for part in parts):
        raise ValueError(f"`{text[:40]}` does not consist of digits and letters")
    groups = [group for part in parts for group in _grouped(part)]
    return ", ".join(" ".join(_letter(each, known.base) for each in group) for group in groups)


def ordinal(value: Any, code: str, *, feminine: bool = False) -> str:
    """Return a whole number as an ordinal to be spoken: `21` as `21st`.

    Args:
        feminine: for a feminine noun, where the language tells them apart.

    Raises:
        ValueError: it is no whole number from 1 on, or too large.
    """
    known = language(code)
    amount = decimal(value)
    if amount != amount.to_integral_value() or amount < 1:
        raise ValueError(f"`{str(value)[:40]}` is not a whole number from 1 on")
    return ordinal_word(int(amount), known.base, feminine=feminine)


def decimal(value: Any) -> Decimal:
    """Return a number of any type, or a text that is one, with its zeros.

    Raises:
        ValueError: it is no number, or too large.
    """
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        amount = Decimal(value.strip().replace(",", ""))
    elif isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"`{str(value)[:40]}` is not a number")
    elif isinstance(value, int):
        amount = Decimal(value) if abs(value) < LARGEST else Decimal(LARGEST)
    else:
        amount = Decimal(repr(value)) if isinstance(value, float) else value
    if not amount.is_finite():
        raise ValueError(f"`{value}` is not a number")
    if abs(amount) >= LARGEST:
        raise ValueError("it is too large a number to be spoken; its digits can be")
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int)
    if exponent < -MAX_DECIMALS:
        rounded = round(amount, MAX_DECIMALS)
        return rounded.normalize() if rounded else Decimal(0)
    return amount


def _grouped(part: str) -> list[str]:
    """Split as people read: fours if that comes out even, else threes, never a lone last one."""
    if len(part) <= 4:
        return [part]
    size = 4 if len(part) % 4 == 0 else 3
    groups = [part[start : start + size] for start in range(0, len(part), size)]
    if len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return groups


_MISREAD: Mapping[tuple[str, str], str] = {
    ("en", "A"): "eigh",
    ("hi", "A"): "ए",
    ("mr", "A"): "ए",
}
"""Language and letter -> how it is written for the voice; a lone `A` is an article."""


def _letter(character: str, base: str) -> str:
    upper = character.upper()
    return _MISREAD.get((base, upper), upper)
