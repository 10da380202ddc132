"""PURE: dates, times of day and durations as text that is read aloud as it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, TypeVar

from switch.speech.languages import Language, language
from switch.speech.numbers import decimal
from switch.speech.words import before_noun, ordinal_word

_Value = TypeVar("_Value")

_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
_FEMININE_UNITS = frozenset({("es", "hour")})
_AND = {"en": " and ", "es": " y ", "hi": " ", "mr": " "}
_AT = {"en": " at ", "es": " a ", "hi": ", ", "mr": ", "}


def spoken_date(value: Any, code: str, *, weekday: bool = False) -> str:
    """Return a date to be spoken: 2026-10-12 as `October 12th, 20 26`.

    Args:
        value: a date, or text as in ISO 8601.
        weekday: whether its name goes first.

    Raises:
        ValueError: it is no date.
    """
    known = language(code)
    day = _date(value)
    year = _year(day.year, known.base)
    month = _names(known, "month")[day.month]
    match known.code, known.base:
        case "en", _:
            text = f"{month} {ordinal_word(day.day, 'en', feminine=False)}, {year}"
        case _, "en":
            text = f"{ordinal_word(day.day, 'en', feminine=False)} {month} {year}"
        case _, "es":
            first = known.code != "es" and day.day == 1  # `primero de octubre`, overseas
            text = f"{'1º' if first else day.day} de {month} de {year}"
        case _:
            text = f"{day.day} {month} {year}"
    return f"{_names(known, 'day')[day.weekday()]}, {text}" if weekday else text


def spoken_time(value: Any, code: str) -> str:
    """Return a time of day to be spoken, by the twelve hours of a clock: `10 oh 5 AM`.

    Args:
        value: a time, or text as in ISO 8601; of a moment, its time in its own zone.

    Raises:
        ValueError: it is no time.
    """
    at = _time(value)
    return _CLOCKS[language(code).base](at.hour, at.minute)


def spoken_datetime(value: Any, code: str, *, weekday: bool = False) -> str:
    """Return date and time to be spoken; arguments as for `spoken_date`.

    Raises:
        ValueError: it is no moment.
    """
    at = value if isinstance(value, datetime) else _read(datetime.fromisoformat, value, _MOMENT)
    joined = _AT[language(code).base]
    return spoken_date(at, code, weekday=weekday) + joined + spoken_time(at, code)


def spoken_duration(value: Any, code: str) -> str:
    """Return a number of seconds to be spoken by its two largest units: `1 hour and 5 minutes`.

    Raises:
        ValueError: it is no number, negative, or too large.
    """
    known = language(code)
    rest = round(decimal(value))
    if rest < 0:
        raise ValueError(f"a duration of {rest} seconds is less than nothing")
    parts: list[str] = []
    for unit, seconds in _UNITS:
        count, rest = divmod(rest, seconds)
        if count:
            parts.append(_counted(count, unit, known))
        elif parts:
            break
        if len(parts) == 2:
            break
    return _AND[known.base].join(parts) or _counted(0, "second", known)


def _counted(count: int, unit: str, known: Language) -> str:
    from babel.units import format_unit

    shown = format_unit(count, f"duration-{unit}", length="long", format="0", locale=known.locale)
    feminine = (known.base, unit) in _FEMININE_UNITS
    return shown.replace(str(count), before_noun(count, known, feminine=feminine), 1)


def _names(known: Language, what: str) -> Mapping[int, str]:
    """Return names of months (from 1) or days (from 0 for Monday)."""
    from babel import dates

    names = dates.get_month_names if what == "month" else dates.get_day_names
    return names("wide", locale=known.locale)


def _year(year: int, base: str) -> str:
    """Return a year as people say it: `19 99`, `20 26`; `2005` as it stands."""
    century, rest = divmod(year, 100)
    if base == "en" and (11 <= century <= 19 or (century == 20 and rest >= 10)):
        if not rest:
            return f"{century} hundred"
        return f"{century} {rest}" if rest >= 10 else f"{century} oh {rest}"
    if base in ("hi", "mr") and 11 <= century <= 19:
        hundred = {"hi": "सौ", "mr": "शे"}[base]
        return f"{century} {hundred} {rest}" if rest else f"{century} {hundred}"
    return str(year)


def _english(hour: int, minute: int) -> str:
    if minute == 0 and hour % 12 == 0:
        return "12 noon" if hour else "12 midnight"
    half = "AM" if hour < 12 else "PM"
    minutes = f"oh {minute} " if 0 < minute < 10 else f"{minute} " if minute else ""
    return f"{hour % 12 or 12} {minutes}{half}"


def _spanish(hour: int, minute: int) -> str:
    twelfth = hour % 12 or 12
    text = "la una" if twelfth == 1 else f"las {twelfth}"
    if minute:
        text += f" y {minute}"
    if hour == 12 and not minute:
        return f"{text} del mediodía"
    parts = ((1, "noche"), (6, "madrugada"), (12, "mañana"), (20, "tarde"), (24, "noche"))
    return f"{text} de la {_part(hour, parts)}"


def _hindi(hour: int, minute: int) -> str:
    parts = ((4, "रात"), (12, "सुबह"), (16, "दोपहर"), (20, "शाम"), (24, "रात"))
    after = f"बजकर {minute} मिनट" if minute else "बजे"
    return f"{_part(hour, parts)} {hour % 12 or 12} {after}"


def _marathi(hour: int, minute: int) -> str:
    parts = (
        (4, "रात्री"),
        (6, "पहाटे"),
        (12, "सकाळी"),
        (16, "दुपारी"),
        (20, "संध्याकाळी"),
        (24, "रात्री"),
    )
    after = f"वाजून {minute} {'मिनिट' if minute == 1 else 'मिनिटे'}" if minute else "वाजता"
    return f"{_part(hour, parts)} {hour % 12 or 12} {after}"


def _part(hour: int, parts: tuple[tuple[int, str], ...]) -> str:
    """Return the part of the day; each ends before its hour."""
    return next(name for end, name in parts if hour < end)


_CLOCKS: Mapping[str, Callable[[int, int], str]] = {
    "en": _english,
    "es": _spanish,
    "hi": _hindi,
    "mr": _marathi,
}

_MOMENT = "a moment such as 2026-10-12T10:05"


def _date(value: Any) -> date:
    if isinstance(value, date):
        return value
    at = _read(datetime.fromisoformat, value, "a date such as 2026-10-12")
    return at.date()


def _time(value: Any) -> time:
    if isinstance(value, datetime):
        return value.time()
    if isinstance(value, time):
        return value
    if isinstance(value, str) and len(value.strip()) > len("10:05:00.000000"):
        return _read(datetime.fromisoformat, value, _MOMENT).time()
    return _read(time.fromisoformat, value, "a time such as 10:05")


def _read(reader: Callable[[str], _Value], value: Any, what: str) -> _Value:
    try:
        return reader(value.strip())
    except (AttributeError, TypeError, ValueError):
        raise ValueError(f"`{str(value)[:40]}` is not {what}") from None
