"""The order in which sentences are spoken: those that are waited for first, callers in turn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.media.speech_queue import SpeechQueue


def queue(urgent: int = 100, ahead: int = 100, of_one: int = 100) -> SpeechQueue[str]:
    return SpeechQueue(urgent, ahead, of_one)


def order(asked: SpeechQueue[str]) -> str:
    """Return everything in the order in which it is spoken."""
    found = ""
    while (taken := asked.take(ahead=True)) is not None:
        found += taken[0]
    return found


def test_one_callers_flood_does_not_hold_up_another() -> None:
    asked = queue()
    for key in "abcd":
        asked.ask(key, "ann", urgent=True)
    asked.ask("x", "ben", urgent=True)
    asked.ask("y", "ben", urgent=True)
    assert order(asked) == "axbycd"


def test_what_is_waited_for_comes_before_what_is_made_ahead() -> None:
    asked = queue()
    asked.ask("a", "ann", urgent=False)
    asked.ask("b", "ben", urgent=True)
    assert order(asked) == "ba"


def test_what_is_made_ahead_becomes_urgent_when_its_turn_comes() -> None:
    asked = queue()
    for key in "abc":
        asked.ask(key, "ann", urgent=False)
    asked.ask("c", "ben", urgent=True)
    assert asked.ask("c", "ann", urgent=False), "it is queued already, and stays urgent"
    assert len(asked) == 3
    assert order(asked) == "cab"


def test_what_is_made_ahead_waits_while_it_may_not_be_made() -> None:
    asked = queue()
    asked.ask("a", "ann", urgent=False)
    assert asked.take(ahead=False) is None
    assert order(asked) == "a"


def test_an_end_of_a_call_takes_only_what_it_wanted_ahead() -> None:
    asked = queue()
    for key in "ab":
        asked.ask(key, "ann", urgent=False)
    asked.ask("b", "ben", urgent=True)
    asked.ask("c", "cid", urgent=False)
    assert asked.forget("ann") == ["a"]
    assert asked.forget("ann") == []
    assert order(asked) == "bc"


def test_what_nobody_waits_for_any_more_is_dropped() -> None:
    asked = queue()
    asked.ask("a", "ann", urgent=True)
    asked.ask("b", "ann", urgent=True)
    asked.drop("a")
    asked.drop("a")
    assert order(asked) == "b"


def test_there_are_limits_for_each_kind_and_each_caller() -> None:
    asked = queue(urgent=2, ahead=3, of_one=2)
    assert [asked.ask(key, "ann", urgent=True) for key in "abc"] == [True, True, False]
    assert [asked.ask(key, "ann", urgent=False) for key in "def"] == [True, True, False]
    assert [asked.ask(key, "ben", urgent=False) for key in "gh"] == [True, False]
    assert order(asked) == "abdge"
    assert asked.ask("c", "ann", urgent=True), "there is room again"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "want", "take", "drop", "forget"]),
        st.sampled_from("abcdef"),
        st.sampled_from(["ann", "ben", "cid"]),
    )
)


@given(STEPS)
def test_whatever_happens_everything_is_spoken_once_or_given_up(
    steps: list[tuple[str, str, str]],
) -> None:
    asked, there = queue(), dict[str, bool]()
    for what, key, owner in steps:
        if what == "ask":
            asked.ask(key, owner, urgent=False)
            there.setdefault(key, False)
        elif what == "want":
            asked.ask(key, owner, urgent=True)
            there[key] = True
        elif what == "drop":
            asked.drop(key)
            there.pop(key, None)
        elif what == "forget":
            for gone in asked.forget(owner):
                assert not there.pop(gone), "nobody waits for it"
        elif (taken := asked.take(ahead=True)) is not None:
            assert taken[1].urgent == there.pop(taken[0]) or not any(there.values())
            assert taken[1].urgent or not any(there.values()), "urgent ones come first"
        assert len(asked) == len(there)
    assert sorted(order(asked)) == sorted(there)
