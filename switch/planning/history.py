"""From calls as they were to calls as they may come: an average day, queue by queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from switch.errors import PlanningError
from switch.frozen import frozen
from switch.planning.arrivals import ByInterval
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


def streams_of(calls: Sequence[PastCall]) -> tuple[Stream, ...]:
    """Return an average day of each queue.

    Arrivals: mean calls by half hour, over all days from the first to the last on which any
    queue had calls. Talk: any of the talks there were. Patience: exponential; its mean is
    the time that all callers waited over the number of those who gave up, which is the
    maximum likelihood estimate where the others' patience is only known to be longer.

    Raises:
        PlanningError: there are no calls, or a queue's were never answered.
    """
    if not calls:
        raise PlanningError("there are no calls to a queue on record for that time")
    days = {call.at.date() for call in calls}
    count = (max(days) - min(days)).days + 1
    by_queue: dict[str, list[PastCall]] = {}
    for call in calls:
        by_queue.setdefault(call.queue, []).append(call)
    return tuple(_stream(name, found, count) for name, found in by_queue.items())


def _stream(queue: str, calls: Sequence[PastCall], days: int) -> Stream:
    intervals = [0.0] * int(DAY_SECONDS // INTERVAL_SECONDS)
    for call in calls:
        second = call.at.hour * 3600 + call.at.minute * 60
        intervals[int(second // INTERVAL_SECONDS)] += 1 / days
    talks = [call.talked_seconds for call in calls if call.talked_seconds is not None]
    if not talks:
        raise PlanningError(
            f"no call to the queue {queue!r} was answered: how long calls last is not known"
        )
    impatient = sum(call.gave_up for call in calls)
    waited = sum(call.waited_seconds for call in calls)
    return Stream(
        queue,
        ByInterval(0.0, INTERVAL_SECONDS, intervals),
        Empirical(talks),
        wraps_up=True,
        patience=Exponential(waited / impatient) if impatient and waited > 0 else None,
    )
