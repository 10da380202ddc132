"""The router: what queues add to plain skills: sites, the agent of the last time, overflow."""

from __future__ import annotations

from typing import Any

import pytest

from switch.errors import RoutingError
from switch.routing import (
    AgentProfile,
    AgentState,
    ContactMoved,
    Need,
    Overflow,
    QueueProfile,
    Relaxation,
    Router,
    SiteGroup,
    TurnedAway,
)
from tests.routing.desk import Desk


def moved(desk: Desk) -> list[str]:
    desk.told()
    moves = [event for event in desk.events if isinstance(event, ContactMoved)]
    desk.events.clear()
    return [f"{move.contact} {move.queue} {move.to} {move.why}" for move in moves]


# Needs that change with the wait.


@pytest.mark.parametrize("began", [0.1, 0.7, 12345.678, 86_399.999])
def test_a_step_is_taken_on_time_however_times_are_rounded(began: float) -> None:
    steps = tuple(Relaxation(n / 10, lower=(("orders", 10 - n),)) for n in range(1, 9))
    desk = Desk(
        {"asha": {"orders": 2}}, QueueProfile("orders", Need.of({"orders": 10}, relax=steps))
    )
    desk.now = began
    desk.enter("c1")
    desk.wait(0.75)
    assert desk.offers() == []
    desk.wait(0.1)
    assert desk.offers() == ["c1 asha"]


def test_sites_are_preferred_in_their_order_and_opened_in_time() -> None:
    need = Need.of(
        sites=[
            SiteGroup(frozenset({"pune"})),
            SiteGroup(frozenset({"goa"})),
            SiteGroup(frozenset({"manila"}), 30),
        ]
    )
    desk = Desk(["x"], ready=False)
    desk.router = Router(
        [AgentProfile(site, site, site=site) for site in ("manila", "goa", "pune")],
        [QueueProfile("orders", need)],
    )
    for agent in ("manila", "goa", "pune"):
        desk.ready(agent)
        desk.now += 1
    for contact in ("c1", "c2", "c3"):
        desk.enter(contact)
    assert desk.offers() == ["c1 pune", "c2 goa"]
    desk.answer("c1", "pune")
    desk.answer("c2", "goa")
    desk.wait(30)
    assert desk.offers() == ["c3 manila"]


def test_who_has_more_of_the_preferred_skills_is_taken_first() -> None:
    queue = QueueProfile("orders", Need.of({"orders": 1}, preferred={"english": 5, "polite": 5}))
    desk = Desk(
        {
            "plain": {"orders": 9},
            "half": {"orders": 2, "english": 6},
            "all": {"orders": 1, "english": 5, "polite": 5},
        },
        queue,
    )
    for contact in ("c1", "c2", "c3"):
        desk.enter(contact)
    assert desk.offers() == ["c1 all", "c2 half", "c3 plain"]


def test_a_priority_that_is_raised_changes_the_place_and_not_who_came_first() -> None:
    queue = QueueProfile("orders", Need.of(relax=[Relaxation(10, add_priority=5)]))
    desk = Desk(["asha"], queue, ready=False)
    desk.enter("old")
    desk.wait(5)
    desk.enter("vip", priority=3)
    assert desk.router.ask.standing("vip", desk.now).position == 1  # type: ignore[union-attr]
    desk.wait(5)
    assert desk.router.ask.standing("old", desk.now).position == 1  # type: ignore[union-attr]
    assert desk.router.ask.oldest_wait_seconds("orders", desk.now) == 10


# The agent of the last time.

STICKY = QueueProfile(
    "orders", sticky_seconds=600, sticky_wait_seconds=30, wrap_up_seconds=10, ring_seconds=20
)


def served(*agents: str) -> Desk:
    """`100` was served by the first of these agents, who wraps up."""
    desk = Desk(agents, STICKY)
    desk.enter("c1", caller="100")
    desk.answer("c1", agents[0])
    desk.end("c1")
    desk.told()
    return desk


def test_the_caller_is_brought_to_the_agent_of_the_last_time() -> None:
    desk = served("asha", "ben")
    desk.wait(10)
    desk.told()
    desk.enter("c2", caller="100")
    assert desk.offers() == ["c2 asha"], "though ben has been idle for longer"


def test_the_caller_waits_for_the_busy_one_and_no_longer_than_set() -> None:
    desk = served("asha", "ben")
    desk.enter("c2", caller="100")
    assert desk.offers() == []
    assert desk.router.ask.queue_status("orders", desk.now).waiting == 1
    desk.wait(10)
    assert desk.offers() == ["c2 asha"]
    desk.answer("c2", "asha")
    desk.enter("c3", caller="100")
    desk.wait(29)
    assert desk.offers() == []
    desk.wait(1)
    assert desk.offers() == ["c3 ben"]


def test_of_two_queues_callers_who_wait_for_one_agent_the_more_urgent_is_served_first() -> None:
    sticky: dict[str, Any] = {"sticky_seconds": 3600, "sticky_wait_seconds": 600}
    quick = QueueProfile("quick", priority=5, aging_seconds=10, wrap_up_seconds=0, **sticky)
    slow = QueueProfile("slow", priority=5, aging_seconds=100, wrap_up_seconds=0, **sticky)
    desk = Desk(["asha"], quick, slow)
    for queue in ("quick", "slow"):
        desk.enter(f"before-{queue}", queue, caller=f"of {queue}")
        desk.answer(f"before-{queue}", "asha")
        desk.end(f"before-{queue}")
    desk.enter("other", "slow")
    desk.answer("other", "asha")
    desk.told()
    desk.enter("c1", "quick", caller="of quick")
    desk.wait(50)
    desk.enter("c2", "slow", caller="of slow")
    desk.wait(50)
    desk.end("other")
    assert desk.offers() == ["c1 asha"]


def test_nobody_is_brought_back_after_too_long() -> None:
    desk = served("asha", "ben")
    desk.wait(601)
    desk.told()
    desk.enter("c2", caller="100")
    assert desk.offers() == ["c2 ben"]


@pytest.mark.parametrize("goes", ["not_ready", "log_out"])
def test_nobody_waits_for_an_agent_who_will_not_come_back(goes: str) -> None:
    desk = served("asha", "ben")
    desk.enter("c2", caller="100")
    getattr(desk, goes)("asha")
    assert desk.offers() == ["c2 ben"]


def test_a_break_asked_for_in_a_call_lets_those_go_who_wait_for_the_agent() -> None:
    desk = served("asha", "ben")
    desk.wait(10)
    desk.enter("c2", caller="100")
    desk.answer("c2", "asha")
    desk.told()
    desk.enter("c3", caller="100")
    assert desk.offers() == []
    desk.not_ready("asha")
    assert desk.offers() == ["c3 ben"]


def test_a_step_of_the_wait_does_not_end_the_wait_for_the_one_agent() -> None:
    queue = QueueProfile(
        "orders",
        Need.of(relax=[Relaxation(5, add_priority=1)]),
        sticky_seconds=600,
        sticky_wait_seconds=30,
    )
    desk = Desk(["asha", "ben"], queue)
    desk.enter("c1", caller="100")
    desk.answer("c1", "asha")
    desk.end("c1")
    desk.told()
    desk.enter("c2", caller="100")
    desk.wait(9)
    assert desk.offers() == []
    desk.wait(1)
    assert desk.offers() == ["c2 asha"]


# Overflow.


def chain(**first: object) -> Desk:
    queues = (
        QueueProfile("a", Need.of({"a": 1}), overflow=Overflow("b"), **first),  # type: ignore[arg-type]
        QueueProfile("b", Need.of({"b": 1}), max_wait_seconds=10, overflow=Overflow("c")),
        QueueProfile("c", Need.of({"c": 1}), max_wait_seconds=10, overflow=Overflow("a")),
    )
    return Desk({"asha": {"c": 1}}, *queues, ready=False)


def test_callers_go_from_queue_to_queue_and_never_in_a_circle() -> None:
    desk = chain(max_wait_seconds=10)
    desk.enter("c1", "a")
    desk.wait(10)
    assert moved(desk) == ["c1 a b timeout"]
    desk.wait(10)
    assert moved(desk) == ["c1 b c timeout"]
    assert desk.router.ask.oldest_wait_seconds("c", desk.now) == 20
    desk.wait(10)
    assert desk.told() == ["timeout c1"]


@pytest.mark.parametrize("why", [TurnedAway.FULL, TurnedAway.CLOSED])
def test_a_queue_that_is_full_or_closed_sends_on_at_once(why: TurnedAway) -> None:
    desk = chain(max_length=1)
    desk.enter("c1", "a")
    if why is TurnedAway.CLOSED:
        desk.leave("c1")
        desk.router.set_open("a", is_open=False)
    assert desk.enter("c2", "a") == 1
    assert moved(desk) == [f"c2 a b {why}"]


def test_the_callers_own_longest_wait_holds_in_the_queue_that_a_full_one_leads_to() -> None:
    desk = chain(max_length=0)
    desk.enter("c1", "a", max_wait=4)
    assert moved(desk) == ["c1 a b full"]
    desk.wait(4)
    assert moved(desk) == ["c1 b c timeout"], "4 s and not the 10 s of that queue"
    desk.wait(10)
    assert desk.told() == ["timeout c1"], "the own time was up: what follows is each queue's"


def test_who_brings_a_longer_wait_than_the_next_queue_has_leaves_with_that_one() -> None:
    desk = chain(max_length=0)
    desk.enter("c1", "a", max_wait=60)
    moved(desk)
    desk.wait(10)
    assert moved(desk) == ["c1 b c timeout"]


def test_where_the_other_queue_is_closed_too_the_caller_is_turned_away() -> None:
    desk = chain(max_length=0)
    desk.router.set_open("b", is_open=False)
    assert desk.enter("c1", "a") == 0
    assert desk.told() == ["full c1"]


def test_who_drops_after_being_sent_on_finds_the_place_in_either_queue() -> None:
    desk = chain(max_length=1)
    desk.enter("c1", "a")
    desk.enter("c2", "a", caller="100")
    desk.leave("c2")
    desk.leave("c1")
    assert desk.router.enter("c3", "a", desk.now, caller="100").resumed


def test_an_overflow_into_nowhere_is_refused() -> None:
    with pytest.raises(RoutingError, match="no queue 'nowhere' to overflow to"):
        Router([], [QueueProfile("a", overflow=Overflow("nowhere"))])


# Callbacks.


def test_who_will_be_rung_back_keeps_the_place() -> None:
    desk = Desk(["asha"], QueueProfile("orders", max_wait_seconds=60), ready=False)
    desk.enter("first")
    desk.enter("second")
    assert desk.router.places.keep_for_callback("first", desk.now)
    desk.wait(59)
    desk.ready("asha")
    assert desk.offers() == ["first asha"]
    assert getattr(desk.events[-1], "callback", False) is True
    assert not desk.router.places.keep_for_callback("never", desk.now)
    assert desk.state("asha") is AgentState.RESERVED
