"""Quantiles of the switch's histograms."""

from __future__ import annotations

import pytest
from histogram import LAG, buckets, quantile_ms

METRICS = """\
# TYPE freeline_event_loop_lag_seconds histogram
freeline_event_loop_lag_seconds_bucket{le="0.001"} %d
freeline_event_loop_lag_seconds_bucket{le="0.01"} %d
freeline_event_loop_lag_seconds_bucket{le="+Inf"} %d
freeline_event_loop_lag_seconds_count 99
"""


class TestLag:
    def test_is_read_by_bucket(self) -> None:
        assert buckets(METRICS % (90, 99, 100), LAG) == {0.001: 90, 0.01: 99, float("inf"): 100}

    @pytest.mark.parametrize(("share", "ms"), [(0.5, 1.0), (0.9, 1.0), (0.99, 10.0), (1.0, 10.0)])
    def test_is_told_by_the_bucket_in_which_it_lies(self, share: float, ms: float) -> None:
        assert quantile_ms({}, buckets(METRICS % (90, 99, 100), LAG), share) == ms

    def test_is_that_of_the_time_between(self) -> None:
        before, after = buckets(METRICS % (90, 90, 90), LAG), buckets(METRICS % (90, 100, 100), LAG)
        assert quantile_ms(before, after, 0.5) == 10.0

    def test_is_not_known_without_anything_between(self) -> None:
        same = buckets(METRICS % (90, 99, 100), LAG)
        assert quantile_ms(same, same, 0.5) is None
        assert quantile_ms({}, {}, 0.5) is None
