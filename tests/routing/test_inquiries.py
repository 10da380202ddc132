"""What can be asked: why, what would be, and where a caller stands. Asking changes nothing."""

from __future__ import annotations

import pytest

from switch.errors import RoutingError
from switch.routing import Need, QueueProfile, Relaxation
from tests.routing.desk import Desk

TIERED = QueueProfile(
    "orders", Need.of({"orders": 5}, relax=[Relaxation(30, lower=(("orders", 2),))])
)
LEVELS = {"asha": {"orders": 9}, "ben": {"orders": 6}, "cleo": {"orders": 2}, "dan": {"help": 1}}


def test_a_decision_is_explained_with_everyone_who_was_not_chosen() -> None:
    desk = Desk({**LEVELS, "eve": {"orders": 5}, "fay": {"orders": 5}}, TIERED)
    desk.not_ready("eve")
    desk.enter("c0")
    desk.enter("c1")
    desk.leave("c0")  # whatever happens later: asha was reserved when c1 came
    desk.log_out("ben")
    explained = desk.router.ask.explain("c1")[0]
    verdicts = {each.agent: (each.verdict, each.why) for each in explained.candidates}
    assert verdicts["ben"][0] == "chosen"
    assert verdicts["asha"] == ("busy", "was reserved")
    assert verdicts["fay"] == ("next", "ready, later in the order")
    assert verdicts["eve"] == ("away", "was not_ready")
    assert verdicts["cleo"] == ("away", "only after 30 s of waiting (orders>=2)")
    assert verdicts["dan"] == ("unfit", "lacks orders>=2")
    assert explained.states_known
    assert explained.need == "orders>=5"
    assert explained.counts == {"chosen": 1, "next": 1, "busy": 1, "away": 2, "unfit": 1}
    assert explained.decision.runners_up == ("fay: idle 1 s",)


def test_each_reservation_of_a_caller_is_a_decision() -> None:
    desk = Desk(["asha", "ben"])
    desk.enter("c1")
    desk.wait(20)
    assert [each.agent for each in desk.router.ask.decisions("c1")] == ["asha", "ben"]
    assert desk.router.ask.decisions("never") == []


def test_a_forecast_says_what_then_happens_and_changes_nothing() -> None:
    desk = Desk(LEVELS, TIERED)
    before = (desk.router.next_deadline(), desk.router.ask.queue_status("orders", desk.now))
    forecast = desk.router.ask.forecast("orders", desk.now, need=Need.of({"orders": 6}))
    assert [(tier.after_seconds, tier.ready_count) for tier in forecast.tiers] == [(0, 2), (30, 1)]
    assert (forecast.agent, forecast.position) == ("asha", 1)
    status = desk.router.ask.queue_status("orders", desk.now)
    assert before == (desk.router.next_deadline(), status)
    assert desk.told() == []
    desk.enter("c1", skills={"orders": 6})
    assert desk.offers() == [f"c1 {forecast.agent}"]


@pytest.mark.parametrize("waited", [0.0, 29.9, 30.0])
def test_a_forecast_can_be_asked_for_one_who_has_waited(waited: float) -> None:
    desk = Desk({"cleo": {"orders": 2}}, TIERED)
    desk.now = 0.1
    forecast = desk.router.ask.forecast("orders", desk.now, waited_seconds=waited)
    assert forecast.agent == ("cleo" if waited >= 30 else "")
    assert forecast.expected_wait_seconds > 0 or forecast.agent


def test_a_forecast_says_that_nobody_could_ever_serve() -> None:
    desk = Desk(["asha"], ready=False)
    forecast = desk.router.ask.forecast("orders", desk.now)
    assert forecast.why == "nobody who is logged in could serve the caller"
    with pytest.raises(RoutingError, match="no queue 'nowhere'"):
        desk.router.ask.forecast("nowhere", desk.now)


def test_a_caller_stands_where_the_order_says() -> None:
    desk = Desk(["asha"])
    for contact in ("c1", "c2", "c3"):
        desk.enter(contact)
    desk.wait(5)
    told = [desk.router.ask.standing(contact, desk.now) for contact in ("c1", "c2", "c3", "c4")]
    assert [each and (each.position, each.state) for each in told] == [
        (1, "offered"),
        (2, "waiting"),
        (3, "waiting"),
        None,
    ]
    assert told[2] is not None
    assert told[2].waited_seconds == 5
    assert told[2].expected_wait_seconds > 0
    desk.answer("c1", "asha")
    talking = desk.router.ask.standing("c1", desk.now)
    assert talking is not None
    assert (talking.position, talking.expected_wait_seconds, talking.state) == (0, 0, "talking")
