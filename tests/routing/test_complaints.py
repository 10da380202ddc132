"""What people complain of in other systems, and what must not happen here: by race and fault."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from switch.routing import AgentState, Need, Offered, QueueProfile, Relaxation, Resume
from tests.routing.desk import ORDERS, Desk

# An agent is stuck.


def test_no_agent_is_stuck_in_reserved_whatever_is_lost() -> None:
    desk = Desk(["asha"])
    desk.enter("c1")
    desk.wait(20)
    assert desk.state("asha") is AgentState.NOT_READY, "neither answer nor failure was ever told"
    desk.wait(30)
    assert desk.offers() == ["c1 asha", "c1 asha"]


def test_no_agent_is_stuck_in_wrap_up_when_the_station_says_nothing_more() -> None:
    desk = Desk(["asha"])
    desk.enter("c1")
    desk.answer("c1", "asha")
    desk.router.heartbeat("asha", desk.now)
    desk.end("c1")
    desk.wait(10)
    assert desk.state("asha") is AgentState.READY
    desk.wait(60)
    assert desk.state("asha") is AgentState.LOGGED_OUT


@pytest.mark.parametrize("seed", range(20))
def test_nobody_is_busy_any_more_once_all_calls_are_over(seed: int) -> None:
    """Anything may be lost, told twice or told of the wrong one; then the line goes dead."""
    choose = random.Random(seed)
    desk = Desk(["asha", "ben", "cleo"])
    offers: list[Offered] = []
    for number in range(300):
        desk.enter(f"c{number}")
        desk.told()
        offers = [each for each in desk.events if isinstance(each, Offered)][-6:]
        for offer in choose.sample(offers, min(2, len(offers))):
            fault = choose.randrange(5)
            if fault < 2:
                desk.answer(offer.contact, offer.agent)
            elif fault == 2:
                desk.fail(offer.contact, choose.choice(["asha", "ben", "cleo"]))
            elif fault == 3:
                desk.end(offer.contact)
            else:
                desk.leave(offer.contact)
        desk.wait(choose.choice([0, 0.5, 7]))
    for number in range(300):
        desk.leave(f"c{number}")
    desk.wait(100)
    assert {desk.state(agent) for agent in ("asha", "ben", "cleo")} == {AgentState.READY}
    assert desk.router.next_deadline() is None


# Two agents are given one call.


@pytest.mark.parametrize("first", ["asha", "ben"])
def test_an_answer_and_a_ring_that_runs_out_at_one_instant_give_one_agent(first: str) -> None:
    desk = Desk(["asha", "ben"])
    desk.enter("c1")
    if first == "asha":
        desk.now += 20
        assert desk.answer("c1", "asha")
        desk.router.handle_timer(desk.now)
    else:
        desk.wait(20)
        assert not desk.answer("c1", "asha")
        assert desk.answer("c1", "ben")
    talking = [name for name in ("asha", "ben") if desk.state(name) is AgentState.TALKING]
    assert talking == [first]


def test_an_answer_of_an_agent_who_was_removed_meanwhile_is_too_late() -> None:
    desk = Desk(["asha", "ben"])
    profiles = [desk.router._roster["ben"].profile]
    desk.enter("c1")
    desk.told()
    desk.router.reconfigure(profiles, [desk.router.ask.queue("orders")], desk.now)
    assert desk.offers() == ["c1 ben"]
    assert not desk.answer("c1", "asha")
    assert not desk.fail("c1", "asha")
    assert desk.answer("c1", "ben")


# Wrap-up is cut short or hidden.


def wrapping_up() -> Desk:
    desk = Desk(["asha"])
    desk.enter("c1")
    desk.answer("c1", "asha")
    desk.end("c1")
    desk.told()
    return desk


def test_the_end_of_a_shift_does_not_cut_the_wrap_up_short() -> None:
    desk = wrapping_up()
    desk.router.set_shift("asha", desk.now, on=False)
    desk.wait(9)
    assert desk.told() == []
    desk.wait(1)
    assert desk.told() == ["asha not_ready off_shift"]


def test_neither_callers_nor_a_new_configuration_cut_the_wrap_up_short() -> None:
    desk = wrapping_up()
    view = desk.router.ask.agent("asha", desk.now)
    assert (view.state, view.until) == (AgentState.WRAP_UP, desk.now + 10)
    desk.enter("c2", priority=9)
    queue = desk.router.ask.queue("orders")
    profile = replace(desk.router._roster["asha"].profile, skills={"orders": 7})
    desk.router.reconfigure([profile], [replace(queue, wrap_up_seconds=0)], desk.now)
    desk.wait(9.5)
    assert desk.told() == []
    desk.wait(0.5)
    assert desk.offers() == ["c2 asha"]


# A heavy queue starves a light one whose agent is free.


def test_a_heavy_queue_does_not_starve_a_light_one_whose_agent_is_free() -> None:
    heavy = QueueProfile("heavy", Need.of({"heavy": 1}), priority=9)
    light = QueueProfile("light", Need.of({"light": 1}))
    desk = Desk({"asha": {"heavy": 5}, "ben": {"light": 5}}, heavy, light, ready=False)
    for number in range(1000):
        desk.enter(f"h{number}", "heavy")
    desk.ready("asha")
    desk.told()
    desk.enter("l1", "light")
    desk.ready("ben")
    assert desk.offers() == ["l1 ben"]


def test_with_aging_a_steady_stream_of_urgent_callers_starves_nobody() -> None:
    urgent = QueueProfile("urgent", priority=5, aging_seconds=60, wrap_up_seconds=0)
    patient = QueueProfile("patient", priority=0, aging_seconds=60, wrap_up_seconds=0)
    desk = Desk(["asha"], urgent, patient)
    desk.enter("busy", "urgent")
    desk.enter("patient", "patient")
    current, waited = "busy", 0
    for number in range(100):
        desk.enter(f"u{number}", "urgent")
        desk.answer(current, "asha")
        desk.wait(10)
        desk.told()
        desk.end(current)
        current = desk.offers()[0].split()[0]
        waited += 10
        if current == "patient":
            break
    assert waited <= 5 * 60 + 10, "five priorities are five times the aging"


# A relaxation passes over the best agent after one missed ring.


def test_the_best_agent_is_asked_again_after_one_missed_ring() -> None:
    queue = QueueProfile(
        "orders",
        Need.of({"orders": 8}, relax=[Relaxation(25, lower=(("orders", 1),))]),
        no_answer_pauses=(5,),
    )
    desk = Desk({"best": {"orders": 9}, "poor": {"orders": 1}}, queue)
    desk.not_ready("poor")
    desk.told()
    desk.enter("c1")
    assert desk.offers() == ["c1 best"]
    desk.wait(24)  # rang out at 20, and the pause ends with the step at 25
    desk.told()
    desk.wait(1)
    desk.ready("poor")
    assert desk.offers() == ["c1 best"]


# Order among callers of the same second.


@pytest.mark.parametrize("seed", range(5))
def test_callers_of_one_second_are_served_in_their_order(seed: int) -> None:
    choose = random.Random(seed)
    desk = Desk(["asha"], QueueProfile("orders", wrap_up_seconds=0, busy_pause_seconds=1))
    names = [f"c{number}" for number in choose.sample(range(1000), 40)]
    for name in names:
        desk.enter(name)
    served: list[str] = []
    while len(served) < len(names):
        offers = desk.offers()
        if not offers:
            desk.wait(1)
            continue
        contact = offers[-1].split()[0]
        if choose.random() < 0.3:
            desk.fail(contact, "asha")
            continue
        desk.answer(contact, "asha")
        served.append(contact)
        desk.end(contact)
    assert served == names


def test_who_was_rung_for_and_who_waited_for_one_agent_go_on_in_their_order() -> None:
    queue = QueueProfile("orders", wrap_up_seconds=0, sticky_seconds=999, sticky_wait_seconds=99)
    desk = Desk(["asha", "ben"], queue)
    desk.enter("served", caller="100")
    desk.answer("served", "asha")
    desk.end("served")
    desk.enter("b", priority=9)
    desk.answer("b", "ben")
    desk.enter("first")
    assert desk.offers() == ["served asha", "b ben", "first asha"]
    desk.enter("second", caller="100")
    desk.log_out("asha")
    desk.end("b")
    assert desk.offers() == ["first ben"]


# Who drops and calls again.


def test_who_drops_and_calls_again_has_the_old_place() -> None:
    desk = Desk(["asha"], ready=False)
    desk.enter("first", caller="100")
    desk.enter("second", caller="200")
    desk.wait(30)
    desk.leave("first")
    desk.wait(200)
    entry = desk.router.enter("first again", "orders", desk.now, caller="100")
    assert (entry.position, entry.resumed) == (1, True)
    desk.ready("asha")
    assert desk.offers() == ["first again asha"]


def test_the_old_place_is_kept_once_and_so_long_only() -> None:
    desk = Desk(["asha"], ready=False)
    desk.enter("c1", caller="100")
    desk.leave("c1")
    desk.wait(301)
    assert not desk.router.enter("late", "orders", desk.now, caller="100").resumed
    desk.leave("late")
    assert desk.router.enter("again", "orders", desk.now, caller="100").resumed
    assert not desk.router.enter("other line", "orders", desk.now, caller="100").resumed


def test_an_old_place_is_offered_where_the_queue_or_the_flow_says_so() -> None:
    for resume, asked, offered in (
        (Resume.ALWAYS, False, False),
        (Resume.ALWAYS, True, True),
        (Resume.OFFER, False, True),
        (Resume.NEVER, False, False),
    ):
        desk = Desk(["asha"], replace(ORDERS, resume=resume), ready=False)
        desk.enter("c1", caller="100")
        offer = desk.router.old_places.offer
        assert not offer("100", "orders", desk.now, asked=asked), "the place is not old"
        desk.leave("c1")
        assert offer("100", "orders", desk.now, asked=asked) is offered
        assert not offer("200", "orders", desk.now, asked=asked)
        assert not offer("100", "elsewhere", desk.now, asked=asked)
        assert not offer("", "orders", desk.now, asked=asked)


@pytest.mark.parametrize(
    ("setting", "answer", "resumed"),
    [
        (Resume.ALWAYS, None, True),
        (Resume.ALWAYS, False, False),
        (Resume.OFFER, None, True),
        (Resume.OFFER, True, True),
        (Resume.OFFER, False, False),
        (Resume.NEVER, None, False),
        (Resume.NEVER, True, True),
    ],
)
def test_what_the_caller_or_the_flow_says_counts_more_than_the_queue(
    setting: Resume, answer: bool | None, resumed: bool
) -> None:
    desk = Desk(["asha"], replace(ORDERS, resume=setting), ready=False)
    desk.enter("first", caller="100")
    desk.enter("second", caller="200")
    desk.leave("first")
    entry = desk.router.enter("again", "orders", desk.now, caller="100", resume=answer)
    assert (entry.resumed, entry.position) == (resumed, 1 if resumed else 2)
    desk.router.leave("again", desk.now, "failed")
    assert not desk.router.enter("more", "orders", desk.now, caller="100", resume=True).resumed


def test_a_place_that_is_offered_in_the_last_second_is_held_for_the_answer() -> None:
    desk = Desk(["asha"], replace(ORDERS, resume=Resume.OFFER), ready=False)
    desk.enter("c1", caller="100")
    desk.leave("c1")
    desk.wait(299)
    assert desk.router.old_places.offer("100", "orders", desk.now, asked=False)
    desk.wait(60)
    assert desk.router.enter("again", "orders", desk.now, caller="100", resume=True).resumed
