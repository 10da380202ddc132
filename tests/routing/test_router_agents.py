"""The router: what agents ask for, when it is granted, and calls they do not take."""

from __future__ import annotations

import pytest

from switch.routing.agent import AgentState
from switch.routing.queue import QueueProfile
from tests.routing.desk import Desk

# Asked for while free.


def test_logging_in_and_out() -> None:
    desk = Desk(["asha"], ready=False)
    assert desk.state("asha") is AgentState.LOGGED_OUT
    desk.ready("asha", "registered")
    desk.not_ready("asha", "lunch")
    desk.not_ready("asha", "lunch")
    desk.not_ready("asha", "training")
    desk.log_out("asha", "unregistered")
    desk.log_out("asha", "unregistered")
    desk.not_ready("asha", "paperwork")
    assert desk.told() == [
        "asha ready registered",
        "asha not_ready lunch",
        "asha not_ready training",
        "asha logged_out unregistered",
        "asha not_ready paperwork",
    ]


def test_nobody_on_a_break_is_offered_a_call() -> None:
    desk = Desk(["asha"])
    desk.not_ready("asha")
    desk.enter("c1")
    assert desk.offers() == []
    desk.ready("asha")
    assert desk.offers() == ["c1 asha"]


# Asked for during a call.


def talking() -> Desk:
    desk = Desk(["asha"])
    desk.enter("c1")
    desk.answer("c1", "asha")
    desk.told()
    return desk


def test_a_break_asked_for_in_a_call_comes_after_its_wrap_up() -> None:
    desk = talking()
    desk.not_ready("asha", "lunch")
    assert desk.told() == []
    assert desk.router.ask.agent("asha", 0.0).wish == "set_not_ready"
    desk.end("c1")
    desk.enter("c2")
    desk.wait(10)
    assert desk.told() == ["asha wrap_up talk_ended", "asha not_ready lunch"]
    assert desk.router.ask.agent("asha", 0.0).wish == ""
    desk.ready("asha")
    assert desk.offers() == ["c2 asha"]


def test_a_log_out_asked_for_in_a_call_comes_right_after_it() -> None:
    desk = talking()
    desk.log_out("asha", "unregistered")
    assert desk.told() == []
    desk.end("c1")
    assert desk.told() == ["asha logged_out unregistered"]
    assert desk.router.next_deadline() is None


def test_the_last_wish_counts_and_ready_takes_it_back() -> None:
    desk = talking()
    desk.log_out("asha")
    desk.not_ready("asha", "lunch")
    desk.ready("asha")
    desk.end("c1")
    desk.wait(10)
    assert desk.told() == ["asha wrap_up talk_ended", "asha ready wrap_up_over"]


def test_a_wish_is_granted_when_the_caller_hangs_up_too() -> None:
    desk = talking()
    desk.log_out("asha")
    desk.leave("c1")
    assert desk.told() == ["asha logged_out home"]


def test_a_wish_does_not_outlive_its_call() -> None:
    desk = talking()
    desk.log_out("asha")
    desk.end("c1")
    desk.ready("asha")
    desk.enter("c2")
    desk.answer("c2", "asha")
    desk.end("c2")
    assert desk.state("asha") is AgentState.WRAP_UP


def test_a_break_without_wrap_up_follows_the_call_at_once() -> None:
    desk = Desk(["asha"], QueueProfile("orders", wrap_up_seconds=0))
    desk.enter("c1")
    desk.answer("c1", "asha")
    desk.not_ready("asha", "lunch")
    desk.told()
    desk.end("c1")
    assert desk.told() == ["asha not_ready lunch"]


# Asked for in wrap-up.


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("ready", ["asha ready asked"]),
        ("not_ready", ["asha not_ready break"]),
        ("log_out", ["asha logged_out home"]),
    ],
)
def test_wrap_up_can_be_cut_short(asked: str, told: list[str]) -> None:
    desk = talking()
    desk.end("c1")
    desk.told()
    getattr(desk, asked)("asha")
    assert desk.told() == told
    desk.wait(100)
    assert desk.told() == []


def test_a_break_wished_for_in_the_call_is_dropped_by_ready_in_wrap_up() -> None:
    desk = talking()
    desk.not_ready("asha")
    desk.end("c1")
    desk.ready("asha")
    desk.wait(100)
    assert desk.state("asha") is AgentState.READY


# Asked for while the headset rings.


@pytest.mark.parametrize(
    ("asked", "why", "moved"),
    [
        ("not_ready", "agent_not_ready", "asha not_ready break"),
        ("log_out", "agent_logged_out", "asha logged_out home"),
    ],
)
def test_who_leaves_while_the_headset_rings_gives_the_caller_back(
    asked: str, why: str, moved: str
) -> None:
    desk = Desk(["asha", "ben"])
    desk.enter("c1")
    desk.told()
    getattr(desk, asked)("asha")
    assert desk.told() == [f"withdraw c1 asha {why}", moved, "ben reserved offer", "offer c1 ben"]
    assert not desk.answer("c1", "asha")
    assert desk.answer("c1", "ben")


def test_ready_while_the_headset_rings_is_nothing_new() -> None:
    desk = Desk(["asha"])
    desk.enter("c1")
    desk.told()
    desk.ready("asha")
    assert desk.told() == []
    assert desk.state("asha") is AgentState.RESERVED


# Calls not taken.


def test_ring_on_no_answer() -> None:
    desk = Desk(["asha"])
    desk.enter("c1")
    desk.wait(1)
    desk.enter("c2")
    desk.told()
    desk.wait(18.9)
    assert desk.told() == []
    desk.wait(0.1)
    assert desk.told() == ["withdraw c1 asha no_answer", "asha not_ready no_answer"]
    desk.wait(29.9)
    assert desk.told() == []
    desk.wait(0.1)
    assert desk.told() == ["asha ready pause_over", "asha reserved offer", "offer c1 asha"]


def test_the_caller_keeps_the_old_place_among_priority_and_age() -> None:
    desk = Desk(["asha"])
    desk.enter("first")
    desk.wait(1)
    desk.enter("second")
    desk.enter("vip", priority=9)
    desk.fail("first", "asha")
    desk.told()
    desk.wait(5)
    assert desk.offers() == ["vip asha"]
    desk.leave("vip")
    assert desk.offers() == ["first asha"]


def test_not_answering_does_not_improve_the_agents_place() -> None:
    desk = Desk(["asha", "ben"])
    desk.enter("c1")
    desk.wait(20)
    desk.answer("c1", "ben")
    desk.end("c1")
    desk.wait(10)
    assert desk.router.ask.agent("asha", 0.0).reason == "no_answer"
    desk.wait(20)
    assert desk.state("asha") is AgentState.READY
    desk.told()
    desk.enter("c2")
    assert desk.offers() == ["c2 ben"]


def test_without_a_pause_configured_the_agent_must_come_back_alone() -> None:
    desk = Desk(["asha"], QueueProfile("orders", no_answer_pauses=(None,)))
    desk.enter("c1")
    desk.wait(100_000)
    assert desk.state("asha") is AgentState.NOT_READY
    desk.told()
    desk.ready("asha")
    assert desk.offers() == ["c1 asha"]


@pytest.mark.parametrize("outcome", ["busy", "declined", "unreachable"])
def test_a_headset_that_fails_gives_its_agent_a_short_pause(outcome: str) -> None:
    desk = Desk(["asha"])
    desk.enter("c1")
    desk.told()
    assert desk.fail("c1", "asha", outcome)
    assert desk.told() == [f"asha not_ready {outcome}"]
    desk.wait(4.9)
    assert desk.told() == []
    desk.wait(0.1)
    assert desk.told() == ["asha ready pause_over", "asha reserved offer", "offer c1 asha"]


def test_even_without_a_pause_a_failing_headset_is_not_tried_in_a_tight_loop() -> None:
    desk = Desk(["asha"], QueueProfile("orders", busy_pause_seconds=0, no_answer_pauses=(0,)))
    desk.enter("c1")
    tries = 0
    began = desk.now
    while desk.now < began + 10:
        if desk.offers():
            tries += 1
            desk.fail("c1", "asha", "unreachable")
        desk.wait(0.01)
    assert tries <= 11


def test_an_agent_in_a_pause_can_come_back_early_or_make_it_a_break() -> None:
    desk = Desk(["asha", "ben"])
    desk.enter("c1")
    desk.enter("c2")
    desk.fail("c1", "asha")
    desk.fail("c2", "ben")
    desk.told()
    desk.ready("asha")
    desk.not_ready("ben", "lunch")
    assert desk.told() == [
        "asha ready asked",
        "asha reserved offer",
        "offer c1 asha",
        "ben not_ready lunch",
    ]
    desk.wait(10)
    assert desk.told() == []
