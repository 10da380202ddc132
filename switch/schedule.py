"""PURE: opening hours: when something is open, why not, and when that changes next.

Hours are what a clock on the wall in the schedule's time zone shows, so a change of that
clock needs rules. A span begins at the first moment at which the clock shows its start or
later, and ends after the last moment at which it shows less than its end: in the hour that
is skipped in spring nothing is open that begins and ends within it, and in the hour that is
passed twice in autumn an open span stays open. A span that passes midnight belongs to the
day on which it begins: closing that day closes all of it, and closing the next day does not
cut it short.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol

from switch.frozen import frozen

MINUTES_A_DAY = 24 * 60

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)
_LOOK_AHEAD = timedelta(days=400)
"""Beyond the last one-off day: longer than a year of weekly hours and public holidays."""


@frozen()
class Span:
    """From one time of day to another; the end does not belong to it."""

    start: int
    """Minutes after midnight, 0 to 1439."""
    end: int
    """Minutes after the same midnight: above `start`, beyond 1440 on the next day."""


@frozen()
class Day:
    """What holds on one day instead of the weekly hours."""

    spans: tuple[Span, ...] = ()
    """In order and apart from each other; empty: closed."""
    why: str = ""
    """For people, as given in the file."""


@frozen()
class ScheduleState:
    """Whether it is open, and for what reason."""

    open: bool
    why: str
    """`open`, `opening: WHY`, `closed`, `closure: WHY` or `holiday: NAME`."""


class Holidays(Protocol):
    """Public holidays of one place."""

    def name(self, day: date) -> str:
        """Return the name of the holiday that closes this day; empty when none does."""
        ...


@frozen()
class _Plan:
    """What holds on one day, whatever it comes from."""

    spans: tuple[Span, ...]
    opening: str
    closing: str


@frozen(kw_only=True)
class Schedule:
    """Opening hours in a time zone.

    One-off days go before public holidays, and those before the weekly hours. All moments
    that come in must know their zone; all that go out are UTC.
    """

    zone: tzinfo
    weekly: tuple[tuple[Span, ...], ...]
    """Seven, from Monday on; the spans of a day in order and apart from each other."""
    days: Mapping[date, Day] = field(default_factory=dict)
    """One-off closures and openings."""
    holidays: Holidays | None = None

    def is_open(self, at: datetime) -> bool:
        """Return whether it is open at a moment."""
        return self.state(at).open

    def state(self, at: datetime) -> ScheduleState:
        """Return whether it is open at a moment, and why."""
        today = _aware(at).astimezone(self.zone).date()
        # Yesterday's night may last until now. Tomorrow has begun already where the clock
        # goes back over midnight.
        for day in (today - _DAY, today, today + _DAY):
            plan = self._plan(day)
            for start, end in self._moments(day, plan.spans):
                if start <= at < end:
                    return ScheduleState(True, plan.opening)
        return ScheduleState(False, self._plan(today).closing)

    def next_change(self, at: datetime) -> datetime | None:
        """Return the first moment after `at` at which it opens or closes; None: never."""
        is_open = self.is_open(at)
        until = at
        for start, end in self._spans_from(at):
            if not is_open:
                if start > at:
                    return start
            elif start > until:
                return until
            elif end > until:
                until = end
        return None

    def next_open(self, at: datetime) -> datetime | None:
        """Return the first moment from `at` on at which it is open; None: never."""
        return at.astimezone(UTC) if self.is_open(at) else self.next_change(at)

    def _spans_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield what is open from about `at` on, by start; a year of nothing ends it."""
        day = at.astimezone(self.zone).date() - _DAY
        last = max(self.days, default=day) if self.days else day
        horizon = max(day, last) + _LOOK_AHEAD
        while day < horizon:
            yield from self._moments(day, self._plan(day).spans)
            day += _DAY

    def _plan(self, day: date) -> _Plan:
        one_off = self.days.get(day)
        if one_off is not None:
            why = f": {one_off.why}" if one_off.why else ""
            if one_off.spans:
                return _Plan(one_off.spans, f"opening{why}", "closed")
            return _Plan((), "", f"closure{why}")
        if self.holidays is not None and (holiday := self.holidays.name(day)):
            return _Plan((), "", f"holiday: {holiday}")
        return _Plan(self.weekly[day.weekday()], "open", "closed")

    def _moments(self, day: date, spans: Sequence[Span]) -> Iterator[tuple[datetime, datetime]]:
        """Yield the spans of a day as moments; what the clock never shows is left out."""
        for span in spans:
            start = _first_moment(_wall(day, span.start), self.zone)
            end = _first_moment_after(_wall(day, span.end), self.zone)
            if start < end:
                yield start, end


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone; a schedule needs to know the moment")
    return at


def _wall(day: date, minutes: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minutes)


def _first_moment(wall: datetime, zone: tzinfo) -> datetime:
    """Return the first moment at which the clock shows this time or a later one."""
    early = wall.replace(tzinfo=zone)
    late = early.replace(fold=1)
    # PEP 495: in a gap, fold 0 counts by the offset before it, which is the smaller one.
    if _offset(early) >= _offset(late):
        return early.astimezone(UTC)
    return _gap_end(late.astimezone(UTC), early.astimezone(UTC), zone)


def _first_moment_after(wall: datetime, zone: tzinfo) -> datetime:
    """Return the moment after the last one at which the clock shows less than this time."""
    early = (wall - _TICK).replace(tzinfo=zone)
    late = early.replace(fold=1)
    if _offset(early) >= _offset(late):
        return late.astimezone(UTC) + _TICK
    return _gap_end(late.astimezone(UTC), early.astimezone(UTC), zone)


def _gap_end(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """Return the moment between two at which the clock is put forward, to the second."""
    old = before.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds()) + 1
    while high - low > 1:
        middle = (low + high) // 2
        if (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return (before + timedelta(seconds=high)).replace(microsecond=0)


def _offset(at: datetime) -> timedelta:
    return at.utcoffset() or timedelta()
