"""PURE: what expressions may call, and how large what they make may get.

Every text that an expression makes on its way is at most `MAX_TEXT` long and every number
at most 64 bits, so that no expression takes longer than its few operations can.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS as JINJA_FILTERS

MAX_TEXT = 4000
"""Characters of a text that an expression makes or a variable holds."""
MAX_ITEMS = 1000
"""Members, of all depths, of a list or mapping that a variable holds."""
MAX_NUMBER = 2**63

_MAX_STRIPPED = 16
"""Characters that `strip` and its like may look for: they cost the product of both lengths."""
_SHORT_SECRET = 8
"""Of a shorter secret even four characters are too much."""

METHODS = frozenset(
    {
        *("endswith", "isalpha", "isdigit", "lower", "lstrip", "removeprefix", "removesuffix"),
        *("replace", "rstrip", "startswith", "strip", "upper"),
    }
)
"""Methods of texts that may be called."""

_STRIPPING = frozenset({"strip", "lstrip", "rstrip"})


def checked_text(text: str) -> str:
    """Return the text, unless it is too long. Raises SecurityError."""
    if len(text) > MAX_TEXT:
        raise SecurityError(f"a text of more than {MAX_TEXT} characters")
    return text


def checked_value(value: Any) -> Any:
    """Return the value, unless it is too large to keep. Raises SecurityError."""
    if isinstance(value, str):
        return checked_text(value)
    if isinstance(value, int) and abs(value) >= MAX_NUMBER:
        raise SecurityError("a number of more than 64 bits")
    if isinstance(value, dict | list | tuple):
        _count(value)
    return value


def _count(value: Any) -> None:
    left = MAX_ITEMS
    waiting = [value]
    while waiting:
        item = waiting.pop()
        left -= 1
        if left < 0:
            raise SecurityError(f"a value of more than {MAX_ITEMS} members")
        if isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list | tuple):
            waiting += item
        elif isinstance(item, str):
            left -= len(item) // 100


def text_of(value: Any) -> str:
    """Return how a single value stands in a text. Raises SecurityError for others."""
    if isinstance(value, dict | list | tuple):
        raise SecurityError("a list or mapping cannot be part of a text")
    return checked_text(str(value))


def joined(values: Sequence[Any]) -> str:
    """Return single values as one text: what `~` does."""
    return checked_text("".join(map(text_of, values)))


def replaced(text: str, old: str, new: str, count: int = -1) -> str:
    """Return what `replace` does, if it stays small."""
    text, old, new = text_of(text), text_of(old), text_of(new)
    if len(text) + (text.count(old) * (len(new) - len(old))) > MAX_TEXT:
        raise SecurityError(f"a text of more than {MAX_TEXT} characters")
    return text.replace(old, new, count)


def called(method: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Call a method of a text."""
    text = getattr(method, "__self__", None)
    if not isinstance(text, str):
        raise SecurityError("only texts have methods")
    name = method.__name__
    if name == "replace":
        return replaced(text, *arguments)
    if name in _STRIPPING and any(len(text_of(each)) > _MAX_STRIPPED for each in arguments):
        raise SecurityError(f"`{name}` looks for {_MAX_STRIPPED} characters at most")
    return method(*arguments)


def computed(operator: str, left: Any, right: Any, compute: Callable[[], Any]) -> Any:
    """Do `+`, `*` or `%`, if what comes of it stays small."""
    texts = isinstance(left, str) and isinstance(right, str)
    if not (texts and operator == "+") and not (_is_number(left) and _is_number(right)):
        kinds = "two texts or two numbers" if operator == "+" else "numbers"
        raise SecurityError(f"`{operator}` is for {kinds}; `~` makes a text of both")
    return checked_value(compute())


def _is_number(value: object) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < MAX_NUMBER)


def _trimmed(value: Any, characters: str | None = None) -> str:
    text = text_of(value)
    return text.strip() if characters is None else str(called(text.strip, (characters,)))


def _rounded(value: Any, precision: int = 0, method: str = "common") -> float:
    number = float(value)
    if not 0 <= precision <= 9:
        raise SecurityError("`round` takes 0 to 9 places")
    if method == "common":
        return round(number, precision)
    turn = {"ceil": math.ceil, "floor": math.floor}.get(method)
    if turn is None:
        raise SecurityError("`round` is `common`, `ceil` or `floor`")
    return float(turn(number * 10**precision) / 10**precision)


def _last4(value: Any) -> str:
    """Return the last four characters of a secret; nothing of a short one."""
    text = text_of(value)
    return text[-4:] if len(text) >= _SHORT_SECRET else ""


def _masked(value: Any) -> str:
    """Return a secret with all but its last four characters hidden."""
    text = text_of(value)
    shown = _last4(text)
    return "*" * (len(text) - len(shown)) + shown


MASKING = frozenset({"last4", "masked"})
"""Filters after which a secret is none."""


def _default(value: object, instead: object = "", falsy: bool = False) -> object:
    """Return a value, or another one for what is missing; null counts as missing, too."""
    return instead if value is None else JINJA_FILTERS["default"](value, instead, falsy)


FILTERS: Mapping[str, Callable[..., Any]] = {
    **{name: JINJA_FILTERS[name] for name in ("abs", "first", "float", "int", "last", "length")},
    "default": _default,
    "last4": _last4,
    "lower": lambda value: text_of(value).lower(),
    "masked": _masked,
    "replace": replaced,
    "round": _rounded,
    "string": text_of,
    "title": lambda value: text_of(value).title(),
    "trim": _trimmed,
    "upper": lambda value: text_of(value).upper(),
}
"""All that flows may use, besides those that speak values."""
