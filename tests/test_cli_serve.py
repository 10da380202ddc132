"""`freeline check` and what `freeline serve` says when it cannot start."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from switch.cli import app

ROOT = Path(__file__).parents[1]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A copy of the shipped configuration and flows."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    shutil.copytree(ROOT / "ivr_flows", tmp_path / "ivr_flows")
    return tmp_path


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def test_the_shipped_configuration_is_right(site: Path) -> None:
    told = run("check", "--config", str(site / "config"))
    assert told.exit_code == 0, told.output
    for fact in ("127.0.0.1:5060", "+18005550100 -> main", "orders, helpdesk, operator"):
        assert fact in told.output
    assert not (site / "var").exists(), "checking writes nothing"


@pytest.mark.parametrize("command", ["check", "serve"])
def test_everything_wrong_is_told_at_once(site: Path, command: str) -> None:
    main = site / "config" / "freeline.yaml"
    main.write_text(main.read_text().replace('"+18005550100": main', '"+18005550100": mian'))
    flow = site / "ivr_flows" / "helpdesk.yaml"
    flow.write_text(flow.read_text().replace("next: judge_case", "next: jugde_case"))
    told = run(command, "--config", str(site / "config"))
    assert told.exit_code == 1
    assert "freeline.yaml" in told.output
    assert "there is no flow `mian`" in told.output
    assert "did you mean `main`?" in told.output
    assert "did you mean `judge_case`?" in told.output
    assert "Traceback" not in told.output


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("media.workers=none", "should be a whole number"),
        ("nonsense", "is not like section.key=VALUE"),
        ("sip.relm=x", "unknown key `relm` (did you mean `realm`?)"),
        ("media.workers=[", "is not YAML"),
    ],
)
def test_a_bad_override_is_told(site: Path, override: str, message: str) -> None:
    told = run("check", "--config", str(site / "config"), "--set", override)
    assert told.exit_code == 1
    assert message in told.output


def test_a_good_override_counts(site: Path) -> None:
    told = run("check", "--config", str(site / "config"), "--set", "telemetry.port=9999")
    assert told.exit_code == 0
    assert "127.0.0.1:9999" in told.output


def test_a_number_may_be_out_of_service(site: Path) -> None:
    main = site / "config" / "freeline.yaml"
    main.write_text(main.read_text().replace('"+18005550100": main', '"+18005550100": null'))
    told = run("check", "--config", str(site / "config"))
    assert told.exit_code == 0
    assert "+18005550100 -> out of service" in told.output


def test_events_are_described_by_a_json_schema() -> None:
    told = run("events")
    assert told.exit_code == 0
    assert '"CallEnded"' in told.output
