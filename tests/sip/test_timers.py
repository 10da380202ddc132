"""Alarms that are repeated, on a clock that comes late."""

from __future__ import annotations

import pytest

from switch.sip.repeater import Repeater
from switch.sip.timers import Alarms, TimerSettings
from tests.support.transaction_bench import TransactionBench

LATE = 0.02
DOUBLED = [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]


def test_one_that_is_late_puts_off_none_after_it() -> None:
    alarms, sent = Alarms(), list[float]()
    now = 0.0
    repeater = Repeater(alarms, TimerSettings(), lambda: sent.append(now), lambda _: None, now)
    while (due := alarms.next_deadline()) is not None:
        now = due + LATE
        alarms.handle_timer(now)
    assert sent == pytest.approx([at + LATE for at in DOUBLED])
    repeater.stop()


def test_so_it_is_with_requests_and_their_end_is_where_it_was() -> None:
    bench = TransactionBench()
    bench.send()
    while (due := bench.layer.next_deadline()) is not None:
        bench.now = due + LATE
        bench.layer.handle_timer(bench.now)
    assert bench.times_of("INVITE") == pytest.approx([0, *(at + LATE for at in DOUBLED)])
    assert bench.told == [("failed", "timeout")]


def test_after_a_pause_they_do_not_come_all_at_once() -> None:
    alarms, fired = Alarms(), list[float]()
    alarm = alarms.schedule(1.0, fired.append)
    alarms.handle_timer(10.0)
    for at in (10.5, 11.5, 12.5):
        alarms.repeat(alarm, 1.0, fired[-1])
        assert alarms.next_deadline() == at
        alarms.handle_timer(at)
    assert fired == [10.0, 10.5, 11.5, 12.5]


def test_the_last_one_is_no_later_than_the_end() -> None:
    alarms = Alarms()
    alarm = alarms.schedule(1.0, lambda _: None)
    alarms.handle_timer(1.0)
    alarms.repeat(alarm, 4.0, 1.0, latest=3.0)
    assert alarms.next_deadline() == 3.0
