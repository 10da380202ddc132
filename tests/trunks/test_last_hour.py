"""Calls of the last hour, also over a restart: never fewer than there were."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from switch.trunks.last_hour import HourBook, MinuteMemory

ROUNDING = 1e-6


class Core:
    """A book, and what a journal keeps of it."""

    def __init__(self, *memories: MinuteMemory, now: float = 0.0) -> None:
        self.book = HourBook()
        self.kept = dict(self.book.restore(memories, now))
        self.book.note = self.kept.__setitem__

    def dials(self, *times: float, who: str = "trunk:a") -> None:
        for at in times:
            self.book.of(who).add(at)

    def count(self, now: float, who: str = "trunk:a") -> int:
        return self.book.of(who).count(now)


def test_each_is_counted_for_an_hour() -> None:
    core = Core()
    core.dials(0.0, 100.0)
    core.dials(50.0, who="trunk:b")
    assert [core.count(at) for at in (100.0, 3599.0, 3600.0, 3700.0)] == [2, 2, 1, 0]


def test_what_is_kept_is_one_entry_for_each_minute() -> None:
    core = Core()
    core.dials(0.0, 10.0, 59.0, 60.0, 500.0)
    core.dials(5.0, who="agent:asha")
    assert sorted(core.kept.values(), key=lambda each: (each.who, each.latest)) == [
        MinuteMemory("agent:asha", 1, 5.0),
        MinuteMemory("trunk:a", 3, 59.0),
        MinuteMemory("trunk:a", 1, 60.0),
        MinuteMemory("trunk:a", 1, 500.0),
    ]


def test_another_core_counts_on_and_forgets_nothing_of_the_same_minute() -> None:
    first = Core()
    first.dials(0.0, 10.0)
    second = Core(*first.kept.values(), now=20.0)
    second.dials(30.0)
    third = Core(*second.kept.values(), now=40.0)
    assert third.count(40.0) == 3


def test_a_clock_that_was_set_back_makes_no_call_count_for_longer_than_an_hour() -> None:
    core = Core(MinuteMemory("trunk:a", 2, 9000.0), now=100.0)
    assert (core.count(3699.0), core.count(3700.0)) == (2, 0)


@given(
    gaps=st.lists(st.floats(0, 900), min_size=1, max_size=40),
    restarts=st.sets(st.integers(0, 39)),
    offset=st.floats(-10_000, 10_000),
)
def test_no_restart_makes_fewer_calls_of_an_hour(
    gaps: list[float], restarts: set[int], offset: float
) -> None:
    """Against every call's own time; each core has a clock of its own."""
    core, shift, now = Core(), 0.0, 0.0
    times: list[float] = []
    for number, gap in enumerate(gaps):
        now += gap
        if number in restarts:
            moved = [replace(each, latest=each.latest + offset) for each in core.kept.values()]
            shift += offset
            core = Core(*moved, now=now + shift)
        core.dials(now + shift)
        times.append(now)
        counted = core.count(now + shift)
        assert counted >= sum(at > now - 3600 + ROUNDING for at in times)
        assert counted <= sum(at > now - 3660 - ROUNDING for at in times)
