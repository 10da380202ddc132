"""Overload is told as it begins and once it is over, with what there was in between."""

from __future__ import annotations

from datetime import UTC, datetime

from switch.app.overload_watch import OVER_SECONDS, OverloadWatch
from switch.events import Event, OverloadChanged
from switch.sip.overload import OverloadControl, OverloadSettings

AT = datetime(2026, 1, 1, tzinfo=UTC)


class Watched:
    """A control, and what is told of it."""

    def __init__(self, settings: OverloadSettings | None = None) -> None:
        self.control = OverloadControl(settings or OverloadSettings())
        self.told: list[Event] = []
        self.watch = OverloadWatch(self.control, self.told.append, lambda: AT)

    def refuse(self, calls: int, now: float, delay: float = 0.05) -> None:
        self.control.note_delay(delay, now - 1)
        self.control.note_delay(delay, now)
        assert sum(self.control.refuses("192.0.2.7", now) for _ in range(calls)) == calls
        self.control.note_delay(0.0, now)


def told(
    overloaded: bool, refused: int, seconds: float, delay: float, limit: str = "queue"
) -> OverloadChanged:
    return OverloadChanged(
        at=AT,
        overloaded=overloaded,
        limit=limit,
        refused=refused,
        seconds=seconds,
        delay_seconds=delay,
    )


def test_nothing_is_told_while_nobody_is_refused() -> None:
    watched = Watched()
    watched.control.note_delay(5.0, 1.0)
    for tick in range(100):
        watched.watch.look(0.001, tick / 10)
    assert watched.told == []


def test_its_beginning_is_told_once_and_its_end_with_the_counts() -> None:
    watched = Watched()
    for tick in range(50):
        watched.refuse(2, 100 + tick / 10, delay=0.05 + tick / 1000)
        watched.watch.look(0.0, 100 + tick / 10)
    assert watched.told == [told(True, 2, 0.0, 0.0)]
    watched.watch.look(0.0, 104.9 + OVER_SECONDS - 0.1)
    assert len(watched.told) == 1
    watched.watch.look(0.0, 104.9 + OVER_SECONDS)
    assert watched.told[1:] == [told(False, 100, 4.9, 0.0)]


def test_a_pause_shorter_than_that_is_no_end() -> None:
    watched = Watched()
    for now in (100.0, 109.0, 118.0):
        watched.refuse(1, now)
        watched.watch.look(0.0, now)
    assert len(watched.told) == 1


def test_the_next_time_counts_anew() -> None:
    watched = Watched()
    for now in (100.0, 200.0):
        watched.refuse(3, now)
        watched.watch.look(0.07, now)
        watched.watch.look(0.0, now + OVER_SECONDS)
    assert watched.told == 2 * [told(True, 3, 0.0, 0.07), told(False, 3, 0.0, 0.07)]


def test_a_rate_that_is_reached_is_told_by_its_name() -> None:
    watched = Watched(OverloadSettings(per_source_rate=1, per_source_burst=1))
    assert [watched.control.refuses("192.0.2.7", 100.0) for _ in range(3)] == [False, True, True]
    watched.watch.look(0.0, 100.0)
    assert watched.told == [told(True, 2, 0.0, 0.0, "per_source_per_second")]
