"""The service level: answered within X / (answered + lost after X)."""

from __future__ import annotations

import pytest

from switch.routing.service_level import ServiceLevel


@pytest.mark.parametrize(
    ("answered", "lost", "expected"),
    [
        ([], [], None),
        ([5, 20], [], 1.0),
        ([5, 20.1], [], 0.5),
        ([5], [10], 1.0),
        ([5], [20], 1.0),
        ([5], [21], 0.5),
        ([], [10], None),
        ([], [30], 0.0),
        ([1, 2, 30], [40, 3], 0.5),
    ],
)
def test_the_formula(answered: list[float], lost: list[float], expected: float | None) -> None:
    level = ServiceLevel(20)
    for waited in answered:
        assert level.answered(waited, 100) is (waited <= 20)
    for waited in lost:
        level.lost(waited, 100)
    assert level.total.service_level == expected
    assert level.last_minutes(60, 100).service_level == expected


def test_the_average_speed_of_answer_knows_only_the_answered() -> None:
    level = ServiceLevel(20)
    assert level.total.average_wait_seconds is None
    level.answered(10, 0)
    level.answered(30, 0)
    level.lost(1000, 0)
    assert level.total.average_wait_seconds == 20


def test_the_last_hour_forgets() -> None:
    level = ServiceLevel(20)
    level.answered(1, now=30)
    level.answered(1, now=1800)
    assert level.last_minutes(60, 1800).answered == 2
    assert level.last_minutes(60, 3599).answered == 2
    assert level.last_minutes(60, 3600).answered == 1
    assert level.last_minutes(60, 1800 + 3660).answered == 0
    assert level.total.answered == 2


def test_a_minute_used_again_an_hour_later_starts_at_nothing() -> None:
    level = ServiceLevel(20)
    level.answered(1, now=30)
    level.lost(30, now=3630)
    hour = level.last_minutes(60, 3630)
    assert (hour.answered, hour.lost_after) == (0, 1)


def test_who_hangs_up_at_once_is_counted_apart() -> None:
    level = ServiceLevel(20, short_abandon_seconds=5)
    level.lost(4.9, 0, hung_up=True)
    level.lost(5, 0, hung_up=True)
    level.lost(1, 0)
    assert (level.total.short_abandoned, level.total.lost) == (1, 2)
    assert level.total.abandon_rate == 1.0


def test_a_window_knows_its_last_minutes_only() -> None:
    level = ServiceLevel(20)
    for minute in range(60):
        level.answered(1, now=minute * 60.0)
    now = 59 * 60.0
    assert [level.last_minutes(minutes, now).answered for minutes in (1, 15, 60)] == [1, 15, 60]
    assert level.last_minutes(15, now + 14 * 60).answered == 1
