"""The shipped flows' scenarios: all pass, every node and exit is tried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from switch.ivr.loader import flow_files, load_flow
from switch.rehearsal.coverage import Coverage
from switch.rehearsal.loader import flow_of, load_scenarios, scenario_files
from switch.rehearsal.performance import run_scenario
from switch.rehearsal.scenario_file import SUFFIX

FLOWS = Path(__file__).parents[2] / "ivr_flows"
FILES = list(scenario_files([FLOWS]))


def scenarios() -> list[Any]:
    found = []
    for path in FILES:
        flow = load_flow(flow_of(path))
        for index, scenario in enumerate(load_scenarios(path, flow).scenarios):
            found.append(pytest.param(flow, scenario, index, id=f"{flow.name}: {scenario.name}"))
    return found


@pytest.mark.parametrize(("flow", "scenario", "index"), scenarios())
def test_all_is_as_expected(flow: Any, scenario: Any, index: int) -> None:
    outcome = run_scenario(flow, scenario, index)
    trail = "\n".join(map(str, outcome.call.trail))
    assert outcome.failures == [], trail


def test_every_flow_has_scenarios() -> None:
    assert all(file.with_name(file.stem + SUFFIX).exists() for file in flow_files([FLOWS]))


@pytest.mark.parametrize("path", FILES, ids=lambda path: flow_of(path).stem)
def test_every_node_and_exit_is_tried(path: Path) -> None:
    flow = load_flow(flow_of(path))
    coverage = Coverage([flow])
    for scenario in load_scenarios(path, flow).scenarios:
        coverage.add(run_scenario(flow, scenario).call)
    assert coverage.flows[flow.name].missed_nodes == []
    assert coverage.flows[flow.name].missed_exits == []
