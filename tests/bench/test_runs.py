"""Benchmarks as a person runs them, as short as can be, against the real switch and SIPp."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.sipp import can_play_captures

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.interop(proves=""),
    pytest.mark.skipif(shutil.which("sipp") is None, reason="there is no SIPp"),
]


def run(place: Path, *words: str, within_seconds: float = 100) -> dict[str, Any]:
    """Run one benchmark and return its figures."""
    file = place / "figures.json"
    done = subprocess.run(
        [str(ROOT / "scripts" / "bench"), *words, "--json", str(file)],
        env=os.environ | {"FREELINE_PYTHON": sys.executable, "XDG_CACHE_HOME": str(place)},
        capture_output=True,
        text=True,
        timeout=within_seconds,
    )
    assert file.exists(), done.stderr
    made: dict[str, Any] = json.loads(file.read_text())
    return made


@pytest.mark.parametrize("digit", ["info", "rfc4733"])
def test_calls(digit: str, tmp_path: Path) -> None:
    if digit == "rfc4733" and not can_play_captures():
        pytest.skip("SIPp needs raw sockets for it")
    made = run(
        tmp_path, *("calls", "--rate", "5", "--seconds", "1", "--talk", "0.3", "--digit", digit)
    )
    assert (made["offered"], made["completed"], made["failed"]) == (5, 5, 0)
    assert made["cpu_core_ms_per_call"] > 0
    assert made["cpu_media_ms_per_call"] > 0


def test_answer(tmp_path: Path) -> None:
    made = run(tmp_path, "answer", "--loads", "5,10", "--seconds", "1")
    assert [each["completed"] for each in made["points"]] == [5, 10]


def test_overload(tmp_path: Path) -> None:
    """However busy the machine is: who is not served is refused in good order."""
    made = run(tmp_path, "overload", "--rate", "50", "--seconds", "1")
    assert (made["completed"] + made["refused"], made["failed"]) == (50, 0)


def test_connect(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("a look at the wire needs root")
    made = run(tmp_path, "connect", "--rate", "5", "--seconds", "1", "--talk", "0.3")
    assert (made["completed"], made["measured"]) == (5, 5)
    assert 0 < made["p50_ms"] <= made["p90_ms"] <= made["p99_ms"] <= made["max_ms"]
    assert 0 < made["queue_p50_ms"] < made["p50_ms"]


def test_register(tmp_path: Path) -> None:
    made = run(tmp_path, "register", "--rate", "10", "--seconds", "1", "--headsets", "4")
    assert (made["offered"], made["completed"]) == (10, 10)
    assert made["cpu_core_us_per_registration"] > 0


def test_trace(tmp_path: Path) -> None:
    made = run(tmp_path, "trace", "--messages", "2000", "--rounds", "2")
    assert [each["label"] for each in made["points"]] == [
        "in memory",
        "on disk as well",
        "and sent to Homer",
    ]
    assert all(each["us_best"] <= each["us_median"] for each in made["points"])


def test_router(tmp_path: Path) -> None:
    made = run(tmp_path, *("router", "--agents", "10,50", "--waiting", "0,5", "--events", "300"))
    cases = [(each["agents"], each["waiting"]) for each in made["results"]]
    assert cases == [(10, 0), (10, 5), (50, 0), (50, 5)]
    for each in made["results"]:
        assert 0 < each["p50_us"] <= each["p99_us"] <= each["max_us"]
        assert each["events_per_second"] > 0
    assert (made["log_in_agents"], made["log_in_waiting"]) == (50, 5)
    assert made["bytes_per_agent"] > made["bytes_per_caller"] > 0


@pytest.mark.timeout(330)
def test_holds(tmp_path: Path) -> None:
    small = ("--agents", "5", "--nodes", "40", "--presses", "50")
    made = run(tmp_path, "holds", *small, within_seconds=300)
    outcomes = {each["label"]: each["outcome"] for each in made["points"]}
    large = ("a flow of 40 nodes", "all 40 renamed", "all 40 gone", "1 MB of comments")
    assert {outcomes.pop(name) for name in large} == {"loaded"}
    wrong = (
        *("100 MB", "YAML bomb", "a file that contains itself", "a silent circle"),
        *("300 brackets", "390 operations", "40 mistakes"),
    )
    assert all(outcomes.pop(name).startswith("refused: ") for name in wrong)
    assert outcomes == {
        "idle": "nothing is done",
        "metrics of 40 nodes": outcomes["metrics of 40 nodes"],
        "20 calls that compute": outcomes["20 calls that compute"],
        "20 callers who press for ever": "20 calls, 1040 steps",
    }
    for each in made["points"]:
        assert each["own_max_ms"] > 0
        assert 0 < each["held_max_ms"] <= each["late_max_ms"]


def test_start(tmp_path: Path) -> None:
    made = run(tmp_path, "start", "--flows", "2", "--agents", "20", "--times", "2")
    assert 0 < made["seconds_best"] <= made["seconds_worst"]
    assert made["cpu_seconds_median"] > 0


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
class TestRtp:
    def test_media(self, tmp_path: Path) -> None:
        made = run(tmp_path, "media", "--calls", "2", "--seconds", "1")
        assert (made["calls"], made["completed"]) == (2, 2)
        assert made["relayed"] > 0
        assert made["cpu_ratio"] > 0

    def test_prompts(self, tmp_path: Path) -> None:
        made = run(tmp_path, "prompts", "--calls", "2", "--seconds", "1")
        assert (made["calls"], made["completed"]) == (2, 2)
        assert made["received"] > 0
        assert made["cpu_media_us_per_packet"] > 0

    def test_soak(self, tmp_path: Path) -> None:
        small = ("--minutes", "0.1", "--rate", "3", "--registrations", "3", "--digit", "info")
        made = run(tmp_path, "soak", *small, "--talking", "1", "--listening", "1", "--every", "2")
        assert made["failed"] == 0
        assert made["calls_completed"] == made["calls_offered"] == 18
        assert [set(row) >= {"at", "rss_core_mib", "lag_p99_ms"} for row in made["series"]]


@pytest.mark.skipif(os.geteuid() != 0, reason="a disk to be filled needs root")
def test_chaos(tmp_path: Path) -> None:
    made = run(
        tmp_path,
        *("chaos", "--minutes", "0.25", "--rate", "6", "--rounds", "1", "--t1", "0.1"),
        *("--agents", "40", "--growth", "100"),
    )
    assert made["trouble"] == []
    assert made["arrived"] == made["ended"] == made["records"] > made["offered"]
    assert (made["faults"], made["workers_killed"]) == (9, 1)
