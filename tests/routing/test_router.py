"""The router: who is served by whom, in which order."""

from __future__ import annotations

import random

import pytest

from switch.errors import RoutingError
from switch.routing import Offered, Router
from switch.routing.agent import AgentState
from switch.routing.need import Need
from switch.routing.queue import QueueProfile, WhenNoAgents
from tests.routing.desk import ORDERS, Desk

# One call.


def test_a_call_from_entry_to_wrap_up() -> None:
    desk = Desk(["asha"])
    assert desk.enter("c1") == 1
    assert desk.told() == ["asha reserved offer", "offer c1 asha"]
    desk.wait(3)
    assert desk.answer("c1", "asha")
    assert desk.told() == ["asha talking answered"]
    desk.wait(60)
    assert desk.end("c1")
    assert desk.told() == ["asha wrap_up talk_ended"]
    desk.wait(9.9)
    assert desk.told() == []
    desk.wait(0.1)
    assert desk.told() == ["asha ready wrap_up_over"]
    assert desk.router.next_deadline() is None


def test_a_queue_without_wrap_up_gives_the_agent_back_at_once() -> None:
    desk = Desk(["asha"], QueueProfile("orders", Need.of({"orders": 1}), wrap_up_seconds=0))
    desk.enter("c1")
    desk.answer("c1", "asha")
    desk.enter("c2")
    desk.told()
    desk.end("c1")
    assert desk.told() == ["asha ready wrap_up_over", "asha reserved offer", "offer c2 asha"]


# Which agent.


def test_nobody_unqualified_is_offered_a_call() -> None:
    desk = Desk({"asha": {"billing": 9}, "ben": {"orders": 1}})
    desk.enter("c1")
    desk.enter("c2")
    assert desk.offers() == ["c1 ben"]
    assert desk.state("asha") is AgentState.READY


def test_the_longest_idle_of_those_who_qualify_is_chosen() -> None:
    desk = Desk({"asha": {"orders": 2}, "ben": {"orders": 9}, "cleo": {"orders": 9}})
    desk.enter("c1", skills={"orders": 5})
    desk.enter("c2")
    desk.enter("c3")
    assert desk.offers() == ["c1 ben", "c2 asha", "c3 cleo"]


def test_idle_counts_from_when_the_agent_last_became_ready() -> None:
    desk = Desk(["asha", "ben"])
    desk.enter("c1")
    desk.answer("c1", "asha")
    desk.end("c1")
    desk.wait(10)
    desk.told()
    desk.enter("c2")
    assert desk.offers() == ["c2 ben"]


def test_of_those_ready_since_the_same_instant_the_first_is_chosen() -> None:
    desk = Desk(["dan", "asha", "cleo"], ready=False)
    for agent in ("cleo", "dan", "asha"):
        desk.ready(agent)
    for contact in ("c1", "c2", "c3"):
        desk.enter(contact)
    assert desk.offers() == ["c1 cleo", "c2 dan", "c3 asha"]


def test_being_asked_ready_again_does_not_change_the_turn() -> None:
    desk = Desk(["asha", "ben"])
    desk.wait(10)
    desk.ready("asha")
    assert desk.told() == []
    desk.enter("c1")
    assert desk.offers() == ["c1 asha"]


# Which caller.


def test_priority_comes_before_age_across_all_queues_of_an_agent() -> None:
    desk = Desk(
        {"asha": {"orders": 5, "help": 5}},
        QueueProfile("orders", Need.of({"orders": 1}), priority=1, wrap_up_seconds=0),
        QueueProfile("help", Need.of({"help": 1}), priority=5, wrap_up_seconds=0),
        ready=False,
    )
    desk.enter("old", "orders")
    desk.wait(100)
    desk.enter("helped", "help")
    desk.wait(1)
    desk.enter("urgent", "orders", priority=9)
    desk.enter("second", "help")
    served = []
    desk.ready("asha")
    while offers := desk.offers():
        contact = offers[0].split()[0]
        served.append(contact)
        desk.answer(contact, "asha")
        desk.end(contact)
    assert served == ["urgent", "helped", "second", "old"]


def test_callers_of_the_same_instant_keep_their_order() -> None:
    desk = Desk(["asha"], QueueProfile("orders", wrap_up_seconds=0), ready=False)
    names = [f"c{number}" for number in random.Random(5).sample(range(100), 30)]
    for name in names:
        desk.enter(name)
    desk.ready("asha")
    served = []
    while offers := desk.offers():
        contact = offers[0].split()[0]
        served.append(contact)
        desk.answer(contact, "asha")
        desk.end(contact)
    assert served == names


def test_a_caller_nobody_free_may_serve_does_not_hold_up_those_behind() -> None:
    desk = Desk({"asha": {"orders": 2}}, ready=False)
    desk.enter("expert", skills={"orders": 9}, priority=100)
    desk.enter("simple")
    desk.ready("asha")
    assert desk.offers() == ["simple asha"]


def test_the_position_counts_those_who_are_served_before() -> None:
    desk = Desk(["asha"], ready=False)
    assert desk.enter("c1") == 1
    assert desk.enter("c2") == 2
    assert desk.enter("vip", priority=7) == 1
    assert desk.enter("c3") == 4
    desk.leave("c1")
    assert desk.enter("c4") == 4


# Requirements that a caller brings.


def test_a_caller_may_require_more_than_the_queue_but_never_less() -> None:
    desk = Desk({"asha": {"orders": 5, "french": 2}, "ben": {"orders": 1, "french": 9}})
    desk.enter("c1", skills={"orders": 3, "french": 1})
    desk.enter("c2", skills={"french": 1})
    assert desk.offers() == ["c1 asha", "c2 ben"]


def test_an_agent_ready_before_a_combination_was_first_asked_for_is_found() -> None:
    desk = Desk({"asha": {"orders": 5, "french": 2}})
    desk.enter("c1", skills={"french": 2})
    assert desk.offers() == ["c1 asha"]


def test_unused_combinations_are_forgotten() -> None:
    names = [f"s{number}" for number in range(40)]
    desk = Desk({"asha": {"orders": 5} | dict.fromkeys(names, 10)}, ready=False)
    for name in names:
        for level in range(1, 11):
            desk.enter("c1", skills={name: level})
            desk.leave("c1")
    desk.enter("c1", skills={"s0": 1})
    desk.ready("asha")
    assert desk.offers() == ["c1 asha"]
    assert len(desk.router._roster["asha"].lines) < 300


# Waiting too long, and for nobody.


def test_a_caller_who_waited_as_long_as_allowed_is_out() -> None:
    desk = Desk(["asha"], QueueProfile("orders", max_wait_seconds=60), ready=False)
    desk.enter("c1")
    desk.enter("hasty", max_wait=10)
    desk.wait(10)
    assert desk.told() == ["timeout hasty"]
    desk.wait(49)
    assert desk.told() == []
    desk.wait(1)
    assert desk.told() == ["timeout c1"]
    assert not desk.leave("c1")
    desk.ready("asha")
    assert desk.offers() == []


def test_the_wait_may_run_out_while_a_headset_rings_which_then_decides() -> None:
    desk = Desk(["asha", "ben"])
    desk.enter("answered", max_wait=5)
    desk.enter("refused", max_wait=5)
    desk.told()
    desk.wait(10)
    assert desk.told() == []
    assert desk.answer("answered", "asha")
    desk.fail("refused", "ben", "declined")
    assert "timeout refused" in desk.told()


def test_a_caller_nobody_could_serve_waits_unless_the_queue_says_otherwise() -> None:
    desk = Desk(["asha"], ready=False)
    desk.enter("c1")
    assert desk.told() == []
    desk.ready("asha")
    assert desk.offers() == ["c1 asha"]


EXITING = QueueProfile("orders", Need.of({"orders": 1}), when_no_agents=WhenNoAgents.EXIT)


def test_a_queue_may_send_away_whom_nobody_logged_in_could_serve() -> None:
    desk = Desk({"asha": {"orders": 5}, "ben": {"billing": 5}}, EXITING, ready=False)
    desk.ready("ben")
    desk.told()
    assert desk.enter("c1") == 0
    assert desk.told() == ["unservable c1"]
    assert desk.router.ask.queue_length("orders") == 0
    desk.not_ready("asha")
    desk.enter("c2")
    assert "unservable c2" not in desk.told(), "somebody on a break may come back"


def test_when_the_last_who_could_serve_logs_out_the_callers_are_sent_away_in_order() -> None:
    desk = Desk({"asha": {"orders": 5}, "ben": {"orders": 9}}, EXITING, ready=False)
    desk.not_ready("asha")
    desk.not_ready("ben")
    desk.enter("c1")
    desk.enter("vip", priority=5)
    desk.enter("expert", skills={"orders": 7})
    desk.told()
    desk.log_out("ben")
    assert desk.told() == ["ben logged_out home", "unservable expert"]
    desk.log_out("asha")
    assert desk.told() == ["asha logged_out home", "unservable vip", "unservable c1"]


def test_the_last_agent_logging_out_in_a_call_sends_the_callers_away_after_it() -> None:
    desk = Desk(["asha"], EXITING)
    desk.enter("c1")
    desk.answer("c1", "asha")
    desk.enter("c2")
    desk.log_out("asha")
    desk.told()
    desk.end("c1")
    assert desk.told() == ["asha logged_out home", "unservable c2"]


# What a person is told.


def why(desk: Desk) -> str:
    offers = [event for event in desk.events if isinstance(event, Offered)]
    return offers[-1].why


def test_an_offer_says_why_this_agent() -> None:
    desk = Desk(["asha", "ben", "cleo"])
    desk.wait(39)
    desk.enter("c1", skills={"orders": 5})
    desk.told()
    assert why(desk) == "longest_idle of 3 with orders>=5 (idle 42 s)"
    desk.enter("c2")
    desk.enter("c3")
    desk.told()
    assert why(desk) == "the only one free with orders>=1 (idle 40 s)"


def test_an_offer_to_an_agent_who_has_become_free_says_why_this_caller() -> None:
    desk = Desk(["asha"], ready=False)
    desk.enter("c1", priority=3)
    desk.enter("c2")
    desk.wait(12)
    desk.ready("asha")
    desk.told()
    assert why(desk) == "free with orders>=1; the caller is first of 2 (priority 3, 12 s)"
    offer = next(event for event in desk.events if isinstance(event, Offered))
    assert offer.waited_seconds == 12


# Counters.


def test_counters_follow_every_step() -> None:
    desk = Desk(["asha", "ben"], ready=False)
    router = desk.router
    desk.enter("c1")
    desk.wait(5)
    desk.enter("c2")
    assert router.ask.queue_length("orders") == 2
    assert router.ask.oldest_wait_seconds("orders", desk.now) == 5
    desk.ready("asha")
    assert router.ask.queue_length("orders") == 2, "a caller whose agent is rung is still waiting"
    assert router.ask.queue_status("orders", desk.now).waiting == 1
    desk.answer("c1", "asha")
    assert router.ask.queue_length("orders") == 1
    assert router.ask.oldest_wait_seconds("orders", desk.now) == 0
    desk.wait(30)
    desk.leave("c2")
    status = router.ask.queue_status("orders", desk.now)
    assert (status.unanswered, status.waiting, status.oldest_wait_seconds) == (0, 0, 0)
    assert (status.since_start.answered, status.since_start.lost_after) == (1, 1)
    assert status.since_start == status.last_hour
    assert (status.ready_agents, status.logged_in_agents) == (0, 1)
    assert router.ask.service_level("orders") == 0.5
    assert {state: n for state, n in router.ask.agents_by_state().items() if n} == {
        AgentState.LOGGED_OUT: 1,
        AgentState.TALKING: 1,
    }


def test_a_status_is_a_snapshot() -> None:
    desk = Desk(["asha"])
    status = desk.router.ask.queue_status("orders", desk.now)
    desk.enter("c1")
    desk.answer("c1", "asha")
    assert status.since_start.answered == 0


# Mistakes.


def test_mistakes_of_the_caller_are_named() -> None:
    desk = Desk(["asha"])
    desk.enter("c1")
    with pytest.raises(RoutingError, match="c1"):
        desk.enter("c1")
    with pytest.raises(RoutingError, match="nowhere"):
        desk.enter("c2", "nowhere")
    with pytest.raises(RoutingError, match="nobody"):
        desk.ready("nobody")
    with pytest.raises(RoutingError, match="level 11"):
        desk.enter("c3", skills={"orders": 11})
    assert desk.router.ask.queue_length("orders") == 1


def test_a_router_knows_its_queues() -> None:
    router = Router([], [ORDERS])
    assert list(router.ask.queue_names) == ["orders"]
    assert router.ask.queue("orders") is ORDERS
