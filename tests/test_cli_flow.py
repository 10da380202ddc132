"""`freeline flow check`: what it prints, for people and programs, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from switch.cli import app

ROOT = Path(__file__).parents[1]
GOOD = "description: All is well\nnodes:\n  end: {type: hangup}\n"
BAD = "nodes:\n  a: {type: play, prompts: A., next: ende}\n  end: {type: hangup}\n"


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["flow", "check", *words])


def test_the_shipped_flows_are_right() -> None:
    told = run(str(ROOT / "ivr_flows"), "--config", str(ROOT / "config"))
    assert told.exit_code == 0, told.output
    assert "main" in told.output
    assert "All is well." in told.output


def test_a_good_file(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(GOOD)
    told = run(str(tmp_path / "x.yaml"))
    assert told.exit_code == 0
    assert "All is well" in told.output


def test_a_bad_file_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(BAD)
    told = run(str(file))
    assert told.exit_code == 1
    assert f"{file}:2:38: there is no node `ende` (did you mean `end`?)" in told.output
    assert "1 problem." in told.output


def test_for_programs(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    told = run(str(tmp_path), "--json")
    assert told.exit_code == 1
    data = json.loads(told.output)
    assert [flow["name"] for flow in data["flows"]] == ["good"]
    assert data["problems"][0]["line"] == 2
    assert data["problems"][0]["hint"] == "did you mean `end`?"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    told = run(str(tmp_path / "x.yaml"))
    assert told.exit_code == 1
    assert "no such file" in told.output


def test_queues_are_those_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(
        "nodes:\n  q: {type: queue, queue: odrers, exits: {timeout: e, no_agents: e}}\n"
        "  e: {type: hangup}\n"
    )
    told = run(str(tmp_path / "x.yaml"), "--config", str(ROOT / "config"))
    assert told.exit_code == 1
    assert "did you mean `orders`?" in told.output


def test_what_cannot_be_made_into_sound_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "no.wav").write_text("no sound")
    file = tmp_path / "x.yaml"
    file.write_text(
        "languages: [en, xx]\n"
        "nodes:\n"
        "  a: {type: play, prompts: [{en: A., xx: B.}, {file: no.wav}], next: b}\n"
        "  b: {type: say, text: {text: C., voice: nobody}, next: c}\n"
        "  c: {type: hangup}\n"
    )
    told = run(str(file))
    assert told.exit_code == 1
    assert f"{file}:1:17: espeak-ng has no voice `xx`" in told.output
    assert f"{file}:3:54: cannot read the prompt" in told.output
    assert f"{file}:4:42: espeak-ng has no voice `nobody`" in told.output
    assert "3 problems." in told.output


def test_a_language_of_recordings_alone_needs_no_voice(tmp_path: Path) -> None:
    (tmp_path / "welcome.wav").symlink_to(ROOT / "ivr_flows" / "sounds" / "welcome.wav")
    file = tmp_path / "x.yaml"
    file.write_text(
        "languages: [xx]\n"
        "nodes:\n"
        "  a: {type: play, prompts: {file: welcome.wav}, next: b}\n"
        "  b: {type: hangup}\n"
    )
    assert run(str(file)).exit_code == 0
