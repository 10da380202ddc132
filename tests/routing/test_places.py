"""A place in a queue that is handed on to another call: waiting, offered or talking."""

from __future__ import annotations

from dataclasses import replace

import pytest

from switch.errors import RoutingError
from switch.routing import AgentMoved, AgentState, Offered
from tests.routing.desk import ORDERS, Desk


def hand_on(desk: Desk, contact: str, to: str, caller: str = "") -> bool:
    return desk.router.places.hand_on(contact, to, desk.now, caller)


class TestWaiting:
    def test_the_other_call_has_the_place_and_its_seniority(self) -> None:
        desk = Desk(["asha"], ready=False)
        desk.enter("consultation")
        desk.wait(30)
        desk.enter("later")
        assert hand_on(desk, "consultation", "caller")
        standing = desk.router.ask.standing("caller", desk.now)
        assert standing is not None
        assert (standing.position, standing.since) == (1, 0.0)
        assert desk.router.ask.standing("consultation", desk.now) is None
        assert not desk.leave("consultation"), "who is gone takes nobody with it"
        desk.ready("asha")
        assert desk.offers() == ["caller asha"]

    def test_the_longest_wait_and_the_end_of_it_stay(self) -> None:
        desk = Desk(["asha"], replace(ORDERS, max_wait_seconds=60), ready=False)
        desk.enter("consultation")
        desk.wait(30)
        hand_on(desk, "consultation", "caller")
        assert desk.router.ask.queue_status("orders", desk.now).oldest_wait_seconds == 30
        desk.wait(31)
        assert desk.router.ask.standing("caller", desk.now) is None

    def test_an_old_place_of_the_caller_is_used_up(self) -> None:
        desk = Desk(["asha"], ready=False)
        desk.enter("before", caller="100")
        desk.leave("before")
        desk.enter("consultation")
        hand_on(desk, "consultation", "caller", "100")
        assert not desk.router.old_places.offer("100", "orders", desk.now, asked=True)


class TestOffered:
    def test_the_same_agent_is_offered_again_with_all_the_time_to_answer(self) -> None:
        desk = Desk(["asha", "ben"])
        desk.enter("consultation")
        (first,) = (each for each in desk_events(desk) if isinstance(each, Offered))
        desk.wait(15)
        hand_on(desk, "consultation", "caller")
        moved, offered = desk_events(desk)
        assert isinstance(moved, AgentMoved)
        assert (moved.agent, moved.state, moved.contact) == (first.agent, "reserved", "caller")
        assert isinstance(offered, Offered)
        assert (offered.contact, offered.agent, offered.why) == ("caller", first.agent, first.why)
        desk.wait(15)
        assert desk.answer("caller", first.agent)
        assert not desk.answer("consultation", first.agent)

    def test_who_does_not_answer_then_has_missed_one_call(self) -> None:
        desk = Desk(["asha"])
        desk.enter("consultation")
        hand_on(desk, "consultation", "caller")
        desk.wait(20)
        view = desk.router.ask.agent("asha", desk.now)
        assert (view.state, view.misses) == (AgentState.NOT_READY, 1)
        standing = desk.router.ask.standing("caller", desk.now)
        assert standing is not None
        assert standing.state == "waiting"

    def test_it_is_explained_by_the_decision_of_before(self) -> None:
        desk = Desk(["asha"])
        desk.enter("consultation")
        hand_on(desk, "consultation", "caller")
        (decision,) = desk.router.ask.decisions("caller")
        assert (decision.contact, decision.agent) == ("caller", "asha")
        assert [each.agent for each in desk.router.ask.decisions("consultation")] == ["asha"]


class TestTalking:
    def test_the_agent_talks_on_and_wraps_up_after_the_other_call(self) -> None:
        desk = Desk(["asha"], replace(ORDERS, sticky_seconds=600))
        desk.enter("consultation", caller="ravi")
        desk.answer("consultation", "asha")
        desk_events(desk)
        hand_on(desk, "consultation", "caller", "100")
        (moved,) = desk_events(desk)
        assert isinstance(moved, AgentMoved)
        assert (moved.state, moved.previous, moved.contact) == ("talking", "talking", "caller")
        assert not desk.router.talk_ended("consultation", desk.now)
        assert desk.router.talk_ended("caller", desk.now)
        assert desk.state("asha") is AgentState.WRAP_UP
        desk.ready("asha")
        desk_events(desk)
        desk.enter("again", caller="100")
        (decision,) = desk.router.ask.decisions("again")
        assert decision.rule == "sticky", "the caller is remembered, not who asked for the caller"


def test_a_place_that_nobody_has_any_more() -> None:
    desk = Desk(["asha"], ready=False)
    assert not hand_on(desk, "consultation", "caller")
    assert desk.router.ask.standing("caller", desk.now) is None


def test_a_call_that_has_a_place_gets_no_other() -> None:
    desk = Desk(["asha"], ready=False)
    desk.enter("caller")
    desk.enter("consultation")
    with pytest.raises(RoutingError, match="'caller' is in the router already"):
        hand_on(desk, "consultation", "caller")
    assert desk.router.ask.standing("consultation", desk.now) is not None


def desk_events(desk: Desk) -> list[object]:
    """Return what the router has said since the last time."""
    events: list[object] = []
    while (event := desk.router.next_event()) is not None:
        events.append(event)
    return events
