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
    queues = site / "config" / "queues.yaml"
    text = queues.read_text()
    queues.write_text(
        text.replace("    ring_seconds: 15", "    strategy: most_skiled\n    ring_seconds: 15")
    )
    agents = site / "config" / "agents.yaml"
    desk = '  - {id: desk, skills: {english: 5}, contact: "sip:desk@[2001:db8::20]"}\n'
    agents.write_text(agents.read_text() + desk)
    carrier = (
        "  - {name: carrier, networks: [192.0.2.1], dial: {peer: 'sip:192.0.2.1;transport=tcp', "
    )
    carrier += "allow: ['+1'], caller_id: '+18005550100'}}\n"
    main.write_text(
        main.read_text().replace("- {transport: tcp, address", "- {transport: ws, address")
    )
    trunks = site / "config" / "trunks.yaml"
    trunks.write_text(
        trunks.read_text().replace("\n# Who is asked", f"\n{carrier}\n# Who is asked")
    )
    told = run(command, "--config", str(site / "config"))
    assert told.exit_code == 1
    assert "freeline.yaml" in told.output
    assert "there is no flow `mian`" in told.output
    assert "did you mean `main`?" in told.output
    assert "did you mean `judge_case`?" in told.output
    assert "there is no strategy `most_skiled` (did you mean `most_skilled`?)" in told.output
    assert "`carrier` needs a tcp listener" in told.output
    assert "the contact of `desk` needs a udp listener with an IPv6 address" in told.output
    assert "Traceback" not in told.output


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("media.workers=none", "should be a whole number"),
        ("nonsense", "is not like section.key=VALUE"),
        ("sip.relm=x", "unknown key `relm` (did you mean `realm`?)"),
        ("media.workers=[", "the bracket that opens here is not closed"),
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
