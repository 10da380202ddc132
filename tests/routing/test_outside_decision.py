"""Outside programs decide: in time, late, impossibly; and people go meanwhile."""

from __future__ import annotations

from switch.routing import (
    ChoiceOutcome,
    DecisionWanted,
    Need,
    OutsideDecision,
    QueueProfile,
    WhenNoAgents,
)
from tests.routing.desk import Desk

FOLLOWED, TOO_LATE, IMPOSSIBLE = ChoiceOutcome

OUTSIDE = QueueProfile(
    "orders", Need.of({"orders": 1}), outside=OutsideDecision(within_seconds=0.5, candidates=2)
)


def asked(desk: Desk) -> DecisionWanted:
    desk.told()
    return [event for event in desk.events if isinstance(event, DecisionWanted)][-1]


def waiting(*contacts: str) -> Desk:
    """Callers wait, and asha becomes ready."""
    desk = Desk(["asha", "ben"], OUTSIDE, ready=False)
    for contact in contacts:
        desk.enter(contact)
    desk.ready("asha")
    return desk


def test_an_agent_is_chosen_among_the_first_of_the_built_in_rule() -> None:
    desk = Desk(["asha", "ben", "cleo"], OUTSIDE)
    desk.enter("c1")
    wanted = asked(desk)
    assert (wanted.contact, wanted.agent, wanted.candidates) == ("c1", "", ("asha", "ben"))
    assert wanted.deadline == desk.now + 0.5
    assert desk.router.decide(wanted.number, "ben", desk.now) is FOLLOWED
    assert desk.offers() == ["c1 ben"]
    assert desk.router.ask.decisions("c1")[-1].rule == "outside"
    assert desk.router.next_deadline() == desk.now + 20, "only the ring is timed"


def test_the_built_in_rule_stands_in_for_a_late_answer() -> None:
    desk = Desk(["asha", "ben"], OUTSIDE)
    desk.enter("c1")
    number = asked(desk).number
    desk.wait(0.5)
    assert desk.offers() == ["c1 asha"]
    assert desk.router.ask.decisions("c1")[-1].rule == "stand_in"
    assert desk.router.decide(number, "ben", desk.now) is TOO_LATE
    assert desk.offers() == []


def test_the_built_in_rule_stands_in_for_an_impossible_answer() -> None:
    for choice in ("cleo", "nobody", ""):
        desk = Desk(["asha", "ben", "cleo"], OUTSIDE)
        desk.enter("c1")
        assert desk.router.decide(asked(desk).number, choice, desk.now) is IMPOSSIBLE
        assert desk.offers() == ["c1 asha"]


def test_who_was_chosen_has_gone_meanwhile() -> None:
    desk = Desk(["asha", "ben"], OUTSIDE)
    desk.enter("c1")
    number = asked(desk).number
    desk.not_ready("asha")
    assert desk.router.decide(number, "asha", desk.now) is IMPOSSIBLE
    assert desk.offers() == ["c1 ben"]


def test_the_caller_has_gone_meanwhile() -> None:
    desk = Desk(["asha"], OUTSIDE)
    desk.enter("c1")
    number = asked(desk).number
    desk.leave("c1")
    assert desk.router.decide(number, "asha", desk.now) is TOO_LATE
    assert desk.offers() == []
    desk.enter("c1")
    desk.wait(0.5)
    assert desk.offers() == ["c1 asha"]


def test_a_caller_is_chosen_for_an_agent_who_is_free() -> None:
    desk = waiting("c1", "c2", "c3")
    wanted = asked(desk)
    assert (wanted.contact, wanted.agent, wanted.candidates) == ("", "asha", ("c1", "c2"))
    assert desk.router.decide(wanted.number, "c2", desk.now) is FOLLOWED
    assert desk.offers() == ["c2 asha"]


def test_the_first_caller_is_taken_when_no_answer_comes_or_the_chosen_one_has_gone() -> None:
    desk = waiting("c1", "c2")
    asked(desk)
    desk.wait(0.5)
    assert desk.offers() == ["c1 asha"]
    desk = waiting("c1", "c2")
    number = asked(desk).number
    desk.leave("c2")
    assert desk.router.decide(number, "c2", desk.now) is IMPOSSIBLE
    assert desk.offers() == ["c1 asha"]


def test_an_agent_who_goes_while_asked_about_gets_nobody() -> None:
    desk = waiting("c1")
    number = asked(desk).number
    desk.log_out("asha")
    assert desk.router.decide(number, "c1", desk.now) is TOO_LATE
    desk.ready("ben")
    desk.wait(0.5)
    assert desk.offers() == ["c1 ben"]


def test_a_caller_is_sent_away_whose_last_agent_went_while_the_program_thought() -> None:
    queue = QueueProfile(
        "orders",
        Need.of({"orders": 1}),
        when_no_agents=WhenNoAgents.EXIT,
        outside=OutsideDecision(),
    )
    desk = Desk(["asha"], queue)
    desk.enter("c1")
    desk.log_out("asha")
    desk.told()
    desk.wait(0.5)
    assert desk.told() == ["unservable c1"]
