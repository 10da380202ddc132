"""Agents and queues change while people ring, talk, wrap up and wait. Nobody loses a place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from switch.errors import RoutingError
from switch.routing import AgentProfile, AgentState, Changes, Need, Overflow, QueueProfile
from tests.routing.desk import ORDERS, Desk

ASHA = AgentProfile("asha", "Asha", {"orders": 5})
BEN = AgentProfile("ben", "Ben", {"orders": 5})


def apply(desk: Desk, agents: list[AgentProfile], *queues: QueueProfile) -> Changes:
    return desk.router.reconfigure(agents, queues or (ORDERS,), desk.now)


def test_what_has_changed_is_told_and_the_same_again_changes_nothing() -> None:
    desk = Desk(["asha", "ben"])
    cleo = AgentProfile("cleo", "Cleo")
    more = replace(ASHA, skills={"help": 1})
    queues = (replace(ORDERS, priority=3), QueueProfile("help"))
    changes = apply(desk, [more, cleo], *queues)
    assert changes == Changes(("cleo",), ("asha",), ("ben",), ("help",), ("orders",), ())
    assert not apply(desk, [more, cleo], *queues)
    assert apply(desk, [more, cleo], queues[0]).queues_removed == ("help",)


def test_a_mistake_changes_nothing() -> None:
    desk = Desk(["asha"])
    for wrong in (replace(ORDERS, strategy="best"), replace(ORDERS, overflow=Overflow("x"))):
        with pytest.raises(RoutingError):
            apply(desk, [BEN], wrong)
    assert desk.router.ask.agent_names == ["asha"]


def test_a_ready_agent_who_lost_the_skill_is_not_found_any_more() -> None:
    desk = Desk(["asha", "ben"])
    apply(desk, [replace(ASHA, skills={"help": 5}), BEN])
    desk.enter("c1")
    desk.enter("c2")
    assert desk.offers() == ["c1 ben"]
    assert desk.router.ask.queue_status("orders", desk.now).ready_agents == 0


def test_a_ready_agent_who_is_changed_keeps_the_turn() -> None:
    desk = Desk(["asha", "ben"])
    apply(desk, [replace(ASHA, skills={"orders": 9}), BEN])
    for contact in ("c1", "c2"):
        desk.enter(contact)
    assert desk.offers() == ["c1 asha", "c2 ben"]


def test_a_ready_agent_who_gained_the_skill_takes_the_most_urgent_of_all_queues() -> None:
    one, two = QueueProfile("one", Need.of({"x": 1})), QueueProfile("two", Need.of({"x": 1}))
    desk = Desk({"asha": {}}, one, two)
    desk.enter("c1", "one")
    desk.enter("c2", "two", priority=5)
    apply(desk, [replace(ASHA, skills={"x": 1})], one, two)
    assert desk.offers() == ["c2 asha"]


@pytest.mark.parametrize("state", list(AgentState))
def test_an_agent_is_removed_in_any_state(state: AgentState) -> None:
    desk = Desk(["asha", "ben"])
    if state in (AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP):
        desk.enter("c1")
    if state in (AgentState.TALKING, AgentState.WRAP_UP):
        desk.answer("c1", "asha")
    if state is AgentState.WRAP_UP:
        desk.end("c1")
    if state is AgentState.NOT_READY:
        desk.not_ready("asha")
    if state is AgentState.LOGGED_OUT:
        desk.log_out("asha")
    assert desk.state("asha") is state
    desk.told()
    apply(desk, [BEN])
    if state is AgentState.RESERVED:
        assert desk.offers() == ["c1 ben"]
    if state is AgentState.TALKING:
        assert desk.state("asha") is AgentState.TALKING
        assert desk.router.set_ready("asha", desk.now) == "removed", "too late to stay"
        desk.not_ready("asha")
        desk.end("c1")
    with pytest.raises(RoutingError, match="no agent 'asha'"):
        desk.state("asha")
    assert desk.router.ask.agent_names == ["ben"]


def test_an_agent_who_comes_back_into_the_configuration_in_the_call_stays() -> None:
    desk = Desk(["asha"])
    desk.enter("c1")
    desk.answer("c1", "asha")
    apply(desk, [])
    apply(desk, [ASHA])
    desk.end("c1")
    assert desk.state("asha") is AgentState.WRAP_UP


def test_callers_keep_their_order_through_a_change_of_the_queue() -> None:
    desk = Desk(["asha"], ready=False)
    for contact in ("c1", "c2"):
        desk.enter(contact)
        desk.wait(1)
    desk.enter("vip", priority=7)
    desk.enter("expert", skills={"orders": 4})
    changed = replace(ORDERS, need=Need.of({"orders": 2}), priority=4, wrap_up_seconds=0)
    apply(desk, [ASHA], changed)
    served = []
    desk.ready("asha")
    while offers := desk.offers():
        served.append(offers[0].split()[0])
        desk.answer(served[-1], "asha")
        desk.end(served[-1])
    assert served == ["vip", "c1", "c2", "expert"]


def test_a_queue_that_is_removed_serves_who_waits_and_takes_in_nobody() -> None:
    other = QueueProfile("other", Need.of({"other": 1}))
    desk = Desk(["asha"], ORDERS, other, ready=False)
    desk.enter("c1")
    apply(desk, [ASHA], other)
    assert desk.enter("c2") == 0
    assert desk.told() == ["closed c2"]
    desk.ready("asha")
    assert desk.offers() == ["c1 asha"]
    assert desk.answer("c1", "asha")
    assert not apply(desk, [ASHA], other)
    with pytest.raises(RoutingError, match="no queue 'orders'"):
        desk.enter("c3")
    assert desk.end("c1")


def test_who_waits_for_one_agent_alone_goes_on_when_that_agent_may_not_serve_any_more() -> None:
    queue = replace(ORDERS, sticky_seconds=600, sticky_wait_seconds=60)
    desk = Desk(["asha", "ben"], queue)
    desk.enter("c1", caller="100")
    desk.answer("c1", "asha")
    desk.end("c1")
    desk.told()
    desk.enter("c2", caller="100")
    assert desk.offers() == []
    apply(desk, [replace(ASHA, skills={}), BEN], queue)
    assert desk.offers() == ["c2 ben"]
