"""PURE: any value as text to be spoken, by the name of how."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from switch.speech.dates import spoken_date, spoken_datetime, spoken_duration, spoken_time
from switch.speech.languages import language
from switch.speech.money import currency
from switch.speech.numbers import digits, number, ordinal
from switch.speech.phone import phone

MAX_TEXT = 2000


def text(value: Any, code: str = "en") -> str:
    """Return text from elsewhere as one line that a voice may be given.

    `[[` would begin phonemes for espeak-ng; control characters mean nothing to it.

    Raises:
        ValueError: it is too long.
    """
    language(code)
    if len(given := str(value)) > MAX_TEXT:
        raise ValueError(f"more than {MAX_TEXT} characters are too many to be spoken")
    plain = re.sub(r"[\x00-\x1f\x7f\s]+", " ", given).strip()
    return re.sub(r"\[(?=\[)", "[ ", plain)


WAYS: Mapping[str, Callable[..., str]] = {
    "number": number,
    "digits": digits,
    "ordinal": ordinal,
    "date": spoken_date,
    "time": spoken_time,
    "datetime": spoken_datetime,
    "currency": currency,
    "duration": spoken_duration,
    "phone": phone,
    "text": text,
}
"""How -> a function of the value, the language's code, and options of its own."""


def speak(value: Any, how: str, code: str, **options: Any) -> str:
    """Return a value as text to be spoken.

    Args:
        how: a name in `WAYS`.
        code: the language, for example `mr` or `es-MX`.
        options: of the function in `WAYS`.

    Raises:
        ValueError: the value cannot be spoken so, with a message for a person.
    """
    if how not in WAYS:
        raise ValueError(f"there is no way to speak called `{how[:20]}`; known: {', '.join(WAYS)}")
    return WAYS[how](value, code, **options)


def prepare(codes: Iterable[str]) -> None:
    """Load what these languages need, 0.1 s for all, so that no call waits for it.

    Raises:
        ValueError: a language is not known.
    """
    for code in codes:
        speak("2026-10-12", "date", code, weekday=True)
        speak(3700, "duration", code)
        speak(123_456, "currency", code, unit="JPY")
        speak(123_456, "currency", code, unit="USD")
