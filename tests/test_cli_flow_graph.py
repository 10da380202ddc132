"""`freeline flow graph` and `freeline flow schema`; and the shell's completion of them all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from switch.cli import app

ROOT = Path(__file__).parents[1]
MAIN = ROOT / "ivr_flows" / "main.yaml"


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["flow", *words])


def test_an_svg_unless_told_otherwise() -> None:
    told = run("graph", str(MAIN))
    assert told.exit_code == 0
    assert ElementTree.fromstring(told.stdout).tag.endswith("svg")


@pytest.mark.parametrize(("form", "begin"), [("mermaid", "---"), ("dot", 'digraph "main" {')])
def test_other_formats(form: str, begin: str) -> None:
    assert run("graph", str(MAIN), "--format", form).stdout.startswith(begin)


def test_into_a_file(tmp_path: Path) -> None:
    picture = tmp_path / "main.svg"
    told = run("graph", str(MAIN), "--output", str(picture))
    assert (told.exit_code, told.output) == (0, "")
    assert "main_menu" in picture.read_text()
    assert run("graph", str(MAIN), "--output", str(tmp_path / "no" / "x.svg")).exit_code == 1


def test_a_flow_with_mistakes_is_drawn_and_they_are_told(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("nodes:\n  a: {type: play, prompts: A., next: b}\n  c: {type: hangup}\n")
    told = run("graph", str(file))
    assert told.exit_code == 1
    assert "! a" in told.stdout
    assert "marked in the picture" in told.stderr


def test_what_is_no_flow_is_not_drawn(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("nodes:\n  a: {type: plya}\n")
    told = run("graph", str(file))
    assert told.exit_code == 1
    assert told.stdout == ""
    assert "did you mean `play`?" in told.stderr


@pytest.mark.parametrize(
    ("options", "title"),
    [
        ((), "A Freeline flow"),
        (("--scenarios",), "Scenarios of a Freeline flow"),
        (("--config", "queues"), "Freeline's queues.yaml"),
    ],
)
def test_schemas(options: tuple[str, ...], title: str) -> None:
    assert json.loads(run("schema", *options).stdout)["title"] == title


def test_a_schema_into_a_file(tmp_path: Path) -> None:
    assert run("schema", "--output", str(tmp_path / "flow.json")).exit_code == 0
    assert "nodes" in json.loads((tmp_path / "flow.json").read_text())["properties"]


def test_wrong_command_lines() -> None:
    assert run("graph", str(MAIN), "--format", "png").exit_code == 2
    assert run("schema", "--scenarios", "--config", "queues").exit_code == 2
    assert run("graph").exit_code == 2
