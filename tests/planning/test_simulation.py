"""Single calls followed through a simulated day: constant times, so that all is foreseen."""

from __future__ import annotations

import pytest

from switch.planning.arrivals import ByRate, Span, Trace
from switch.planning.distributions import Constant, Exponential
from switch.planning.model import Group, Model, Stream
from switch.planning.sheet import Sheet
from switch.planning.simulation import simulate_days, simulate_run
from tests.planning.houses import day, one_group, queue


def waits(sheet: Sheet) -> tuple[list[float], list[float]]:
    """Return the waits of those answered and of those lost."""
    return sheet.answered_waits[0], sheet.lost_waits[0]


class TestCalls:
    def test_are_answered_at_once_while_somebody_is_free(self) -> None:
        assert waits(day([10, 20], 100, agents=2)) == ([0, 0], [])

    def test_wait_in_order_until_somebody_is(self) -> None:
        assert waits(day([10, 20, 30], 100)) == ([0, 90, 180], [])

    def test_give_up_when_their_patience_ends(self) -> None:
        sheet = day([10, 20, 30], 100, patience=Constant(95))
        assert waits(sheet) == ([0, 90], [95])

    def test_leave_when_the_queue_says_so(self) -> None:
        sheet = day([10, 20, 30], 100, max_wait_seconds=95)
        assert waits(sheet) == ([0, 90], [95])

    def test_are_turned_away_where_none_may_wait(self) -> None:
        sheet = day([10, 20, 110, 120], 100, may_wait=False)
        assert waits(sheet) == ([0, 0], [0, 0])

    def test_are_sent_away_when_nobody_is_at_work(self) -> None:
        sheet = day([10, 300], 100, shifts=(Span(200, 900),))
        assert waits(sheet) == ([0], [0])

    def test_are_sent_away_when_the_last_agent_goes_home(self) -> None:
        sheet = day([100, 110], 500, shifts=(Span(0, 200),))
        assert waits(sheet) == ([0], [490])

    def test_in_time_and_late_are_told_apart_at_the_second(self) -> None:
        counts = day([10, 20, 30], 100, within=90).counts[0][0]
        assert (counts.calls, counts.waited, counts.answered) == (3, 2, 3)
        assert counts.answered_within == 2
        assert counts.answered_seconds == 270

    def test_lost_within_the_promise_is_not_judged(self) -> None:
        early = day([10, 20], 100, patience=Constant(15), within=20).counts[0][0]
        late = day([10, 20], 100, patience=Constant(25), within=20).counts[0][0]
        assert (early.lost, early.lost_after, early.judged) == (1, 0, 1)
        assert (late.lost, late.lost_after, late.judged) == (1, 1, 2)


class TestRinging:
    def test_is_part_of_the_wait_and_keeps_the_agent(self) -> None:
        sheet = day([10, 20], 100, answer=Constant(6))
        assert waits(sheet) == ([6, 102], [])
        assert sheet.time[0][0].busy_seconds == 212

    def test_that_lasts_too_long_is_a_missed_call(self) -> None:
        # Rung in vain from 10 to 30, paused until 60, and so on; nobody else is there.
        sheet = day([10], 100, answer=Constant(25), ring_seconds=20, max_wait_seconds=110)
        assert waits(sheet) == ([], [120])
        # Three times 20 s of ringing; what is a pause is not paid idleness.
        assert sheet.time[0][0].busy_seconds == 60

    def test_in_vain_for_ever_ends_a_day_after_closing(self) -> None:
        model = Model(
            (queue(ring_seconds=20),),
            (Stream("calls", Trace([10]), Constant(100)),),
            (Group("agents", 2),),
            Span(0, 1000),
            Constant(25),
        )
        sheet = simulate_days(model, 1, 1)
        # Missed by the one at 30, by the other at 50, by the first again at 80, and so on.
        assert waits(sheet) == ([], [1000 + 86_400 - 10])

    def test_a_caller_who_gives_up_stops_it(self) -> None:
        sheet = day([10, 40], 100, answer=Constant(6), patience=Constant(4))
        assert waits(sheet) == ([], [4, 4])
        assert sheet.time[0][0].busy_seconds == 8


class TestAgents:
    def test_wrap_up_after_talk_where_that_is_their_work(self) -> None:
        sheet = day([10, 20], 100, wraps_up=True, wrap_up_seconds=30)
        assert waits(sheet) == ([0, 120], [])
        assert sheet.time[0][0].busy_seconds == 260

    def test_have_wrapped_up_where_it_is_part_of_the_handle_time(self) -> None:
        sheet = day([10, 20], 100, wrap_up_seconds=30)
        assert waits(sheet) == ([0, 90], [])
        assert sheet.time[0][0].busy_seconds == 200

    def test_finish_their_call_before_they_go_home(self) -> None:
        sheet = day([190, 195], 100, shifts=(Span(100, 200), Span(400, 500)), wrap_up_seconds=5)
        assert waits(sheet) == ([0], [95])
        time = sheet.time[0][0]
        assert time.work_seconds == pytest.approx(190 + 100)
        assert time.busy_seconds == pytest.approx(100)

    def test_are_paid_from_opening_to_closing(self) -> None:
        time = day([10], 100, agents=3).time[0][0]
        assert (time.work_seconds, time.busy_seconds) == (3000, 100)

    def test_are_not_counted_after_closing(self) -> None:
        sheet = day([950], 100)
        assert waits(sheet) == ([0], [])
        assert sheet.time[0][0].busy_seconds == 50

    def test_serve_only_what_they_can(self) -> None:
        model = Model(
            (queue("orders", skills={"orders": 1}), queue("help", skills={"help": 5})),
            (
                Stream("orders", Trace([10, 11]), Constant(100)),
                Stream("help", Trace([12]), Constant(100)),
                Stream("orders", Trace([13]), Constant(100), skills={"spanish": 3}),
            ),
            (
                Group("clerks", 2, {"orders": 5}),
                Group("experts", 1, {"orders": 5, "help": 8, "spanish": 4}),
            ),
            Span(0, 1000),
        )
        sheet = simulate_days(model, 1, 1)
        assert sheet.answered_waits == [[0, 0, 99], [0]]
        assert [time.calls for time in sheet.time[0]] == [2, 2]

    def test_serve_the_higher_priority_first(self) -> None:
        model = Model(
            (queue("calls"),),
            (
                Stream("calls", Trace([10, 20]), Constant(100)),
                Stream("calls", Trace([30]), Constant(100), priority=9),
            ),
            (Group("agents", 1),),
            Span(0, 1000),
        )
        assert simulate_days(model, 1, 1).answered_waits[0] == [0, 80, 190]


class TestDays:
    def test_know_nothing_of_each_other(self) -> None:
        model = Model(
            (queue(),),
            (Stream("calls", Trace([900, 910]), Constant(500)),),
            (Group("agents", 1),),
            Span(0, 1000),
        )
        sheet = simulate_days(model, 3, 1)
        assert [sheet.counts[part][0].answered_seconds for part in sheet.parts] == [490] * 3
        assert [sheet.time[part][0].busy_seconds for part in sheet.parts] == [100] * 3

    def test_bring_the_same_calls_whatever_the_staffing(self) -> None:
        def calls(agents: int) -> list[int]:
            model = Model(
                (queue(),),
                (Stream("calls", ByRate(0.02), Exponential(100), patience=Exponential(60)),),
                (Group("agents", agents),),
                Span(0, 20_000),
            )
            sheet = simulate_days(model, 4, 5)
            return [sheet.counts[part][0].calls for part in sheet.parts]

        assert calls(1) == calls(7)
        assert len(set(calls(1))) > 1

    def test_are_seen_by_half_hours(self) -> None:
        model = Model(
            (queue(),),
            (Stream("calls", Trace([30_000, 30_100, 33_000]), Constant(10)),),
            (Group("agents", 1),),
            Span(28_800, 36_000),
        )
        sheet = simulate_days(model, 2, 1)
        assert [counts.calls for counts in sheet.intervals] == [4, 0, 2, 0]

    def test_without_calls_are_days_too(self) -> None:
        model = Model(
            (queue(),),
            (Stream("calls", Trace([]), Constant(10)),),
            (Group("agents", 1),),
            Span(0, 1000),
        )
        sheet = simulate_days(model, 2, 1)
        assert sheet.counts[1][0].calls == 0
        assert sheet.time[1][0].work_seconds == 1000


def test_every_call_is_answered_or_lost() -> None:
    sheet = simulate_run(one_group(5, 5, patience=60), 2000, 3)
    for part in sheet.parts:
        counts = sheet.counts[part][0]
        assert counts.calls == counts.answered + counts.lost


def test_progress_is_told_from_begin_to_end() -> None:
    told: list[float] = []
    simulate_run(one_group(3, 2), 1000, 1, told.append)
    assert told == sorted(told)
    assert len(told) == 33
    days: list[float] = []
    simulate_days(one_group(3, 2), 2, 1, days.append)
    assert days == [0.5, 1]
