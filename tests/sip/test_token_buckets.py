"""Token buckets: what passes is bounded by rate and burst, and memory by the number of keys."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.sip.token_buckets import TokenBuckets


@given(
    st.floats(0.5, 100),
    st.integers(1, 50),
    st.lists(st.floats(0, 2), min_size=1, max_size=200),
)
def test_in_any_stretch_of_time_no_more_than_burst_and_rate_passes(
    rate: float, burst: int, pauses: list[float]
) -> None:
    buckets, now = TokenBuckets(rate, burst), 1000.0
    passed: list[float] = []
    for pause in pauses:
        now += pause
        if buckets.take("key", now):
            passed.append(now)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            seconds = passed[last] - passed[first]
            assert last - first + 1 <= burst + rate * seconds + 1e-3


def test_after_a_burst_it_goes_on_at_the_rate() -> None:
    buckets = TokenBuckets(10, 5)
    assert [buckets.take("a", 0.0) for _ in range(7)] == [True] * 5 + [False] * 2
    assert not buckets.take("a", 0.05)
    assert buckets.take("a", 0.11)
    assert buckets.take("b", 0.11)


def test_the_key_not_asked_for_longest_is_forgotten() -> None:
    buckets = TokenBuckets(1, 1, most=3)
    for number in range(1000):
        buckets.take(number, 0.0)
    assert len(buckets) == 3
    assert not buckets.take(999, 0.0)
