"""Dates, times and durations to be spoken, and what is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.speech.dates import spoken_date, spoken_datetime, spoken_duration, spoken_time
from switch.speech.languages import LANGUAGES


@pytest.mark.parametrize(
    ("year", "code", "expected"),
    [
        (1900, "en", "19 hundred"),
        (1905, "en", "19 oh 5"),
        (2000, "en", "2000"),
        (2009, "en", "2009"),
        (2010, "en", "20 10"),
        (2100, "en", "2100"),
        (1900, "hi", "19 सौ"),
        (1947, "mr", "19 शे 47"),
        (2026, "mr", "2026"),
        (1999, "es", "1999"),
    ],
)
def test_years(year: int, code: str, expected: str) -> None:
    assert spoken_date(date(year, 3, 2), code).endswith(expected)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("en", "Tuesday, December 1st, 20 26"),
        ("en-GB", "Tuesday, 1st December 20 26"),
        ("es", "martes, 1 de diciembre de 2026"),
        ("es-419", "martes, 1º de diciembre de 2026"),
        ("hi", "मंगलवार, 1 दिसंबर 2026"),
        ("mr", "मंगळवार, 1 डिसेंबर 2026"),
    ],
)
def test_the_first_of_a_month_with_its_weekday(code: str, expected: str) -> None:
    assert spoken_date("2026-12-01", code, weekday=True) == expected


@pytest.mark.parametrize("value", ["2026-10-12", "2026-10-12T23:59", date(2026, 10, 12)])
def test_a_date_may_come_as_text_or_with_a_time(value: Any) -> None:
    assert spoken_date(value, "en") == "October 12th, 20 26"


@pytest.mark.parametrize(
    ("at", "code", "expected"),
    [
        ("00:00", "en", "12 midnight"),
        ("00:05", "en", "12 oh 5 AM"),
        ("11:59", "en", "11 59 AM"),
        ("12:00", "en", "12 noon"),
        ("12:30", "en", "12 30 PM"),
        ("23:00", "en", "11 PM"),
        ("00:00", "es", "las 12 de la noche"),
        ("01:10", "es", "la una y 10 de la madrugada"),
        ("12:00", "es", "las 12 del mediodía"),
        ("12:15", "es", "las 12 y 15 de la tarde"),
        ("20:00", "es", "las 8 de la noche"),
        ("03:00", "hi", "रात 3 बजे"),
        ("04:00", "hi", "सुबह 4 बजे"),
        ("16:01", "hi", "शाम 4 बजकर 1 मिनट"),
        ("05:00", "mr", "पहाटे 5 वाजता"),
        ("12:01", "mr", "दुपारी 12 वाजून 1 मिनिट"),
        ("21:30", "mr", "रात्री 9 वाजून 30 मिनिटे"),
    ],
)
def test_times_by_the_clock_of_twelve(at: str, code: str, expected: str) -> None:
    assert spoken_time(at, code) == expected
    assert spoken_time(time.fromisoformat(at), code) == expected


def test_a_moment_is_told_in_its_own_zone() -> None:
    moment = datetime(2026, 10, 12, 10, 5, tzinfo=UTC)
    assert spoken_time(moment, "en") == spoken_time("2026-10-12T10:05:00+05:30", "en")
    assert spoken_datetime(moment, "en", weekday=True) == (
        "Monday, October 12th, 20 26 at 10 oh 5 AM"
    )
    assert spoken_datetime("2026-10-12T13:00", "es") == (
        "12 de octubre de 2026 a la una de la tarde"
    )


@pytest.mark.parametrize(
    ("seconds", "code", "expected"),
    [
        (0, "en", "0 seconds"),
        (0.4, "hi", "0 सेकंड"),
        (59.6, "en", "1 minute"),
        (61, "en", "1 minute and 1 second"),
        (3600, "en", "1 hour"),
        (3601, "en", "1 hour"),
        (90_061, "en", "1 day and 1 hour"),
        ("240", "es", "cuatro minutos"),
        (75_600, "es", "veintiuna horas"),
        (1_260, "es", "veintiún minutos"),
        (3660, "mr", "1 तास 1 मिनिट"),
    ],
)
def test_durations_by_their_two_largest_units(seconds: Any, code: str, expected: str) -> None:
    assert spoken_duration(seconds, code) == expected


@pytest.mark.parametrize(
    ("function", "value", "message"),
    [
        (spoken_date, "12/10/2026", "`12/10/2026` is not a date such as 2026-10-12"),
        (spoken_date, 20261012, "is not a date"),
        (spoken_date, None, "`None` is not a date"),
        (spoken_date, "2026-02-30", "is not a date"),
        (spoken_time, "25:00", "`25:00` is not a time such as 10:05"),
        (spoken_time, 10.05, "is not a time"),
        (spoken_time, "a long way from any time", "is not a moment"),
        (spoken_datetime, "yesterday", "is not a moment such as 2026-10-12T10:05"),
        (spoken_duration, -5, "a duration of -5 seconds is less than nothing"),
        (spoken_duration, "soon", "`soon` is not a number"),
        (spoken_duration, 10**20, "too large a number"),
    ],
)
def test_what_cannot_be_spoken_is_told(
    function: Callable[[Any, str], str], value: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        function(value, "en")


@given(st.datetimes(), st.sampled_from(sorted(LANGUAGES)))
def test_every_moment_can_be_spoken_in_every_language(at: datetime, code: str) -> None:
    said = spoken_datetime(at, code, weekday=True)
    assert 0 < len(said) < 200
    assert said == spoken_datetime(at.isoformat(), code, weekday=True)
