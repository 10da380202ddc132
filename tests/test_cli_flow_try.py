"""`freeline flow try`, through a pipe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from switch.cli import app

FLOW = """
nodes:
  menu:
    type: menu
    prompts: Press 1.
    options: {"1": ask}
    retries: 0
    exits: {no_input: end, no_match: end}
  ask:
    type: collect
    prompts: Number?
    into: number
    max_digits: 2
    next: orders
    exits: {no_input: end, no_match: end}
  orders: {type: queue, queue: orders, next: end, exits: {timeout: end, no_agents: night}}
  night: {type: hangup, prompts: We are closed.}
  end: {type: hangup}
"""


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    file = tmp_path / "small.yaml"
    file.write_text(FLOW)
    return file


def run(flow: Path, *lines: str, options: tuple[str, ...] = ()) -> Any:
    typed = "".join(f"{line}\n" for line in lines)
    return CliRunner().invoke(app, ["flow", "try", str(flow), *options], input=typed)


def test_what_is_heard_and_done_is_shown(flow: Path) -> None:
    told = run(flow, "1", "42", "vars", "agents none")
    assert told.exit_code == 0
    for line in (
        'hears "Press 1."',
        "presses 1",
        "enters ask (collect)",
        "number = '42'",
        'hears "We are closed."',
        "ends hangup",
    ):
        assert line in told.output


def test_back_and_another_way(flow: Path) -> None:
    told = run(flow, "1", "42", "agents none", "back", "agents timeout", "path")
    assert told.output.rstrip().endswith("menu -> ask -> orders -> end")


def test_a_walk_is_saved_and_passes(flow: Path) -> None:
    told = run(flow, "wait 1", "1", "4", "2", "agents free", "wait", "save gets through")
    assert "Saved in" in told.output
    text = flow.with_name("small.scenarios.yaml").read_text()
    assert "name: gets through" in text
    told = run(flow, "7", "save presses a wrong key")
    assert told.exit_code == 0
    tested = CliRunner().invoke(app, ["flow", "test", str(flow)])
    assert tested.exit_code == 0, tested.output
    assert "2 scenarios passed" in tested.output


def test_a_name_that_is_taken_changes_nothing(flow: Path) -> None:
    run(flow, "7", "save twice")
    before = flow.with_name("small.scenarios.yaml").read_text()
    told = run(flow, "1", "save twice")
    assert told.exit_code == 1
    assert "there is a scenario `twice` already" in told.output
    assert flow.with_name("small.scenarios.yaml").read_text() == before


def test_help_tells_the_words(flow: Path) -> None:
    told = run(flow, "help", "quit")
    assert told.exit_code == 0
    assert "agents free|none" in told.output


def test_a_line_that_means_nothing_ends_a_pipe(flow: Path) -> None:
    told = run(flow, "dance", "1")
    assert told.exit_code == 1
    assert "`dance` is not understood here" in told.output
    assert "presses 1" not in told.output


def test_who_calls_can_be_said(flow: Path) -> None:
    text = FLOW.replace(
        "nodes:\n",
        "start: who\nnodes:\n  who:\n    type: branch\n    cases:\n"
        "      - {when: \"call.from == '+14155550100'\", next: night}\n"
        "    otherwise: menu\n",
    )
    flow.write_text(text)
    assert "We are closed." in run(flow, options=("--from", "+14155550100")).output
    assert "Press 1." in run(flow).output
    assert run(flow, options=("--at", "tomorrow")).exit_code == 2


def test_a_wrong_flow_is_told_with_its_place(flow: Path) -> None:
    flow.write_text(FLOW.replace("next: orders", "next: ordres"))
    told = run(flow, "1")
    assert told.exit_code == 1
    assert "did you mean `orders`?" in told.output
