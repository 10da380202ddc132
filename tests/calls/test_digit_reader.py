"""Reading keys: ends, timers and what a late key may not change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.calls.digit_reader import DigitReader
from switch.collect_end import CollectEnd


def reader(max_digits: int = 4, terminators: str = "#") -> DigitReader:
    return DigitReader(max_digits, frozenset(terminators), 5.0, 3.0)


def test_reading_is_complete_when_the_last_key_came() -> None:
    it = reader(max_digits=2)
    it.prompts_ended(0.0)
    it.receive_digit("1", 1.0)
    assert it.digits == "1"
    it.receive_digit("2", 2.0)
    assert (it.end, it.digits, it.deadline) == (CollectEnd.COMPLETE, "12", None)


def test_a_terminator_ends_the_input_and_is_no_part_of_it() -> None:
    it = reader()
    it.receive_digit("7", 0.0)
    it.receive_digit("#", 0.5)
    assert (it.end, it.digits) == (CollectEnd.TERMINATED, "7")


def test_a_terminator_alone_is_an_empty_input_not_silence() -> None:
    it = reader()
    it.receive_digit("#", 0.0)
    assert (it.end, it.digits) == (CollectEnd.TERMINATED, "")


def test_no_timer_runs_while_the_prompts_play() -> None:
    it = reader()
    assert it.deadline is None
    it.handle_timer(1_000.0)
    assert it.end is None


def test_silence_after_the_prompts_is_no_input() -> None:
    it = reader()
    it.prompts_ended(10.0)
    assert it.deadline == 15.0
    it.handle_timer(14.9)
    assert it.end is None
    it.handle_timer(15.0)
    assert it.end is CollectEnd.NO_INPUT


def test_a_caller_who_stops_half_way_is_told_from_a_silent_one() -> None:
    it = reader()
    it.prompts_ended(0.0)
    it.receive_digit("4", 4.0)
    assert it.deadline == 7.0
    it.handle_timer(7.0)
    assert (it.end, it.digits) == (CollectEnd.STOPPED_HALF_WAY, "4")


def test_keys_typed_during_the_prompts_keep_their_own_timer() -> None:
    it = reader()
    it.receive_digit("4", 1.0)
    it.prompts_ended(2.0)
    assert it.deadline == 4.0


@given(st.lists(st.tuples(st.sampled_from("0123456789*#"), st.floats(0, 2)), max_size=12))
def test_the_input_never_grows_after_its_end(keys: list[tuple[str, float]]) -> None:
    it = reader()
    now = 0.0
    it.prompts_ended(now)
    for key, pause in keys:
        before = (it.end, it.digits)
        now += pause
        it.receive_digit(key, now)
        if before[0] is not None:
            assert (it.end, it.digits) == before
        assert len(it.digits) <= 4
        assert (it.deadline is None) == (it.end is not None)


class TestTerminatorAfterTheLastDigit:
    def reader(self) -> DigitReader:
        return DigitReader(2, frozenset("#"), 5, 3, terminator_timeout_seconds=1)

    def test_is_waited_for_and_swallowed(self) -> None:
        reader = self.reader()
        assert [reader.receive_digit(key, 0) for key in "12#"] == [True, True, True]
        assert (reader.digits, reader.end) == ("12", CollectEnd.TERMINATED)

    def test_is_not_waited_for_longer_than_asked(self) -> None:
        reader = self.reader()
        reader.receive_digit("1", 0)
        reader.receive_digit("2", 1)
        assert (reader.end, reader.deadline) == (None, 2)
        reader.handle_timer(2)
        assert reader.end is CollectEnd.COMPLETE

    def test_another_key_in_its_place_belongs_to_the_next_question(self) -> None:
        reader = self.reader()
        assert [reader.receive_digit(key, 0) for key in "123"] == [True, True, False]
        assert (reader.digits, reader.end) == ("12", CollectEnd.COMPLETE)
