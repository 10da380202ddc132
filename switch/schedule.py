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

from collections.abc import Iterator, Mapping
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


_WHOLE_DAY = (Span(0, MINUTES_A_DAY),)


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
            for start, end in self._moments(day):
                if start <= at < end:
                    return ScheduleState(True, self._reason(day, "opening", "open"))
        return ScheduleState(False, self._reason(today, "closure", "closed"))

    def next_change(self, at: datetime) -> datetime | None:
        """Return the first moment after `at` at which it opens or closes; None: never."""
        if self.is_open(at):
            return self._next_close(at)
        later = (start for day in self._days_from(at) for start, _ in self._moments(day))
        return next((start for start in later if start > at), None)

    def next_open(self, at: datetime) -> datetime | None:
        """Return the first moment from `at` on at which it is open; None: never."""
        return at.astimezone(UTC) if self.is_open(at) else self.next_change(at)

    def _next_close(self, at: datetime) -> datetime | None:
        until = at.astimezone(UTC)
        today = day = at.astimezone(self.zone).date()
        whole: date | None = None  # the last of the whole days on end that carry it on
        for day in self._days_from(at):
            is_whole = self._spans(day) == _WHOLE_DAY
            if is_whole and (day <= today or whole == day - _DAY):
                whole = day  # years may be like this: nothing is reckoned until it ends
                continue
            if whole is not None:
                until = max(until, _first_moment_after(_wall(whole, MINUTES_A_DAY), self.zone))
            for start, end in self._moments(day):
                if start > until:
                    return until
                until = max(until, end)
            whole = day if is_whole else None
        if whole is not None or until >= _first_moment(_wall(day + _DAY, 0), self.zone):
            return None
        return until

    def _days_from(self, at: datetime) -> Iterator[date]:
        """Yield the days from the one before a moment on, until nothing new can come."""
        day = at.astimezone(self.zone).date() - _DAY
        horizon = max([day, *self.days]) + _LOOK_AHEAD
        while day < horizon:
            yield day
            day += _DAY

    def _spans(self, day: date) -> tuple[Span, ...]:
        """Return what is open on a day, whatever that comes from."""
        one_off = self.days.get(day)
        if one_off is not None:
            return one_off.spans
        if self.holidays is not None and self.holidays.name(day):
            return ()
        return self.weekly[day.weekday()]

    def _reason(self, day: date, one_off_kind: str, usual: str) -> str:
        """Return why it is open or closed on a day."""
        one_off = self.days.get(day)
        if one_off is not None:
            if (one_off_kind == "closure") == bool(one_off.spans):
                return usual  # closed outside the hours of an opening
            return f"{one_off_kind}: {one_off.why}" if one_off.why else one_off_kind
        if self.holidays is not None and (holiday := self.holidays.name(day)):
            return f"holiday: {holiday}"
        return usual

    def _moments(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """Yield the spans of a day as moments; what the clock never shows is left out."""
        for span in self._spans(day):
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
