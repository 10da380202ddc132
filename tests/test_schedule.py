"""Opening hours: open or not, why, and when that changes, over every change of the clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from switch.schedule import Day, Schedule, ScheduleState, Span

KOLKATA = ZoneInfo("Asia/Kolkata")
BERLIN = ZoneInfo("Europe/Berlin")

NINE_TO_SIX = (Span(9 * 60, 18 * 60),)
ALL_DAY = (Span(0, 24 * 60),)
NIGHT = (Span(22 * 60, 30 * 60),)
CLOSED: tuple[Span, ...] = ()

OFFICE = (*[NINE_TO_SIX] * 5, CLOSED, CLOSED)


class Named:
    """Holidays by date, as a calendar gives them."""

    def __init__(self, days: Mapping[date, str]) -> None:
        self._days = days

    def name(self, day: date) -> str:
        return self._days.get(day, "")


def office(days: Mapping[date, Day] | None = None) -> Schedule:
    return Schedule(
        zone=KOLKATA,
        weekly=OFFICE,
        days=days or {},
        holidays=Named({date(2026, 1, 26): "Republic Day"}),
    )


def kolkata(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KOLKATA)


def berlin(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold)


class TestState:
    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            ("2026-01-23 08:59:59.999999", ScheduleState(False, "closed")),
            ("2026-01-23 09:00", ScheduleState(True, "open")),
            ("2026-01-23 17:59:59.999999", ScheduleState(True, "open")),
            ("2026-01-23 18:00", ScheduleState(False, "closed")),
            ("2026-01-24 12:00", ScheduleState(False, "closed")),
            ("2026-01-26 12:00", ScheduleState(False, "holiday: Republic Day")),
        ],
    )
    def test_says_why(self, at: str, expected: ScheduleState) -> None:
        assert office().state(kolkata(at)) == expected
        assert office().is_open(kolkata(at)) == expected.open

    def test_is_of_the_moment_whatever_zone_it_is_told_in(self) -> None:
        assert office().is_open(datetime(2026, 1, 23, 3, 30, tzinfo=UTC))
        assert not office().is_open(datetime(2026, 1, 23, 3, 29, tzinfo=UTC))

    def test_a_closure_goes_before_the_week(self) -> None:
        closed = office({date(2026, 1, 23): Day(why="stock-taking")})
        state = closed.state(kolkata("2026-01-23 12:00"))
        assert state == ScheduleState(False, "closure: stock-taking")
        assert office({date(2026, 1, 23): Day()}).state(kolkata("2026-01-23 12:00")) == (
            ScheduleState(False, "closure")
        )

    def test_an_opening_goes_before_a_holiday_and_has_hours_of_its_own(self) -> None:
        schedule = office({date(2026, 1, 26): Day((Span(600, 720),), "sale")})
        assert schedule.state(kolkata("2026-01-26 11:00")) == ScheduleState(True, "opening: sale")
        assert schedule.state(kolkata("2026-01-26 13:00")) == ScheduleState(False, "closed")

    def test_a_night_belongs_to_the_day_it_begins_on(self) -> None:
        nights = Schedule(zone=KOLKATA, weekly=(NIGHT,) * 7, days={date(2026, 1, 24): Day()})
        assert nights.is_open(kolkata("2026-01-23 23:00"))
        assert nights.is_open(kolkata("2026-01-24 05:59"))
        assert not nights.is_open(kolkata("2026-01-24 06:00"))
        assert not nights.is_open(kolkata("2026-01-25 05:00"))
        assert nights.is_open(kolkata("2026-01-25 22:00"))

    def test_a_moment_without_a_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="has no time zone"):
            office().state(datetime(2026, 1, 23, 12))  # noqa: DTZ001 - that is the point


class TestNextChange:
    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            ("2026-01-23 08:00", "2026-01-23 09:00"),
            ("2026-01-23 09:00", "2026-01-23 18:00"),
            ("2026-01-23 18:00", "2026-01-27 09:00"),  # over a weekend and a holiday
        ],
    )
    def test_is_when_it_opens_or_closes(self, at: str, expected: str) -> None:
        found = office().next_change(kolkata(at))
        assert found == kolkata(expected)
        assert found is not None
        assert found.tzinfo is UTC

    def test_next_open_is_now_while_it_is_open(self) -> None:
        assert office().next_open(kolkata("2026-01-23 12:00")) == kolkata("2026-01-23 12:00")
        assert office().next_open(kolkata("2026-01-23 19:00")) == kolkata("2026-01-27 09:00")

    def test_never_comes_where_nothing_changes(self) -> None:
        at = kolkata("2026-01-23 12:00")
        always = Schedule(zone=KOLKATA, weekly=(ALL_DAY,) * 7)
        never = Schedule(zone=KOLKATA, weekly=(CLOSED,) * 7)
        assert always.next_change(at) is None
        assert always.next_open(at) == at
        assert never.next_change(at) is None
        assert never.next_open(at) is None

    def test_the_last_opening_of_all_closes(self) -> None:
        once = {date(2026, 1, 23): Day(NINE_TO_SIX)}
        schedule = Schedule(zone=KOLKATA, weekly=(CLOSED,) * 7, days=once)
        assert schedule.next_change(kolkata("2026-01-23 12:00")) == kolkata("2026-01-23 18:00")
        assert schedule.next_change(kolkata("2026-01-23 18:00")) is None
        whole = {date(2026, 1, 23): Day(ALL_DAY)}
        schedule = Schedule(zone=KOLKATA, weekly=(CLOSED,) * 7, days=whole)
        assert schedule.next_change(kolkata("2026-01-23 12:00")) == kolkata("2026-01-24 00:00")

    def test_a_whole_day_after_a_closed_evening_is_none_of_it(self) -> None:
        schedule = Schedule(zone=KOLKATA, weekly=(NINE_TO_SIX, *[ALL_DAY] * 6))
        assert schedule.next_change(kolkata("2026-01-19 12:00")) == kolkata("2026-01-19 18:00")
        assert schedule.next_change(kolkata("2026-01-20 12:00")) == kolkata("2026-01-26 00:00")

    def test_halves_that_make_whole_days_never_close(self) -> None:
        halves = (Span(0, 720), Span(720, 1440))
        schedule = Schedule(zone=KOLKATA, weekly=(halves,) * 7)
        assert schedule.next_change(kolkata("2026-01-19 12:00")) is None

    def test_spans_that_touch_are_one(self) -> None:
        joined = (Span(0, 600), Span(600, 1440))
        schedule = Schedule(zone=KOLKATA, weekly=(*[joined] * 6, NINE_TO_SIX))
        found = schedule.next_change(kolkata("2026-01-19 12:00"))
        assert found == kolkata("2026-01-25 00:00")

    def test_a_night_that_reaches_into_the_next_opening_is_one_with_it(self) -> None:
        night, day = (Span(20 * 60, 34 * 60),), NINE_TO_SIX
        schedule = Schedule(zone=KOLKATA, weekly=(night, day, *[CLOSED] * 5))
        assert schedule.next_change(kolkata("2026-01-19 23:00")) == kolkata("2026-01-20 18:00")

    def test_a_one_off_day_years_ahead_is_found(self) -> None:
        day = date(2031, 5, 1)
        always = Schedule(zone=KOLKATA, weekly=(ALL_DAY,) * 7, days={day: Day()})
        assert always.next_change(kolkata("2026-01-23 12:00")) == kolkata("2031-05-01 00:00")
        never = Schedule(zone=KOLKATA, weekly=(CLOSED,) * 7, days={day: Day(NINE_TO_SIX)})
        assert never.next_open(kolkata("2026-01-23 12:00")) == kolkata("2031-05-01 09:00")


class TestClockChanges:
    """Berlin: 02:00 is 03:00 on 2026-03-29, and 03:00 is 02:00 on 2026-10-25."""

    def at_night(self, start: int, end: int) -> Schedule:
        return Schedule(zone=BERLIN, weekly=((Span(start, end),),) * 7)

    def test_hours_keep_to_the_clock_on_the_wall(self) -> None:
        schedule = Schedule(zone=BERLIN, weekly=(NINE_TO_SIX,) * 7)
        before = schedule.next_change(berlin("2026-03-28 20:00"))
        assert before == datetime(2026, 3, 29, 7, tzinfo=UTC)  # 9:00 in summer
        assert schedule.next_change(berlin("2026-03-27 20:00")) == (
            datetime(2026, 3, 28, 8, tzinfo=UTC)  # 9:00 in winter
        )

    def test_a_start_that_is_skipped_is_where_the_clock_goes_on(self) -> None:
        schedule = self.at_night(150, 300)
        assert schedule.next_change(berlin("2026-03-29 00:00")) == berlin("2026-03-29 03:00")

    def test_an_end_that_is_skipped_is_where_the_clock_goes_on(self) -> None:
        schedule = self.at_night(60, 150)
        assert schedule.next_change(berlin("2026-03-29 01:30")) == berlin("2026-03-29 03:00")

    def test_what_is_skipped_altogether_never_opens(self) -> None:
        schedule = self.at_night(135, 165)
        assert schedule.next_change(berlin("2026-03-28 12:00")) == berlin("2026-03-30 02:15")

    def test_an_open_span_goes_on_through_the_hour_that_comes_twice(self) -> None:
        schedule = self.at_night(150, 300)
        assert not schedule.is_open(berlin("2026-10-25 02:29"))
        assert schedule.is_open(berlin("2026-10-25 02:30"))
        assert schedule.is_open(berlin("2026-10-25 02:15", fold=1))
        assert schedule.next_change(berlin("2026-10-25 02:30")) == berlin("2026-10-25 05:00")

    def test_an_end_that_comes_twice_is_the_second(self) -> None:
        schedule = self.at_night(60, 150)
        found = schedule.next_change(berlin("2026-10-25 01:00"))
        assert found == berlin("2026-10-25 02:30", fold=1).astimezone(UTC)

    def test_all_day_is_25_hours_long_and_never_interrupted(self) -> None:
        schedule = Schedule(zone=BERLIN, weekly=(*[CLOSED] * 6, ALL_DAY))
        opens = schedule.next_change(berlin("2026-10-24 12:00"))
        assert opens is not None
        closes = schedule.next_change(opens)
        assert closes is not None
        assert closes - opens == timedelta(hours=25)


ZONES_AND_CHANGES = [
    ("Asia/Kolkata", datetime(2026, 1, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),  # half an hour back
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 11, 1, 5, tzinfo=UTC)),  # 1:00 is 0:00
    ("America/Havana", datetime(2026, 3, 8, 5, tzinfo=UTC)),  # there is no midnight
    ("America/St_Johns", datetime(2009, 11, 1, 2, 31, tzinfo=UTC)),  # 0:01 is 23:01 the day before
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),  # there is no 30 December
]

spans = st.builds(
    lambda start, length: Span(start, start + length),
    st.integers(0, 1439),
    st.integers(1, 1440),
)
days_spans = st.lists(spans, max_size=3).map(
    lambda found: tuple(
        span
        for place, span in enumerate(sorted(found, key=lambda each: each.start))
        if not place or span.start >= sorted(found, key=lambda each: each.start)[place - 1].end
    )
)

weekdays = st.one_of(st.sampled_from([CLOSED, ALL_DAY]), days_spans)


@st.composite
def schedules(draw: st.DrawFn) -> tuple[Schedule, datetime]:
    """A schedule and a moment near a change of its clock."""
    name, change = draw(st.sampled_from(ZONES_AND_CHANGES))
    some_days = st.sampled_from([change.date() + timedelta(days=day) for day in range(-2, 4)])
    one_off = draw(st.dictionaries(some_days, st.builds(Day, days_spans), max_size=3))
    named = draw(st.dictionaries(some_days, st.just("a feast"), max_size=2))
    schedule = Schedule(
        zone=ZoneInfo(name),
        weekly=tuple(draw(st.lists(weekdays, min_size=7, max_size=7))),
        days=one_off,
        holidays=Named(named),
    )
    return schedule, change + timedelta(minutes=draw(st.integers(-2880, 2880)))


@settings(max_examples=60)
@given(schedules())
def test_between_two_changes_nothing_changes(drawn: tuple[Schedule, datetime]) -> None:
    schedule, at = drawn
    changes = schedule.next_change(at)
    now = schedule.is_open(at)
    for minute in range(1, 2 * 1440):
        moment = at + timedelta(minutes=minute)
        if moment == changes:
            now = not now
            changes = schedule.next_change(moment)
        assert schedule.is_open(moment) == now


@settings(max_examples=60)
@given(schedules())
def test_where_the_clock_goes_straight_on_hours_are_what_it_shows(
    drawn: tuple[Schedule, datetime],
) -> None:
    schedule, at = drawn
    for quarter in range(2 * 96):
        moment = (at + timedelta(minutes=15 * quarter)).astimezone(schedule.zone)
        near = [moment + timedelta(days=day) for day in (-1.5, 1.5)]
        if len({each.utcoffset() for each in near}) > 1:
            continue
        today = moment.date()
        minute = moment.hour * 60 + moment.minute
        shown = [(today, minute), (today - timedelta(days=1), minute + 1440)]
        expected = any(
            span.start <= since_midnight < span.end
            for day, since_midnight in shown
            for span in plan(schedule, day)
        )
        assert schedule.is_open(moment) == expected


def plan(schedule: Schedule, day: date) -> tuple[Span, ...]:
    """Return the spans of a day by reading the rules once more."""
    if day in schedule.days:
        return schedule.days[day].spans
    if schedule.holidays is not None and schedule.holidays.name(day):
        return ()
    return schedule.weekly[day.weekday()]
