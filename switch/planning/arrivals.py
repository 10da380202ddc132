"""When calls come, over one simulated day: at a rate, by intervals, or as they once did."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from switch.frozen import frozen
from switch.planning.distributions import Seconds

HOUR = 3600.0


@frozen()
class Span:
    """A stretch of the day, in seconds since midnight."""

    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.begin


@frozen()
class ByRate:
    """A Poisson process: any moment is as likely as any other."""

    per_second: float

    def draw(self, generator: np.random.Generator, day: Span, number: int = 0) -> Seconds:
        """Return the times of a day's calls, in seconds since midnight, ascending."""
        count = generator.poisson(self.per_second * day.seconds)
        return np.sort(generator.uniform(day.begin, day.end, count))

    def busiest_rate(self, day: Span) -> float:
        """Return the calls per second at the busiest time."""
        return self.per_second


@frozen()
class ByInterval:
    """A Poisson process whose rate changes from interval to interval."""

    begin: float
    """Of the first interval, in seconds since midnight."""
    seconds: float
    """Of each interval."""
    calls: Sequence[float]
    """Expected in each."""

    def draw(self, generator: np.random.Generator, day: Span, number: int = 0) -> Seconds:
        """Return the times of a day's calls, in seconds since midnight, ascending."""
        counts = generator.poisson(np.asarray(self.calls, dtype=np.float64))
        begins = self.begin + self.seconds * np.arange(len(counts))
        times = np.repeat(begins, counts) + generator.uniform(0, self.seconds, counts.sum())
        return _within(np.sort(times), day)

    def busiest_rate(self, day: Span) -> float:
        """Return the calls per second at the busiest time."""
        return max(self.calls, default=0.0) / self.seconds


@frozen()
class Trace:
    """The same times every day."""

    times: Sequence[float]
    """Seconds since midnight."""

    def draw(self, generator: np.random.Generator, day: Span, number: int = 0) -> Seconds:
        """Return the times of a day's calls, in seconds since midnight, ascending."""
        return _within(np.sort(np.asarray(self.times, dtype=np.float64)), day)

    def busiest_rate(self, day: Span) -> float:
        """Return the calls per second in the busiest half hour."""
        return _busiest(self.times)


@frozen()
class DayByDay:
    """The very times of one day after another, and after the last those of the first again."""

    days: Sequence[Sequence[float]]
    """Seconds since midnight; one day at least."""

    def draw(self, generator: np.random.Generator, day: Span, number: int = 0) -> Seconds:
        """Return the times of a day's calls, in seconds since midnight, ascending."""
        times = self.days[number % len(self.days)]
        return _within(np.sort(np.asarray(times, dtype=np.float64)), day)

    def busiest_rate(self, day: Span) -> float:
        """Return the calls per second in the busiest half hour of all days."""
        return max(_busiest(times) for times in self.days)


Arrivals = ByRate | ByInterval | Trace | DayByDay
"""Each `draw` takes the number of the simulated day, from 0."""


def _busiest(times: Sequence[float]) -> float:
    halves = np.asarray(times, dtype=np.float64) // (HOUR / 2)
    _, counts = np.unique(halves, return_counts=True)
    return float(counts.max(initial=0)) / (HOUR / 2)


def _within(times: Seconds, day: Span) -> Seconds:
    inside: Seconds = times[(times >= day.begin) & (times < day.end)]
    return inside
