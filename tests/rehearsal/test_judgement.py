"""What came against what was expected: told with its place, as a difference that can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from switch.rehearsal.judgement import Failure
from switch.rehearsal.performance import Outcome, run_scenario
from switch.rehearsal.scenario_file import Scenario
from tests.rehearsal.flows import flow

FLOW = """
languages: [en, hi]
nodes:
  ask:
    type: collect
    prompts: Number?
    into: number
    max_digits: 3
    next: note
    exits: {no_input: end, no_match: end}
  note: {type: tag, tags: {kind: sales}, next: told}
  told: {type: event, name: asked, payload: {number: "{{ vars.number }}"}, next: choose}
  choose: {type: language, language: hi, next: end}
  end: {type: hangup, prompts: Good bye.}
"""


def outcome(tmp_path: Path, expect: dict[str, Any], *steps: dict[str, Any]) -> Outcome:
    """Run the flow with a caller who keys in 123."""
    given = list(steps) or [{"presses": "123"}]
    scenario = Scenario.model_validate({"name": "x", "steps": given, "expect": expect})
    return run_scenario(flow(tmp_path, FLOW), scenario)


@pytest.mark.parametrize(
    "expect",
    [
        {"path": ["ask", "note", "told", "choose", "end"]},
        {"path": ["ask", "...", "end"]},
        {"path": ["...", "told", "..."]},
        {"hears": ["good BYE"]},
        {"vars": {"number": "123"}},
        {"tags": {"kind": "sales"}},
        {"events": [{"name": "asked", "payload": {"number": "123"}}]},
        {"events": [{"name": "asked"}]},
        {"messages": []},
        {"language": "hi"},
        {"ends": "hangup"},
    ],
)
def test_what_is_as_expected_passes(tmp_path: Path, expect: dict[str, Any]) -> None:
    assert outcome(tmp_path, expect).failures == []


@pytest.mark.parametrize(
    ("expect", "location", "difference"),
    [
        ({"path": ["ask", "end"]}, ("path",), ("  ask", "+ note", "+ told", "+ choose", "  end")),
        ({"path": ["...", "note"]}, ("path",), None),
        ({"hears": []}, ("hears",), ("+ Good bye.",)),
        ({"vars": {"number": "124"}}, ("vars", "number"), ("- '124'", "+ '123'")),
        ({"vars": {"other": 1}}, ("vars", "other"), ("- 1",)),
        ({"tags": {"kind": "help"}}, ("tags", "kind"), ("- 'help'", "+ 'sales'")),
        ({"events": []}, ("events",), ("+ asked",)),
        (
            {"events": [{"name": "asked", "payload": {"number": "9"}}]},
            ("events", 0, "payload", "number"),
            ("- '9'", "+ '123'"),
        ),
        ({"messages": ["night"]}, ("messages",), ("- night",)),
        ({"language": "en"}, ("language",), ("- en", "+ hi")),
        ({"ends": "caller"}, ("ends",), ("- caller", "+ hangup")),
    ],
)
def test_what_is_not_is_told_with_its_place(
    tmp_path: Path, expect: dict[str, Any], location: Any, difference: Any
) -> None:
    (failure,) = outcome(tmp_path, expect).failures
    assert failure.location == ("expect", *location)
    if difference is not None:
        assert failure.difference == difference


def test_a_step_that_was_never_done_fails(tmp_path: Path) -> None:
    steps = ({"presses": "123"}, {"hears": "Nobody says this"}, {"presses": "2"})
    assert outcome(tmp_path, {}, *steps).failures == [
        Failure(("steps", 1), "the call was over before the caller could hear `Nobody says this`")
    ]


def test_a_flow_that_fails_is_a_failure_unless_it_was_expected(tmp_path: Path) -> None:
    text = "nodes:\n  a: {type: set, values: {x: '{{ 1 / (call.trunk | length - 7) }}'}, next: b}\n"
    failing = flow(tmp_path, text + "  b: {type: hangup}\n")
    scenario = Scenario(name="x")
    (failure,) = run_scenario(failing, scenario).failures
    assert "flow flow, node a" in failure.message
    expected = Scenario.model_validate({"name": "x", "expect": {"ends": "error"}})
    assert run_scenario(failing, expected).failures == []


def test_a_service_that_nobody_foresaw_is_a_failure(tmp_path: Path) -> None:
    text = (
        "nodes:\n  a: {type: http, url: 'https://crm.example/x', next: b, exits: {failed: b}}\n"
        "  b: {type: hangup}\n"
    )
    (failure,) = run_scenario(flow(tmp_path, text), Scenario(name="x")).failures
    assert "GET https://crm.example/x" in failure.message
