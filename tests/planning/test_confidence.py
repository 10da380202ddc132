"""Confidence intervals: Student's t, batches, and whether they hold what they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from switch.planning.confidence import Estimate, Kind, Ratio, alike, estimate, student_t
from switch.planning.erlang import erlang_c
from switch.planning.simulation import simulate_run
from tests.planning.houses import AHT, one_group, run


@pytest.mark.parametrize(
    ("probability", "freedom", "quantile"),
    [
        *((0.995, 1, 63.657), (0.995, 2, 9.925), (0.995, 7, 3.499), (0.995, 19, 2.861)),
        *((0.995, 31, 2.744), (0.975, 10, 2.228), (0.95, 5, 2.015), (0.995, 1000, 2.581)),
    ],
)
def test_students_t_is_that_of_the_tables(
    probability: float, freedom: int, quantile: float
) -> None:
    assert student_t(probability, freedom) == pytest.approx(quantile, abs=6e-4)


class TestEstimate:
    def test_is_the_ratio_of_the_sums(self) -> None:
        assert estimate(Ratio([1, 5], [10, 10])).value == pytest.approx(0.3)

    def test_of_equal_denominators_is_students_interval_of_the_mean(self) -> None:
        found = estimate(Ratio([2, 4, 6], [1, 1, 1]))
        half = student_t(0.995, 2) * 2 / math.sqrt(3)
        assert found.value == pytest.approx(4)
        # Around the logarithm: mean times are skewed and above 0.
        assert found.low == pytest.approx(4 * math.exp(-half / 4))
        assert found.high == pytest.approx(4 * math.exp(half / 4))

    def test_of_shares_it_is_students_interval_as_it_is(self) -> None:
        found = estimate(Ratio([2000, 4000, 6000], [10_000] * 3), Kind.SHARE_OF_CALLS)
        half = student_t(0.995, 2) * 0.2 / math.sqrt(3)
        assert found.low == 0
        assert found.high == pytest.approx(min(1, 0.4 + half))

    def test_a_share_of_time_is_at_most_one_too(self) -> None:
        found = estimate(Ratio([9, 10, 10], [10, 10, 10]), Kind.SHARE_OF_TIME)
        assert found.high == 1
        assert found.low is not None
        assert 0.5 < found.low < 0.97

    def test_a_wider_interval_holds_more_often(self) -> None:
        ratio = Ratio([2, 4, 6], [1, 1, 1])
        usual, wider = estimate(ratio), estimate(ratio, confidence=0.999)
        assert usual.high is not None
        assert wider.high is not None
        assert wider.high > usual.high

    def test_of_times_that_are_all_0_nothing_more_is_known(self) -> None:
        assert estimate(Ratio([0, 0], [5, 5])) == Estimate(0, 0, 0)

    def test_over_nothing_there_is_none(self) -> None:
        assert estimate(Ratio([0, 0], [0, 0])) == Estimate(None)

    def test_of_one_part_there_is_no_interval(self) -> None:
        assert estimate(Ratio([1], [4])) == Estimate(0.25)

    def test_a_share_never_seen_may_still_be_there(self) -> None:
        found = estimate(Ratio([0] * 10, [100] * 10), Kind.SHARE_OF_CALLS)
        assert found.low == 0
        assert found.high == pytest.approx(2.576**2 / (1000 + 2.576**2), rel=1e-3)

    def test_a_share_is_at_most_one(self) -> None:
        found = estimate(Ratio([9, 10, 10], [10, 10, 10]), Kind.SHARE_OF_CALLS)
        assert found.high == 1

    def test_batches_are_put_together_because_neighbours_are_alike(self) -> None:
        waves = [math.sin(number / 5) for number in range(32)]
        ratio = Ratio([2 + wave for wave in waves], [1.0] * 32)
        apart, together = estimate(ratio), estimate(ratio, batches=True)
        assert apart.high is not None
        assert together.high is not None
        assert together.high > apart.high

    def test_a_run_whose_batches_stay_alike_is_known_to_be_too_short(self) -> None:
        climbing = Ratio([float(number) for number in range(32)], [1.0] * 32)
        assert alike(climbing)
        generator = np.random.default_rng(1)
        assert not alike(Ratio(generator.uniform(size=32).tolist(), [1.0] * 32))
        assert not alike(Ratio([], []))


RUNS = 50
CALLS = 5120


@pytest.mark.timeout(600)
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Fifty runs at 80 % load, in which each wait is much like the one before.

    Intervals of exactly 99 % would miss more than 3 times in fewer than two of a thousand
    such tests. What single calls would promise, if they were independent, misses far more
    often: the intervals are honest only because of the batches.
    """
    truth = erlang_c(5, 4, AHT, 20)
    missed = dict.fromkeys(("p_wait", "asa_seconds", "service_level", "occupancy"), 0)
    naive = 0
    model = one_group(5, 4)
    for seed in range(RUNS):
        figures = run(model, CALLS, 1000 + seed).figures()
        for name in missed:
            low, high = figures[name].low, figures[name].high
            assert low is not None
            assert high is not None
            missed[name] += not low <= getattr(truth, name) <= high
        share = figures["p_wait"].value
        assert share is not None
        half = 2.576 * math.sqrt(share * (1 - share) / CALLS)
        naive += abs(share - truth.p_wait) > half
    assert naive > 15
    assert {name: count for name, count in missed.items() if count > 3} == {}


def test_the_same_seed_gives_the_same_figures_and_another_one_others() -> None:
    model = one_group(3, 2)
    first, again, other = (run(model, 1000, seed).figures() for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_the_warm_up_does_not_count() -> None:
    sheet = simulate_run(one_group(3, 2), 1000, 1)
    counted = sum(sheet.counts[part][0].calls for part in sheet.parts)
    assert counted == 1024  # 32 batches of 32
    assert sheet.counts[-1][0].calls == 103
