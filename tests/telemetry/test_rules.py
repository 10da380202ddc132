"""The Prometheus rules: promtool accepts them, and they ask for metrics that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from switch.telemetry import Metrics

DOCS = Path(__file__).parents[2] / "docs"
RULES = DOCS / "prometheus" / "freeline.rules.yml"


@pytest.mark.interop(peer="promtool", role="reader of rules and metrics", over="files")
@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_accepts_the_rules() -> None:
    done = subprocess.run(
        ["promtool", "check", "rules", str(RULES)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_ask_for_metrics_that_exist() -> None:
    page = (DOCS / "metrics.md").read_text()
    known = {
        line.split("`")[1].split("{")[0] for line in page.splitlines() if line.startswith("| `")
    }
    known |= {f"{name}_{part}" for name in known for part in ("bucket", "sum", "count")}
    asked = set(re.findall(r"freeline_[a-z_]+", RULES.read_text()))
    assert asked <= known


@pytest.mark.interop(peer="promtool", role="reader of rules and metrics", over="files")
@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_finds_no_fault_with_the_metrics() -> None:
    from prometheus_client import generate_latest

    metrics = Metrics("1")
    metrics.flows.use({"main": ["menu"]}, 1.0)
    shown = generate_latest(metrics.registry) + generate_latest(metrics.in_parts)
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=shown.decode(),
        capture_output=True,
        text=True,
        check=False,
    )
    faults = [line for line in done.stderr.splitlines() if line.startswith("freeline")]
    assert not faults
