"""A caller's script: what is due when, and what is waited for."""

from __future__ import annotations

from switch.ivr.prompt import Prompt
from switch.rehearsal.caller import Caller, HangsUp, Hears, Presses, Reaches, Speaks, Waits, begins

HELLO = Prompt(text="Hello  there, caller.")


def test_an_act_with_nothing_before_it_is_due_at_once() -> None:
    assert Caller([Presses("1")]).due == 0.0


def test_pauses_before_an_act_add_up() -> None:
    assert Caller([Waits(2), Waits(0.5), HangsUp()]).due == 2.5


def test_nothing_is_due_until_the_prompt_was_heard() -> None:
    caller = Caller([Hears("hello there"), Waits(1), Presses("1")])
    assert caller.due is None
    caller.heard(Prompt(text="Another."), 3.0)
    assert caller.due is None
    caller.heard(HELLO, 5.0)
    assert caller.due == 6.0


def test_nothing_is_due_until_the_node_is_reached() -> None:
    caller = Caller([Reaches("menu"), Presses("1")])
    caller.reached("other", 1.0)
    assert caller.due is None
    caller.reached("menu", 2.0)
    assert caller.due == 2.0


def test_acts_come_in_order() -> None:
    caller = Caller([Presses("1"), Waits(1), Speaks(4), HangsUp()])
    assert [caller.act(), caller.act(), caller.act()] == [Presses("1"), Speaks(4), HangsUp()]


def test_what_follows_speech_comes_after_it() -> None:
    caller = Caller([Waits(1), Speaks(4), Waits(2), HangsUp()])
    assert caller.due == 1.0
    caller.act()
    caller.spoke_until(5.0)
    assert caller.due == 7.0


def test_a_script_that_is_over_has_nothing_due() -> None:
    caller = Caller([HangsUp()])
    caller.act()
    assert caller.is_done
    assert caller.due is None


def test_a_pause_that_is_over_lets_the_next_prompt_be_heard() -> None:
    caller = Caller([Waits(2), Hears("hello"), Presses("1")])
    caller.heard(HELLO, 1.0)
    assert caller.waits_for == (0, Waits(2))
    caller.heard(HELLO, 3.0)
    assert caller.due == 3.0


def test_a_step_that_is_added_later_counts_from_then() -> None:
    caller = Caller()
    caller.add(Waits(3), 10.0)
    assert caller.free_at == 13.0
    caller.add(Presses("1"), 10.0)
    assert [caller.free_at, caller.due] == [None, 13.0]


def test_prompts_are_known_by_their_beginning() -> None:
    assert begins("Hello  there, caller.", "hello there")
    assert begins("welcome.wav", "welcome.wav")
    assert not begins("Hello", "Hello there")
