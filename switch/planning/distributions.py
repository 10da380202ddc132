"""How long calls last, callers have patience and agents take to answer: drawn with numpy."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from switch.errors import PlanningError
from switch.frozen import frozen

Seconds = NDArray[np.float64]
"""One dimension."""


@frozen()
class Constant:
    """Always the same."""

    mean: float

    def draw(self, generator: np.random.Generator, count: int) -> Seconds:
        """Return so many times."""
        return np.full(count, self.mean)


@frozen()
class Exponential:
    """What Erlang's formulas take: the time left is the same, however long it lasted."""

    mean: float

    def draw(self, generator: np.random.Generator, count: int) -> Seconds:
        """Return so many times."""
        return generator.exponential(self.mean, count)


@frozen()
class LogNormal:
    """What handle times of real calls look like (Brown et al. 2005)."""

    mean: float
    cv: float
    """Coefficient of variation: standard deviation over mean."""

    def draw(self, generator: np.random.Generator, count: int) -> Seconds:
        """Return so many times."""
        variance = math.log1p(self.cv * self.cv)
        return generator.lognormal(math.log(self.mean) - variance / 2, math.sqrt(variance), count)


class Empirical:
    """One of the given times, each as likely as the others."""

    def __init__(self, values: Sequence[float]) -> None:
        """Take the times.

        Raises:
            PlanningError: there are none, or one is below 0.
        """
        if not values:
            raise PlanningError("there are no times to draw from")
        if not all(0 <= value < math.inf for value in values):
            raise PlanningError("times to draw from are 0 seconds or more")
        self._values = np.asarray(values, dtype=np.float64)

    @property
    def mean(self) -> float:
        """Of the given times."""
        return float(self._values.mean())

    def draw(self, generator: np.random.Generator, count: int) -> Seconds:
        """Return so many times."""
        return generator.choice(self._values, count)


Distribution = Constant | Exponential | LogNormal | Empirical
