"""Public holidays by place, looked up in a package that knows them."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from switch.public_holidays import HolidayCalendar, UnknownHolidays


def test_knows_the_days_of_a_country_and_of_its_parts() -> None:
    india, maharashtra = HolidayCalendar("IN"), HolidayCalendar("IN", "MH")
    assert india.name(date(2026, 8, 15)) == "Independence Day"
    assert india.name(date(2026, 8, 16)) == ""
    assert maharashtra.name(date(2027, 5, 1)) == "Maharashtra Day"
    assert india.name(date(2027, 5, 1)) == ""


def test_names_are_english_where_they_can_be() -> None:
    assert HolidayCalendar("DE").name(date(2026, 10, 3)) == "German Unity Day"
    assert HolidayCalendar("ES").name(date(2026, 1, 6)) == "Epiphany"


def test_on_some_holidays_work_goes_on() -> None:
    calendar = HolidayCalendar("IN", "MH", ["MAHARASHTRA DAY"])
    assert calendar.name(date(2026, 5, 1)) == "Buddha Purnima"
    assert calendar.name(date(2026, 1, 26)) == "Republic Day"


@pytest.mark.parametrize(
    ("place", "given", "could_be"),
    [
        (("IX", "", ()), "IX", "IN"),
        (("IN", "Pune", ()), "Pune", "MH"),
        (("IN", "MH", ("Yesterday",)), "Yesterday", "Republic Day"),
    ],
)
def test_what_is_not_known_is_told_with_what_is(
    place: tuple[str, str, tuple[str, ...]], given: str, could_be: str
) -> None:
    with pytest.raises(UnknownHolidays) as caught:
        HolidayCalendar(*place)
    assert caught.value.given == given
    assert could_be in caught.value.known


def test_the_package_is_loaded_by_those_who_use_it_alone() -> None:
    code = "import sys, switch.schedule_fields\nsys.exit('holidays' in sys.modules)\n"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
