"""Scenario files: what is wrong is told with line, column and what was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.errors import FlowError
from switch.rehearsal.loader import flow_of, load_scenarios, scenario_files
from tests.rehearsal.flows import flow


def problems(tmp_path: Path, text: str) -> str:
    """Return what is said about a scenario file of the usual flow."""
    file = tmp_path / "flow.scenarios.yaml"
    file.write_text(text)
    with pytest.raises(FlowError) as caught:
        load_scenarios(file, flow(tmp_path))
    return str(caught.value).replace(f"{file}:", "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("scenarios: []", "1:12: is empty"),
        ("scenarios:\n  - name: x\n    stepps: []", "3:5: unknown key `stepps` (did you mean"),
        ("scenarios:\n  - steps: []", "2:5: `name` is missing"),
        ("scenarios:\n  - name: x\n    steps: [{press: '1'}]", "unknown key `press`"),
        ("scenarios:\n  - name: x\n    steps: [{presses: abc}]", "are not keys of a telephone"),
        (
            "scenarios:\n  - name: x\n    steps: [{presses: '1', waits: 3}]",
            "3:13: a step is exactly one thing",
        ),
        (
            "scenarios:\n  - name: x\n    steps: [{reaches: manu}]",
            "3:23: there is no node `manu` in the flow `flow` (did you mean `menu`?)",
        ),
        (
            "scenarios:\n  - name: x\n    expect: {path: [hello, manu]}",
            "3:28: there is no node `manu`",
        ),
        ("scenarios:\n  - name: x\n  - name: x", "3:11: there is a scenario `x` already"),
        ("scenarios:\n  - name: x\n    dials: {at: tomorrow}", "is not a date and a time"),
        ("scenarios:\n  - name: x\n    queues: {orders: nobody}", "`nobody` is not one of"),
        ("scenarios:\n  - name: x\n    expect: {ends: hangupp}", "did you mean `hangup`?"),
    ],
)
def test_a_wrong_file(tmp_path: Path, text: str, told: str) -> None:
    assert told in problems(tmp_path, text)


def test_everything_is_told_at_once(tmp_path: Path) -> None:
    text = "scenarios:\n  - name: x\n    steps: [{waits: -1}, {presses: q}]\n    expect: {end: x}"
    assert len(problems(tmp_path, text).splitlines()) == 3


def test_every_short_form(tmp_path: Path) -> None:
    file = tmp_path / "flow.scenarios.yaml"
    file.write_text("""
scenarios:
  - name: x
    dials: {from: "", at: "2026-11-24 10:00+05:30"}
    steps: [hangs_up, {presses: 1}, {hangs_up: true}]
    queues: {a: no_agents, b: {after_seconds: 3}, c: [full, {end: timeout}]}
    http: [{url: "https://x.example/*", fails: timeout}]
""")
    (scenario,) = load_scenarios(file, flow(tmp_path)).scenarios
    assert [(each.queue, each.end) for each in scenario.queue_answers()] == [
        ("a", "no_agents"),
        ("b", "connected"),
        ("c", "full"),
        ("c", "timeout"),
    ]
    assert scenario.steps[1].presses == "1"
    assert scenario.dials.at.isoformat() == "2026-11-24T10:00:00+05:30"


def test_where_scenarios_are_looked_for(tmp_path: Path) -> None:
    (tmp_path / "a.scenarios.yaml").touch()
    (tmp_path / "a.yaml").touch()
    found = tmp_path / "a.scenarios.yaml"
    assert list(scenario_files([tmp_path])) == [found]
    assert list(scenario_files([tmp_path / "a.yaml"])) == [found]
    assert list(scenario_files([found])) == [found]
    assert flow_of(found) == tmp_path / "a.yaml"
