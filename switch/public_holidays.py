"""PURE: public holidays by country and subdivision, from the package `holidays`.

The package is imported when the first calendar is made, which takes 0.3 s: who has no
holidays in the configuration does not pay for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

_SAMPLE_YEARS = range(2020, 2032)
"""Years whose holidays are known by name to a person who misspells one."""


class UnknownHolidays(ValueError):
    """A country, subdivision or holiday that the package does not know."""

    def __init__(self, given: str, known: Sequence[str]) -> None:
        self.given = given
        self.known = known
        """What could have been meant."""
        super().__init__(given)


class HolidayCalendar:
    """The public holidays of one place; a `switch.schedule.Holidays`."""

    def __init__(self, country: str, subdivision: str = "", working: Iterable[str] = ()) -> None:
        """Find the place.

        Args:
            country: ISO 3166-1 code, for example `IN`.
            subdivision: its part by ISO 3166-2 without the country, for example `MH`.
            working: names of holidays on which work goes on; case does not matter.

        Raises:
            UnknownHolidays: for a name that is not known.
        """
        countries = _countries()
        if country not in countries:
            raise UnknownHolidays(country, sorted(countries))
        if subdivision and subdivision not in countries[country]:
            raise UnknownHolidays(subdivision, countries[country])
        self._calendar = _calendar(country, subdivision)
        self._working = frozenset(name.casefold() for name in working)
        for name in working:
            known = self.names()
            if name.casefold() not in {each.casefold() for each in known}:
                raise UnknownHolidays(name, known)

    def name(self, day: date) -> str:
        """Return the name of the holiday that closes this day; empty when none does."""
        # Asking for a day makes the whole year known, which takes a quarter of a millisecond once.
        names = self._calendar.get_list(day)
        return ", ".join(name for name in names if name.casefold() not in self._working)

    def names(self) -> list[str]:
        """Return the names of the holidays of these years, sorted."""
        for year in _SAMPLE_YEARS:
            self._calendar.get(date(year, 1, 1))
        found = {name for day in self._calendar for name in self._calendar.get_list(day)}
        return sorted(found)


@cache
def _countries() -> Mapping[str, list[str]]:
    import holidays

    return holidays.list_supported_countries()


def _calendar(country: str, subdivision: str) -> Any:
    import holidays

    language = "en_US"
    known = getattr(holidays, country)
    return holidays.country_holidays(
        country,
        subdiv=subdivision or None,
        language=language if language in known.supported_languages else None,
    )
