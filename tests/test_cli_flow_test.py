"""`freeline flow test`: exit codes, failures that say where and why, coverage, JSON and JUnit."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from switch.cli import app

ROOT = Path(__file__).parents[1]
FLOW = """
nodes:
  menu:
    type: menu
    prompts: Press 1.
    options: {"1": one}
    retries: 0
    exits: {no_input: end, no_match: end}
  one: {type: hangup, prompts: One.}
  end: {type: hangup}
"""
SCENARIOS = """
scenarios:
  - name: presses 1
    steps: [{hears: Press 1.}, {presses: "1"}]
    expect: {path: [menu, one]}
  - name: is silent
    expect: {path: [menu, end]}
"""
WRONG = SCENARIOS.replace("[menu, end]", "[menu, one]")


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["flow", "test", *words])


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    """A directory with a flow and its scenarios."""
    (tmp_path / "small.yaml").write_text(FLOW)
    (tmp_path / "small.scenarios.yaml").write_text(SCENARIOS)
    return tmp_path


def test_all_is_well(flows: Path) -> None:
    told = run(str(flows))
    assert told.exit_code == 0
    assert "2 scenarios passed" in told.output
    assert re.search(r"small +3/3 +2/3 +83 % +menu: no_match", told.output)


def test_a_failure_says_where_what_and_what_happened(flows: Path) -> None:
    (flows / "small.scenarios.yaml").write_text(WRONG)
    told = run(str(flows / "small.yaml"))
    assert told.exit_code == 1
    file = flows / "small.scenarios.yaml"
    assert f"FAILED  {file}:6: is silent" in told.output
    assert f"{file}:7: the path is another" in told.output
    assert "- one   expected" in told.output
    assert "+ end   came" in told.output
    assert "5.5 s  enters end (hangup)" in told.output
    assert "1 of 2 scenarios failed." in told.output


def test_too_little_covered(flows: Path) -> None:
    assert run(str(flows), "--fail-under", "80").exit_code == 0
    told = run(str(flows), "--fail-under", "90")
    assert told.exit_code == 1
    assert "Covered are 83.3 %, less than 90 %." in told.output


def test_a_wrong_file_is_told_with_its_place(flows: Path) -> None:
    (flows / "small.scenarios.yaml").write_text(SCENARIOS.replace("presses:", "press:"))
    told = run(str(flows))
    assert told.exit_code == 1
    assert "small.scenarios.yaml:4:33: unknown key `press`" in told.output
    assert "did you mean `presses`?" in told.output


def test_a_wrong_flow_is_told_too(flows: Path) -> None:
    (flows / "small.yaml").write_text(FLOW.replace("no_input: end", "no_input: ende"))
    told = run(str(flows))
    assert told.exit_code == 1
    assert "there is no node `ende`" in told.output


def test_for_programs(flows: Path) -> None:
    (flows / "small.scenarios.yaml").write_text(WRONG)
    told = run(str(flows), "--json")
    assert told.exit_code == 1
    data = json.loads(told.output)
    assert (data["passed"], data["failed"]) == (1, 1)
    failed = data["scenarios"][1]
    assert failed["path"] == ["menu", "end"]
    assert failed["failures"][0]["line"] == 7
    assert data["coverage"]["flows"]["small"]["missed_exits"] == [
        {"node": "menu", "exit": "no_match"}
    ]


def test_for_continuous_integration(flows: Path) -> None:
    (flows / "small.scenarios.yaml").write_text(WRONG)
    report = flows / "results.xml"
    run(str(flows), "--junit", str(report))
    (suite,) = ElementTree.parse(report).getroot()
    assert dict(suite.attrib) == {"name": "small", "tests": "2", "failures": "1", "errors": "0"}
    passed, failed = suite
    assert list(passed) == []
    assert failed.get("name") == "is silent"
    assert failed[0].get("message") == "the path is another"
    assert "+ end" in (failed[0].text or "")


def test_one_scenario_with_its_trail(flows: Path) -> None:
    told = run(str(flows), "--only", "PRESSES", "--trail")
    assert "1 scenario passed" in told.output
    assert "presses 1" in told.output
    assert "is silent" not in told.output


def test_nothing_to_test_is_no_success(tmp_path: Path) -> None:
    told = run(str(tmp_path))
    assert told.exit_code == 1
    assert "There are no scenarios here." in told.output


def test_a_name_that_no_scenario_has(flows: Path) -> None:
    told = run(str(flows), "--only", "nobody")
    assert told.exit_code == 1
    assert told.output == "No scenario here has `nobody` in its name.\n"


def test_the_trail_tells_why_a_node_failed(tmp_path: Path) -> None:
    (tmp_path / "fails.yaml").write_text(
        "on_error: sorry\n"
        "nodes:\n"
        "  sum: {type: set, values: {x: '{{ 1 // 0 }}'}, next: sorry}\n"
        "  sorry: {type: hangup, prompts: Sorry.}\n"
    )
    (tmp_path / "fails.scenarios.yaml").write_text("scenarios: [{name: calls}]\n")
    told = run(str(tmp_path), "--trail")
    assert told.exit_code == 0
    assert "0.0 s  fails in sum (`{{ 1 // 0 }}` cannot be computed: integer division" in told.output


def test_mistakes_and_failures_are_counted(flows: Path, tmp_path: Path) -> None:
    told = run(str(tmp_path / "nowhere.yaml"))
    assert told.output.endswith("1 mistake in the files: not run were nowhere.scenarios.yaml.\n")
    (flows / "small.scenarios.yaml").write_text(WRONG)
    assert run(str(flows)).output.endswith("1 of 2 scenarios failed.\n")


def test_a_flow_and_its_scenarios_are_both_told_of(flows: Path) -> None:
    """Once, though several flows lead to the one that is wrong; and nothing counts as covered."""
    (flows / "small.scenarios.yaml").write_text("scenarios: [{nam: calls}]\n")
    (flows / "small.yaml").write_text("nodes:\n  a: {type: hangup, prompts: 'Bye.}\n")
    caller = "nodes:\n  a: {type: transfer, flow: small}\n"
    for name in ("one", "two"):
        (flows / f"{name}.yaml").write_text(caller)
        (flows / f"{name}.scenarios.yaml").write_text("scenarios: [{name: calls}]\n")
    told = run(str(flows), "--json")
    assert told.exit_code == 1
    data = json.loads(told.stdout)
    assert sorted(each["message"] for each in data["problems"]) == [
        "the quote that opens here is not closed",
        "unknown key `nam`",
    ]
    assert data["coverage"]["percent"] == 0


def test_a_wrong_command_line(flows: Path) -> None:
    assert run(str(flows), "--fail-under", "many").exit_code == 2
    assert run(str(flows), "--no-such-option").exit_code == 2


def test_the_documented_scenario_passes(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "flow-tools.md").read_text()
    block = re.findall(r"```yaml\n(.*?)```", page, re.S)[0]
    assert "scenarios:" in block
    for name in ("main.yaml", "survey.yaml"):
        (tmp_path / name).write_text((ROOT / "ivr_flows" / name).read_text())
    (tmp_path / "sounds").symlink_to(ROOT / "ivr_flows" / "sounds")
    (tmp_path / "main.scenarios.yaml").write_text(block)
    told = run(str(tmp_path))
    assert told.exit_code == 0, told.output


def test_the_shipped_scenarios_pass() -> None:
    told = run(str(ROOT / "ivr_flows"), "--fail-under", "100")
    assert told.exit_code == 0, told.output
