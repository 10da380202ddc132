"""From past calls to an average day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from switch.errors import PlanningError
from switch.planning.arrivals import ByInterval, Span
from switch.planning.distributions import Exponential
from switch.planning.history import PastCall, days_on_record, streams_of
from switch.planning.model import Stream

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def call(
    hours: float, waited: float, talked: float | None, queue: str = "orders", *, up: bool = False
) -> PastCall:
    return PastCall(queue, MONDAY + timedelta(hours=hours), waited, talked, gave_up=up)


def test_calls_are_averaged_by_half_hour_over_all_days() -> None:
    # Two on Monday at nine, one on Wednesday at half past; Tuesday was quiet, and counts.
    (stream,) = streams_of([call(9, 0, 60), call(9.2, 0, 60), call(57.5, 0, 60)])
    arrivals = stream.arrivals
    assert isinstance(arrivals, ByInterval)
    assert (arrivals.begin, arrivals.seconds, len(arrivals.calls)) == (0, 1800, 48)
    assert arrivals.calls[18] == pytest.approx(2 / 3)
    assert arrivals.calls[19] == pytest.approx(1 / 3)
    assert sum(arrivals.calls) == pytest.approx(1)


def test_a_replay_has_the_very_times_of_each_day_and_quiet_days_too() -> None:
    calls = [call(9.2, 0, 60), call(9, 0, 60), call(57.5, 0, 60), call(34, 0, 60, "help")]
    orders, help_ = streams_of(calls, replay=True)
    assert days_on_record(calls) == 3
    generator, day = np.random.default_rng(1), Span(0, 86_400)

    def times(stream: Stream, number: int) -> list[float]:
        return [float(each) for each in stream.arrivals.draw(generator, day, number) / 3600]

    assert [times(orders, number) for number in range(4)] == [[9, 9.2], [], [9.5], [9, 9.2]]
    assert [times(help_, number) for number in range(3)] == [[], [10], []]
    assert orders.arrivals.busiest_rate(day) == 2 / 1800


def test_talks_are_those_there_were() -> None:
    (stream,) = streams_of([call(9, 0, 60), call(9, 0, 120), call(9, 5, None)])
    assert stream.busy.mean == 90
    assert stream.wraps_up


def test_patience_counts_those_too_who_were_answered_before_it_ended() -> None:
    calls = [call(9, 30, 60), call(9, 50, 60), call(9, 40, None, up=True)]
    (stream,) = streams_of(calls)
    assert stream.patience == Exponential(120)


def test_nobody_who_was_sent_away_gave_up() -> None:
    (stream,) = streams_of([call(9, 30, 60), call(9, 600, None)])
    assert stream.patience is None


def test_each_queue_has_its_own_day() -> None:
    streams = streams_of([call(9, 0, 60), call(9, 0, 90, "help")])
    assert {stream.queue: stream.busy.mean for stream in streams} == {"orders": 60, "help": 90}


def test_without_calls_there_is_nothing_to_go_by() -> None:
    with pytest.raises(PlanningError, match="no calls to a queue on record"):
        streams_of([])
    with pytest.raises(PlanningError, match="how long calls last is not known"):
        streams_of([call(9, 30, None)])
