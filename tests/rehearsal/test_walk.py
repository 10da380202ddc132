"""A walk by hand: words in, trail out, back again, and written down as a scenario."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.rehearsal.performance import run_scenario
from switch.rehearsal.scenario_file import Dials, Scenario
from switch.rehearsal.trail import End
from switch.rehearsal.walk import NotUnderstood, Walk
from tests.rehearsal.flows import flow

HTTP = """
nodes:
  ask: {type: http, url: "https://crm.example/{{ call.from }}", next: say, exits: {failed: sorry}}
  say: {type: hangup, prompts: Found.}
  sorry: {type: hangup, prompts: Sorry.}
"""


@pytest.fixture
def walk(tmp_path: Path) -> Walk:
    return Walk(flow(tmp_path), Dials())


def test_it_stops_where_the_caller_is_asked(walk: Walk) -> None:
    assert walk.call.path == ["hello", "menu"]
    assert walk.question is not None
    assert walk.question.text.startswith("keys, for 5 s")


def test_keys_silence_and_a_hang_up_lead_on(walk: Walk) -> None:
    walk.say("wait")
    assert walk.call.heard[-2:] == ["Nothing.", "Press 1."]
    walk.say("2")
    walk.say("wait 1")
    assert walk.question is not None
    assert walk.question.text.startswith("keys, for 4 s")
    walk.say("12")
    walk.say("3")
    assert walk.performance.variables == {"number": "123"}
    assert walk.call.end is End.HANGUP


def test_what_queues_do_is_said(walk: Walk) -> None:
    walk.say("1")
    assert walk.question is not None
    assert walk.question.text.startswith("waiting in orders")
    walk.say("agents none")
    assert walk.call.path[-1] == "nobody"


def test_back_takes_back_the_last_word(walk: Walk) -> None:
    walk.say("1")
    walk.say("agents timeout")
    assert walk.call.path[-1] == "late"
    assert walk.back()
    assert walk.call.path[-1] == "orders"
    walk.say("agents free")
    walk.say("wait")
    assert walk.call.path[-1] == "thanks"
    assert walk.back()
    assert walk.back()
    assert walk.back()
    assert walk.call.path == ["hello", "menu"]
    assert not walk.back()


@pytest.mark.parametrize("words", ["dance", "wait soon", "agents many", "http maybe", "http 200 {"])
def test_words_without_meaning_do_nothing(walk: Walk, words: str) -> None:
    with pytest.raises(NotUnderstood):
        walk.say(words)
    assert walk.words == []
    assert walk.call.path == ["hello", "menu"]


def test_services_are_asked_for_their_answer(tmp_path: Path) -> None:
    walk = Walk(flow(tmp_path, HTTP), Dials())
    assert walk.question is not None
    assert "GET https://crm.example/" in walk.question.text
    with pytest.raises(NotUnderstood, match="the flow waits for"):
        walk.say("1")
    walk.say('http 200 {"name": "Ana"}')
    assert walk.call.path == ["ask", "say"]
    walk.back()
    walk.say("http timeout")
    assert walk.call.path == ["ask", "sorry"]


@pytest.mark.parametrize(
    "words",
    [
        ["1", "agents none"],
        ["1", "agents free 12", "wait"],
        ["1", "agents free", "hangup"],
        ["wait", "2", "12", "wait 2.5", "3"],
        ["wait", "wait"],
        ["7", "8"],
        ["wait 2", "hangup"],
        ["2"],
    ],
)
def test_a_walk_written_down_goes_the_same_way(tmp_path: Path, words: list[str]) -> None:
    loaded = flow(tmp_path)
    walk = Walk(loaded, Dials())
    for each in words:
        walk.say(each)
    scenario = Scenario.model_validate(walk.as_scenario("a walk"))
    outcome = run_scenario(loaded, scenario)
    assert outcome.failures == [], "\n".join(map(str, outcome.call.trail))
    assert outcome.call.path == walk.call.path
    if walk.call.end is not None:
        assert outcome.call.heard == walk.call.heard
        assert outcome.call.clock == pytest.approx(walk.call.clock)


def test_services_are_written_down_too(tmp_path: Path) -> None:
    loaded = flow(tmp_path, HTTP)
    walk = Walk(loaded, Dials())
    walk.say("http 404")
    outcome = run_scenario(loaded, Scenario.model_validate(walk.as_scenario("x")))
    assert outcome.failures == []
