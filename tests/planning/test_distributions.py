"""Times as they are drawn: their mean and their spread."""

from __future__ import annotations

import numpy as np
import pytest

from switch.errors import PlanningError
from switch.planning.distributions import (
    Constant,
    Distribution,
    Empirical,
    Exponential,
    LogNormal,
)

COUNT = 200_000


@pytest.mark.parametrize(
    ("distribution", "mean", "deviation"),
    [
        (Constant(30), 30, 0),
        (Exponential(180), 180, 180),
        (LogNormal(180, 1.3), 180, 234),
        (LogNormal(180, 0.2), 180, 36),
        (Empirical([10, 20, 60]), 30, np.std([10, 20, 60])),
    ],
    ids=["constant", "exponential", "lognormal", "nearly constant", "empirical"],
)
def test_mean_and_spread(distribution: Distribution, mean: float, deviation: float) -> None:
    times = distribution.draw(np.random.default_rng(1), COUNT)
    assert len(times) == COUNT
    assert distribution.mean == pytest.approx(mean)
    assert times.mean() == pytest.approx(mean, rel=0.02)
    assert times.std() == pytest.approx(deviation, rel=0.03)
    assert times.min() >= 0


def test_empirical_times_are_those_given() -> None:
    times = Empirical([10, 20, 60]).draw(np.random.default_rng(1), 1000)
    assert set(times.tolist()) == {10, 20, 60}


@pytest.mark.parametrize("values", [[], [-1.0], [float("inf")], [float("nan")]])
def test_empirical_times_that_cannot_be_are_refused(values: list[float]) -> None:
    with pytest.raises(PlanningError, match="draw from"):
        Empirical(values)
