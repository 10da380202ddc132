"""PURE: the ways to speak, as filters for templates: `{{ vars.sum | spoken_currency('INR') }}`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any, Protocol

from switch.speech.speak import WAYS

_SPEAKABLE = (str, int, float, Decimal, date, time)
"""Types whose text is no longer than they say; a list's could be of any length."""


class SpokenFilter(Protocol):
    """A value and the call's language to text; arguments are those the template gives."""

    def __call__(self, value: Any, language: str, /, *arguments: Any, **options: Any) -> str: ...


def _filter(how: str) -> SpokenFilter:
    function = WAYS[how]

    def spoken(value: Any, language: str, /, *arguments: Any, **options: Any) -> str:
        if not isinstance(value, _SPEAKABLE):
            kind = "nothing" if value is None else type(value).__name__
            raise ValueError(f"spoken_{how}: {kind} cannot be spoken")
        try:
            return function(value, language, *arguments, **options)
        except TypeError as error:
            raise ValueError(f"spoken_{how}: {_plain(error)}") from None
        except ValueError as error:
            raise ValueError(f"spoken_{how}: {error}") from None

    return spoken


def _plain(error: TypeError) -> str:
    """Say which arguments are wrong without the name of a function nobody wrote."""
    return str(error).partition("() ")[2] or str(error)


FILTERS: Mapping[str, SpokenFilter] = {f"spoken_{how}": _filter(how) for how in WAYS}
"""Name in templates -> filter.

`spoken_number`, `spoken_digits`, `spoken_ordinal(feminine=false)`, `spoken_date(weekday=false)`,
`spoken_time`, `spoken_datetime(weekday=false)`, `spoken_currency('INR')`, `spoken_duration`,
`spoken_phone('IN')`, `spoken_text`. Each is bounded: 64 characters of digits, numbers below
10**15, 2000 characters of text; what is too much, or is no such value, raises ValueError with a
message for a person. The first use in a language loads it: call `prepare` beforehand.
"""
