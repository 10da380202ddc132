"""When calls come."""

from __future__ import annotations

import numpy as np
import pytest

from switch.planning.arrivals import HOUR, Arrivals, ByInterval, ByRate, Span, Trace

DAY = Span(8 * HOUR, 18 * HOUR)


def draw(arrivals: Arrivals, seed: int = 1) -> list[float]:
    times: list[float] = arrivals.draw(np.random.default_rng(seed), DAY).tolist()
    return times


@pytest.mark.parametrize(
    "arrivals",
    [ByRate(0.1), ByInterval(7.5 * HOUR, HOUR / 2, [50] * 30), Trace([30_000, 29_000, 1, 70_000])],
    ids=["rate", "interval", "trace"],
)
def test_calls_come_in_order_and_within_the_day(arrivals: Arrivals) -> None:
    times = draw(arrivals)
    assert times == sorted(times)
    assert times
    assert DAY.begin <= times[0]
    assert times[-1] < DAY.end


def test_a_rate_brings_that_many_calls_evenly() -> None:
    times = draw(ByRate(1.0))
    assert len(times) == pytest.approx(36_000, rel=0.02)
    assert np.mean(times) == pytest.approx(13 * HOUR, rel=0.01)


def test_counts_of_a_rate_are_poisson() -> None:
    counts = [len(draw(ByRate(0.01), seed)) for seed in range(400)]
    assert np.mean(counts) == pytest.approx(360, rel=0.01)
    assert np.var(counts) == pytest.approx(360, rel=0.2)


def test_intervals_bring_each_its_calls() -> None:
    table = ByInterval(DAY.begin, HOUR, [1000, 0, 4000])
    hours = [int((time - DAY.begin) // HOUR) for time in draw(table)]
    assert hours.count(0) == pytest.approx(1000, rel=0.1)
    assert hours.count(1) == 0
    assert hours.count(2) == pytest.approx(4000, rel=0.1)


def test_a_trace_is_the_same_every_day() -> None:
    assert draw(Trace([30_000, 29_000]), 1) == draw(Trace([30_000, 29_000]), 2) == [29_000, 30_000]


@pytest.mark.parametrize(
    ("arrivals", "rate"),
    [
        (ByRate(0.1), 0.1),
        (ByInterval(0, HOUR, [36, 72, 0]), 0.02),
        (ByInterval(0, HOUR, []), 0),
        (Trace([0, 10, 20, 1900]), 3 / 1800),
        (Trace([]), 0),
    ],
)
def test_the_busiest_time_is_known(arrivals: Arrivals, rate: float) -> None:
    assert arrivals.busiest_rate(DAY) == pytest.approx(rate)
