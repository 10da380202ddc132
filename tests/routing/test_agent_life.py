"""What others decide for agents: supervisors, shifts, silent stations, limits, pauses."""

from __future__ import annotations

import pytest

from switch.errors import RoutingError
from switch.routing import AgentProfile, AgentState, QueueProfile, Router
from tests.routing.desk import Desk


def talking() -> Desk:
    desk = Desk(["asha"])
    desk.enter("c1")
    desk.answer("c1", "asha")
    desk.told()
    return desk


def test_pauses_grow_with_each_miss_until_a_call_is_answered() -> None:
    desk = Desk(["asha"], QueueProfile("orders", no_answer_pauses=(5, 60, None), ring_seconds=10))
    desk.enter("c1")
    desk.wait(10 + 5)
    assert desk.state("asha") is AgentState.RESERVED
    desk.wait(10 + 59)
    assert desk.state("asha") is AgentState.NOT_READY
    desk.wait(1)
    desk.wait(10 + 9999)
    assert desk.state("asha") is AgentState.NOT_READY
    desk.ready("asha")
    assert desk.answer("c1", "asha")
    assert desk.router.ask.agent("asha", desk.now).misses == 0


@pytest.mark.parametrize("began", [0.0, 0.1, 1.7, 12345.678])
def test_who_has_had_enough_calls_in_an_hour_gets_the_next_after_it(began: float) -> None:
    desk = Desk(["x"], ready=False)
    desk.router = Router(
        [AgentProfile("asha", "Asha", max_calls_per_hour=2)],
        [QueueProfile("orders", wrap_up_seconds=0)],
    )
    desk.now = began
    desk.ready("asha")
    for contact in ("c1", "c2"):
        desk.enter(contact)
        desk.answer(contact, "asha")
        desk.end(contact)
    desk.enter("c3")
    assert desk.offers() == ["c1 asha", "c2 asha"]
    view = desk.router.ask.agent("asha", desk.now)
    assert (view.state, view.reason) == (AgentState.NOT_READY, "hourly_limit")
    assert desk.router.set_ready("asha", desk.now) == "hourly_limit"
    desk.wait(3599)
    assert desk.offers() == []
    desk.wait(1.001)
    assert desk.offers() == ["c3 asha"]


def test_what_a_supervisor_has_set_only_a_supervisor_takes_back() -> None:
    desk = Desk(["asha"])
    desk.router.force("asha", AgentState.NOT_READY, desk.now, "coaching")
    assert desk.router.set_ready("asha", desk.now) == "forced"
    with pytest.raises(RoutingError, match="nobody can be made talking"):
        desk.router.force("asha", AgentState.TALKING, desk.now)
    assert desk.router.set_ready("asha", desk.now) == "forced", "a mistake releases nobody"
    desk.router.release("asha", desk.now)
    assert desk.router.set_ready("asha", desk.now) == ""
    assert desk.told() == ["asha not_ready coaching", "asha ready "]


def test_a_state_set_in_a_call_follows_it_whatever_the_agent_asks() -> None:
    desk = talking()
    desk.router.force("asha", AgentState.LOGGED_OUT, desk.now, "fired")
    desk.not_ready("asha")
    desk.ready("asha")
    desk.end("c1")
    assert desk.told() == ["asha logged_out fired"]


def test_the_end_of_a_shift_withdraws_a_ring_and_lets_a_call_go_on() -> None:
    desk = Desk(["asha", "ben"])
    desk.enter("c1")
    desk.told()
    desk.router.set_shift("asha", desk.now, on=False)
    assert desk.offers() == ["c1 ben"]
    desk.answer("c1", "ben")
    desk.router.set_shift("ben", desk.now, on=False)
    desk.told()
    desk.end("c1")
    desk.wait(10)
    assert desk.told() == ["ben wrap_up talk_ended", "ben not_ready off_shift"]
    assert desk.router.set_ready("ben", desk.now) == "off_shift"
    desk.router.set_shift("ben", desk.now, on=True)
    assert desk.told() == ["ben ready shift_began"]


def test_a_shift_that_begins_ends_no_break_and_takes_back_no_wish() -> None:
    desk = Desk(["asha", "ben"])
    desk.not_ready("asha", "lunch")
    desk.enter("c1")
    desk.answer("c1", "ben")
    desk.log_out("ben")
    for agent in ("asha", "ben"):
        desk.router.set_shift(agent, desk.now, on=False)
        desk.router.set_shift(agent, desk.now, on=True)
    desk.end("c1")
    assert desk.state("asha") is AgentState.NOT_READY
    assert desk.state("ben") is AgentState.LOGGED_OUT


def test_a_station_that_falls_silent_is_logged_out() -> None:
    desk = Desk(["asha", "ben"])
    desk.router.heartbeat("asha", desk.now)
    desk.wait(59)
    desk.router.heartbeat("asha", desk.now)
    desk.wait(59)
    assert desk.told() == []
    desk.wait(1)
    assert desk.told() == ["asha logged_out missed_heartbeat"]
    assert desk.state("ben") is AgentState.READY, "who never sent one need not"


def test_a_station_that_is_heard_again_in_the_call_stays() -> None:
    desk = talking()
    desk.router.heartbeat("asha", desk.now)
    desk.wait(60)
    assert desk.router.ask.agent("asha", desk.now).wish == "log_out"
    desk.router.heartbeat("asha", desk.now)
    desk.end("c1")
    assert desk.state("asha") is AgentState.WRAP_UP


def test_the_queue_of_the_call_says_how_long_a_wrap_up_may_last() -> None:
    """Not another one that the agent serves, too."""
    orders = QueueProfile("orders", wrap_up_seconds=10, longest_wrap_up_seconds=25)
    desk = Desk(["asha"], orders, QueueProfile("other", longest_wrap_up_seconds=600))
    desk.enter("c1")
    desk.answer("c1", "asha")
    desk.end("c1")
    assert desk.router.extend_wrap_up("asha", 100) == desk.now + 25


def test_a_wrap_up_can_be_extended_up_to_a_limit() -> None:
    queue = QueueProfile("orders", wrap_up_seconds=10, longest_wrap_up_seconds=25)
    desk = Desk(["asha"], queue)
    with pytest.raises(RoutingError, match="not in wrap-up"):
        desk.router.extend_wrap_up("asha", 10)
    desk.enter("c1")
    desk.answer("c1", "asha")
    desk.end("c1")
    began = desk.now
    assert desk.router.extend_wrap_up("asha", 10) == began + 20
    assert desk.router.extend_wrap_up("asha", 10) == began + 25
    desk.wait(24)
    assert desk.state("asha") is AgentState.WRAP_UP
    desk.wait(1)
    assert desk.state("asha") is AgentState.READY
