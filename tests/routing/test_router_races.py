"""The router: messages that cross each other. Nothing is lost, doubled or joined twice."""

from __future__ import annotations

from switch.routing.agent import AgentState
from tests.routing.desk import Desk


def ringing(*agents: str) -> Desk:
    desk = Desk(agents or ("asha", "ben"))
    desk.enter("c1")
    desk.told()
    return desk


# A caller who leaves is gone everywhere.


def test_leaving_while_waiting() -> None:
    desk = Desk(["asha"], ready=False)
    desk.enter("c1")
    assert desk.leave("c1")
    assert not desk.leave("c1")
    desk.ready("asha")
    assert desk.offers() == []
    assert desk.router.ask.queue_length("orders") == 0


def test_leaving_while_a_headset_rings_withdraws_the_offer() -> None:
    desk = ringing()
    assert desk.leave("c1")
    assert desk.told() == ["withdraw c1 asha caller_left", "asha ready offer_withdrawn"]
    assert desk.router.next_deadline() is None


def test_the_agent_of_a_withdrawn_offer_keeps_the_old_idle_time() -> None:
    desk = ringing()
    desk.wait(5)
    desk.leave("c1")
    desk.enter("c2")
    assert desk.offers() == ["c2 asha"]


def test_the_agent_of_a_withdrawn_offer_takes_the_next_caller_at_once() -> None:
    desk = ringing("asha")
    desk.enter("c2")
    desk.leave("c1")
    assert desk.told() == [
        "withdraw c1 asha caller_left",
        "asha ready offer_withdrawn",
        "asha reserved offer",
        "offer c2 asha",
    ]


def test_leaving_while_talking_frees_the_agent() -> None:
    desk = ringing()
    desk.answer("c1", "asha")
    desk.told()
    assert desk.leave("c1")
    assert desk.told() == ["asha wrap_up talk_ended"]
    assert not desk.end("c1")
    assert desk.told() == []


def test_a_caller_who_left_may_come_again() -> None:
    desk = ringing("asha")
    desk.leave("c1")
    desk.told()
    desk.enter("c1")
    assert desk.offers() == ["c1 asha"]


# Answers that come too late.


def test_an_answer_after_the_caller_left() -> None:
    desk = ringing()
    desk.leave("c1")
    assert not desk.answer("c1", "asha")
    assert desk.state("asha") is AgentState.READY


def test_an_answer_after_it_rang_out() -> None:
    desk = ringing()
    desk.wait(20)
    assert not desk.answer("c1", "asha")
    assert desk.state("asha") is AgentState.NOT_READY
    assert desk.answer("c1", "ben")


def test_an_answer_to_an_earlier_offer_while_another_stands() -> None:
    desk = ringing("asha")
    desk.leave("c1")
    desk.enter("c2")
    assert not desk.answer("c1", "asha")
    assert desk.state("asha") is AgentState.RESERVED
    assert desk.answer("c2", "asha")


def test_an_answer_told_twice_is_one_answer() -> None:
    desk = ringing()
    assert desk.answer("c1", "asha")
    desk.told()
    assert desk.answer("c1", "asha")
    assert desk.told() == []
    assert desk.router.ask.queue_status("orders", desk.now).since_start.answered == 1


def test_two_agents_are_never_given_one_call() -> None:
    desk = ringing()
    desk.wait(20)
    assert desk.answer("c1", "ben")
    assert not desk.answer("c1", "asha")
    assert desk.router.ask.agent("ben", 0.0).contact == "c1"
    assert desk.router.ask.agent("asha", 0.0).contact == ""


def test_an_answer_by_somebody_who_was_never_asked() -> None:
    desk = ringing()
    assert not desk.answer("c1", "ben")
    assert desk.state("ben") is AgentState.READY
    assert desk.answer("c1", "asha")


# Failures that come too late.


def test_a_failure_after_the_caller_left() -> None:
    desk = ringing()
    desk.leave("c1")
    desk.told()
    assert not desk.fail("c1", "asha")
    assert desk.told() == []


def test_a_failure_after_the_answer() -> None:
    desk = ringing()
    desk.answer("c1", "asha")
    desk.told()
    assert not desk.fail("c1", "asha")
    assert desk.told() == []
    assert desk.state("asha") is AgentState.TALKING


def test_a_failure_told_twice_is_one_failure() -> None:
    desk = ringing("asha")
    assert desk.fail("c1", "asha")
    assert not desk.fail("c1", "asha")
    desk.wait(5)
    assert desk.offers() == ["c1 asha"]


def test_a_failure_after_it_rang_out_does_not_touch_the_next_offer() -> None:
    desk = ringing()
    desk.wait(20)
    assert desk.offers() == ["c1 ben"]
    assert not desk.fail("c1", "asha")
    assert desk.answer("c1", "ben")


# Ends without a beginning.


def test_the_end_of_a_talk_that_never_was() -> None:
    desk = ringing()
    assert not desk.end("c1")
    assert not desk.end("never")
    assert not desk.leave("never")
    assert not desk.answer("never", "asha")
    assert not desk.fail("never", "asha")
    assert desk.answer("c1", "asha")


# An agent has one call.


def test_an_agent_who_rings_or_talks_gets_no_second_call() -> None:
    desk = ringing("asha")
    desk.enter("c2")
    assert desk.offers() == []
    desk.answer("c1", "asha")
    desk.enter("c3")
    assert desk.offers() == []
    desk.end("c1")
    assert desk.offers() == []
    desk.wait(10)
    assert desk.offers() == ["c2 asha"]


def test_an_agent_who_logs_out_while_ringing_and_comes_back() -> None:
    desk = ringing("asha")
    desk.log_out("asha")
    assert desk.told() == ["withdraw c1 asha agent_logged_out", "asha logged_out home"]
    desk.ready("asha")
    assert desk.told() == ["asha ready asked", "asha reserved offer", "offer c1 asha"]
