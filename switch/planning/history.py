"""From calls as they were to calls as they may come, queue by queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from switch.errors import PlanningError
from switch.frozen import frozen
from switch.planning.arrivals import Arrivals, ByInterval, DayByDay
from switch.planning.calls import INTERVAL_SECONDS
from switch.planning.distributions import Empirical, Exponential
from switch.planning.model import DAY_SECONDS, Stream


@frozen()
class PastCall:
    """A call that once came to a queue."""

    queue: str
    at: datetime
    """When it came, in the zone whose days are meant."""
    waited_seconds: float
    talked_seconds: float | None
    """None: it was not answered."""
    gave_up: bool = False
    """The caller hung up while waiting; not sent away, not timed out."""


def streams_of(calls: Sequence[PastCall], *, replay: bool = False) -> tuple[Stream, ...]:
    """Return the traffic of each queue: an average day, or the days as they were.

    Arrivals: mean calls by half hour, over all days from the first to the last on which any
    queue had calls; to `replay`, the very times of each of these days. Talk: any of the talks
    there were. Patience: exponential; its mean is the time that all callers waited over the
    number of those who gave up, which is the maximum likelihood estimate where the others'
    patience is only known to be longer.

    Raises:
        PlanningError: there are no calls, or a queue's were never answered.
    """
    if not calls:
        raise PlanningError("there are no calls to a queue on record for that time")
    first, days = _days_of(calls)
    by_queue: dict[str, list[PastCall]] = {}
    for call in calls:
        by_queue.setdefault(call.queue, []).append(call)
    return tuple(
        _stream(name, found, _replayed(found, first, days) if replay else _averaged(found, days))
        for name, found in by_queue.items()
    )


def days_on_record(calls: Sequence[PastCall]) -> int:
    """Return how many days there are from the first call's to the last one's, 0 without any."""
    return _days_of(calls)[1] if calls else 0


def _days_of(calls: Sequence[PastCall]) -> tuple[date, int]:
    days = [call.at.date() for call in calls]
    return min(days), (max(days) - min(days)).days + 1


def _averaged(calls: Sequence[PastCall], days: int) -> ByInterval:
    intervals = [0.0] * int(DAY_SECONDS // INTERVAL_SECONDS)
    for call in calls:
        intervals[int(_second_of(call) // INTERVAL_SECONDS)] += 1 / days
    return ByInterval(0.0, INTERVAL_SECONDS, intervals)


def _replayed(calls: Sequence[PastCall], first: date, days: int) -> DayByDay:
    times: list[list[float]] = [[] for _ in range(days)]
    for call in calls:
        times[(call.at.date() - first).days].append(_second_of(call))
    return DayByDay(times)


def _second_of(call: PastCall) -> float:
    """Return the second of the day, by the clock on the wall."""
    at = call.at
    return at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6


def _stream(queue: str, calls: Sequence[PastCall], arrivals: Arrivals) -> Stream:
    talks = [call.talked_seconds for call in calls if call.talked_seconds is not None]
    if not talks:
        raise PlanningError(
            f"no call to the queue {queue!r} was answered: how long calls last is not known"
        )
    impatient = sum(call.gave_up for call in calls)
    waited = sum(call.waited_seconds for call in calls)
    return Stream(
        queue,
        arrivals,
        Empirical(talks),
        wraps_up=True,
        patience=Exponential(waited / impatient) if impatient and waited > 0 else None,
    )
