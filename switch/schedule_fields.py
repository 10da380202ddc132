"""PURE: opening hours as they stand in a YAML file, each mistake told with what was meant."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from switch.public_holidays import HolidayCalendar, UnknownHolidays
from switch.schedule import MINUTES_A_DAY, Day, Schedule, Span
from switch.yaml_wording import complaint_at, did_you_mean

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_SPANS = 24
"""In one day."""
MAX_CLOSED_DAYS = 366
"""In one closure."""

_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_SPAN_HINT = 'write it like "09:00-18:00"; all day is "00:00-24:00"'


def _span(value: Any, *path: int) -> Span:
    if isinstance(value, Span):
        return value
    match = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        given = f"`{str(value)[:40]}`"
        raise complaint_at(f"{given} is not a span of hours", _span_hint(value), *path)
    hours, minutes, end_hours, end_minutes = (int(part) for part in match.groups())
    start, end = hours * 60 + minutes, end_hours * 60 + end_minutes
    if max(minutes, end_minutes) > 59 or start >= MINUTES_A_DAY or end > MINUTES_A_DAY:
        hint = "00:00 to 23:59; an end may be 24:00"
        raise complaint_at(f"`{value}` holds no times of day", hint, *path)
    if start == end:
        raise complaint_at(f"`{value}` has no length", _SPAN_HINT, *path)
    return Span(start, end if end > start else end + MINUTES_A_DAY)


def _span_hint(value: Any) -> str:
    bare = re.fullmatch(r"\s*(\d{1,2})\s*-\s*(\d{1,2})\s*", str(value))
    if bare and int(bare[1]) < 24 and int(bare[2]) <= 24:
        return f'did you mean "{int(bare[1]):02}:00-{int(bare[2]):02}:00"?'
    return _SPAN_HINT


def _spans(value: Any) -> tuple[Span, ...]:
    """Return the spans of a day: one text, a list of them, or nothing for closed."""
    if value is None or value == "closed":
        return ()
    if isinstance(value, list | tuple):
        if len(value) > MAX_SPANS:
            raise complaint_at(f"has {len(value)} spans, {MAX_SPANS} at most")
        found = (_span(each, place) for place, each in enumerate(value))
        spans = sorted(found, key=lambda span: span.start)
    else:
        spans = [_span(value)]
    for first, second in itertools.pairwise(spans):
        if second.start < first.end:
            raise complaint_at(f"{_shown(first)} and {_shown(second)} overlap")
    return tuple(spans)


def _shown(span: Span) -> str:
    ends = divmod(span.start, 60), divmod(span.end % MINUTES_A_DAY or MINUTES_A_DAY, 60)
    return "-".join(f"{hours:02}:{minutes:02}" for hours, minutes in ends)


_ONE_SPAN = {"type": "string", "examples": ["09:00-18:00"]}

Spans = Annotated[
    tuple[Span, ...],
    BeforeValidator(_spans),
    WithJsonSchema({"anyOf": [_ONE_SPAN, {"type": "array", "items": _ONE_SPAN}, {"type": "null"}]}),
]
"""Spans of one day: `"09:00-18:00"`, a list of such, or null (or `closed`) for none."""


def _date(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise complaint_at(
            f"`{str(value)[:40]}` is not a date", "write it like 2026-12-24"
        ) from None


Date = Annotated[date, BeforeValidator(_date)]


def _zone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = sorted(available_timezones())
        near = did_you_mean(value, known)
        hint = near if near.startswith("did") else "for example `Asia/Kolkata` or `UTC`"
        raise complaint_at(f"`{value[:40]}` is not a time zone", hint) from None


Zone = Annotated[str, AfterValidator(_zone)]
"""Name of a time zone in the IANA database, for example `Asia/Kolkata`."""


class ScheduleSection(BaseModel):
    """Base of every mapping in opening hours: no unknown keys, never changed."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, use_attribute_docstrings=True
    )


class HolidaysModel(ScheduleSection):
    """Public holidays on which it is closed."""

    country: str
    """ISO 3166 code of the country, for example `IN`."""
    subdivision: str = ""
    """Its state or province, for example `MH`; empty: only what the whole country keeps."""
    open: tuple[str, ...] = ()
    """Names of holidays on which it is open all the same."""

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        try:
            self.calendar()
        except UnknownHolidays as unknown:
            hint = did_you_mean(unknown.given, unknown.known)
            given = f"`{unknown.given[:40]}`"
            if unknown.given == self.country:
                message = f"{given} is not a country whose holidays are known"
                raise complaint_at(message, _code_hint(hint), "country") from None
            if unknown.given == self.subdivision:
                message = f"{given} is not a part of {self.country}"
                raise complaint_at(message, hint, "subdivision") from None
            message = f"{self.country} has no public holiday {given}"
            place = self.open.index(unknown.given)
            raise complaint_at(message, hint, "open", place) from None
        return self

    def calendar(self) -> HolidayCalendar:
        """Return the calendar that this stands for."""
        return _calendar(self.country, self.subdivision, self.open)


def _code_hint(hint: str) -> str:
    return hint if hint.startswith("did") else "two capital letters, for example `IN`"


@cache
def _calendar(country: str, subdivision: str, working: tuple[str, ...]) -> HolidayCalendar:
    return HolidayCalendar(country, subdivision, working)


class ClosedModel(ScheduleSection):
    """A day, or some days on end, on which it is closed."""

    on: Date | None = None
    """The only day."""
    from_: Date | None = Field(default=None, alias="from")
    """The first day of several."""
    to: Date | None = None
    """The last day of several."""
    why: str = ""
    """For people: `stock-taking`."""

    @model_validator(mode="after")
    def _is_one_or_several(self) -> Self:
        if (self.on is None) == (self.from_ is None):
            raise complaint_at("give either `on` or `from` and `to`")
        if (self.from_ is None) != (self.to is None):
            raise complaint_at("`from` and `to` need each other", "a single day is `on`")
        if self.from_ is not None and self.to is not None:
            if self.to < self.from_:
                raise complaint_at(f"{self.to} is before {self.from_}", "", "to")
            if (self.to - self.from_).days >= MAX_CLOSED_DAYS:
                message = f"is longer than {MAX_CLOSED_DAYS} days"
                raise complaint_at(message, "change the weekly hours instead", "to")
        return self

    def dates(self) -> Iterator[date]:
        """Yield every day of it."""
        first, last = self.on or self.from_, self.on or self.to
        assert first is not None
        assert last is not None
        for days in range((last - first).days + 1):
            yield first + timedelta(days=days)


class OpenModel(ScheduleSection):
    """A day with hours of its own, whatever the week, a holiday or a closure says."""

    on: Date
    """The day."""
    hours: Spans
    """When it is open on that day."""
    why: str = ""
    """For people: `late shopping`."""

    @model_validator(mode="after")
    def _has_hours(self) -> Self:
        if not self.hours:
            raise complaint_at("gives no hours", "a day without any goes under `closed`", "hours")
        return self


Weekly = Annotated[
    Mapping[str, Spans],
    AfterValidator(lambda weekly: _checked_week(weekly)),
]
"""Days (`mon`, `mon-fri`, `sat, sun`, `daily`) to hours; fewer days go before more."""


class ScheduleModel(ScheduleSection):
    """Opening hours in a time zone."""

    zone: Zone
    """Time zone of all hours here, for example `Asia/Kolkata`."""
    weekly: Weekly = Field(default_factory=dict)
    """Hours by day of the week; a day that is not named is closed."""
    holidays: HolidaysModel | None = None
    """Public holidays on which it is closed; null: none."""
    closed: tuple[ClosedModel, ...] = ()
    """One-off closures."""
    open: tuple[OpenModel, ...] = ()
    """One-off openings; they go before closures and holidays."""

    @model_validator(mode="after")
    def _opens_a_day_once(self) -> Self:
        seen: set[date] = set()
        for place, opening in enumerate(self.open):
            if opening.on in seen:
                hint = "give all its spans in one list of hours"
                raise complaint_at(f"{opening.on} is given twice", hint, "open", place, "on")
            seen.add(opening.on)
        return self

    def schedule(self) -> Schedule:
        """Return the opening hours that can be asked."""
        days = {day: Day(why=closure.why) for closure in self.closed for day in closure.dates()}
        days.update({each.on: Day(each.hours, each.why) for each in self.open})
        return Schedule(
            zone=ZoneInfo(self.zone),
            weekly=_week(self.weekly),
            days=days,
            holidays=None if self.holidays is None else self.holidays.calendar(),
        )


def _checked_week(weekly: Mapping[str, tuple[Span, ...]]) -> Mapping[str, tuple[Span, ...]]:
    _week(weekly)
    return weekly


def _week(weekly: Mapping[str, tuple[Span, ...]]) -> tuple[tuple[Span, ...], ...]:
    """Return the hours from Monday on.

    Raises:
        PydanticCustomError: a name of days is not known, or two mean the same day.
    """
    spans: list[tuple[Span, ...]] = [()] * 7
    named_by: dict[int, tuple[int, str]] = {}
    for name, hours in weekly.items():
        days = frozenset(_days(name))
        for day in days:
            width, other = named_by.get(day, (8, ""))
            if width == len(days):
                hint = f"in `{other}` and in `{name}`"
                raise complaint_at(f"`{DAYS[day]}` is given twice", hint, name)
            if len(days) < width:
                named_by[day] = len(days), name
                spans[day] = hours
    return tuple(spans)


def _days(name: str) -> Iterable[int]:
    """Yield the days, 0 for Monday, that a key of `weekly` names."""
    for part in name.lower().split(","):
        ends = [end.strip() for end in part.split("-")]
        if ends == ["daily"]:
            yield from range(7)
            continue
        for end in ends:
            if end not in DAYS:
                hint = did_you_mean(end, DAYS) if end else "for example `mon-fri`"
                raise complaint_at(f"`{name[:40]}` names no days", hint, name)
        if len(ends) > 2:
            raise complaint_at(f"`{name[:40]}` names no days", "for example `mon-fri`", name)
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        for step in range((last - first) % 7 + 1):
            yield (first + step) % 7
