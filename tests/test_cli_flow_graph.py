"""`freeline flow graph` and `freeline flow schema`; and the shell's completion of them all."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from switch.cli import app
from switch.ivr.loader import flow_files, load_flow
from tests.drawing.flows import broken

ROOT = Path(__file__).parents[1]
MAIN = ROOT / "ivr_flows" / "main.yaml"
FLOWS = flow_files([ROOT / "ivr_flows"])


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
    assert "2:38: there is no node `b`" in told.stderr
    assert "2 problems." in told.stderr


def test_what_is_no_flow_is_not_drawn(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("languages: [en]\n")
    told = run("graph", str(file))
    assert told.exit_code == 1
    assert told.stdout == ""
    assert "`nodes` is missing" in told.stderr


@pytest.mark.parametrize("form", ["svg", "mermaid", "dot"])
@pytest.mark.parametrize("flow", FLOWS, ids=lambda path: path.stem)
def test_a_broken_version_of_a_shipped_flow(tmp_path: Path, flow: Path, form: str) -> None:
    """Every node is there that can be read, and what is wrong is told beside the picture."""
    (tmp_path / "sounds").symlink_to(flow.parent / "sounds")
    file = tmp_path / flow.name
    file.write_text(broken(flow))
    told = run("graph", str(file), "--format", form)
    assert told.exit_code == 1
    assert told.exception is None or isinstance(told.exception, SystemExit)
    if form == "svg":
        assert ElementTree.fromstring(told.stdout).tag.endswith("svg")
    for name in load_flow(flow).nodes:
        assert re.search(rf"\b{name}\b", told.stdout) or f"\n  {name}:" not in broken(flow), name
    assert "nowhere_at_all" in told.stdout
    assert told.stderr.splitlines()[-1] == f"{len(told.stderr.splitlines()) - 1} problems."
    assert "there is no node `nowhere_at_all`" in told.stderr
    assert "is not closed" in told.stderr


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
