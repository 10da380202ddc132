"""`freeline simulate`, as a planner uses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from switch.cli import app
from switch.planning.erlang import erlang_a, erlang_b, erlang_c
from switch.records.store import RecordStore
from tests.records.builders import NOON, Story

ROOT = Path(__file__).parents[1]
EXAMPLE = str(ROOT / "docs" / "examples" / "planning" / "day.yaml")
CONFIG = str(ROOT / "config")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["simulate", *words], env={"COLUMNS": "200"})


def data(*words: str) -> dict[str, Any]:
    told = run(*words, "--json")
    assert told.exit_code == 0, told.output
    found: dict[str, Any] = json.loads(told.stdout)
    return found


class TestOneGroup:
    def test_without_patience_is_erlang_c(self) -> None:
        found = data("--agents", "8", "--load", "6", "--calls", "20000")
        exact = erlang_c(8, 6, 180, 20)
        for name in ("p_wait", "asa_seconds", "service_level", "occupancy"):
            assert found[f"{name}_low"] <= getattr(exact, name) <= found[f"{name}_high"]

    def test_with_patience_is_erlang_a(self) -> None:
        words = ("--agents", "8", "--load", "8", "--aht", "120", "--patience", "60")
        found = data(*words, "--answer-within", "10", "--calls", "20000", "--seed", "4")
        exact = erlang_a(8, 8, 120, 60, 10)
        for name in ("p_wait", "asa_seconds", "service_level", "occupancy", "p_abandon"):
            assert found[f"{name}_low"] <= getattr(exact, name) <= found[f"{name}_high"]

    def test_without_a_queue_is_erlang_b(self) -> None:
        found = data("--agents", "8", "--load", "8", "--no-queue", "--calls", "20000")
        exact = erlang_b(8, 8)
        for name in ("p_block", "occupancy"):
            assert found[f"{name}_low"] <= getattr(exact, name) <= found[f"{name}_high"]

    def test_the_same_seed_gives_the_same_answer(self) -> None:
        words = ("--agents", "3", "--load", "2", "--calls", "1000")
        first, again, other = (data(*words, "--seed", seed) for seed in ("5", "5", "6"))
        assert first == again
        assert first["p_wait"] != other["p_wait"]

    def test_people_get_tables_and_bars(self) -> None:
        told = run("--agents", "3", "--load", "2", "--calls", "1000")
        assert told.exit_code == 0
        assert "speed of answer" in told.stdout
        assert "\N{FULL BLOCK}" in told.stdout

    def test_a_run_that_is_too_short_says_so(self) -> None:
        told = run("--agents", "20", "--load", "19.8", "--calls", "2000")
        assert told.exit_code == 0
        assert "Simulate more calls" in told.stderr

    def test_the_least_agents_are_found(self) -> None:
        words = ("--load", "4", "--aht", "180", "--target", "80/20", "--calls", "5000")
        found = data(*words)
        assert found["agents"] in (6, 7)
        assert found["agents_sure"] >= found["agents"]

    def test_that_more_calls_are_needed_to_be_sure_is_told(self) -> None:
        told = run("--load", "10", "--patience", "90", "--target", "80/20", "--calls", "1000")
        assert told.exit_code == 0
        assert "This is not sure: the interval reaches below the target." in told.stderr


class TestAScenario:
    def test_tells_queues_and_groups(self) -> None:
        found = data(EXAMPLE, "--days", "2")
        assert [queue["name"] for queue in found["queues"]] == ["orders", "helpdesk"]
        assert len(found["groups"]) == 4
        assert found["days"] == 2

    def test_is_drawn(self, tmp_path: Path) -> None:
        file = tmp_path / "day.png"
        told = run(EXAMPLE, "--days", "2", "--plot", str(file))
        assert told.exit_code == 0
        assert file.read_bytes().startswith(b"\x89PNG")

    def test_that_is_wrong_ends_with_1_and_its_line(self, tmp_path: Path) -> None:
        file = tmp_path / "day.yaml"
        file.write_text(Path(EXAMPLE).read_text().replace("agents: 7", "agents: seven"))
        told = run(str(file))
        assert told.exit_code == 1
        assert f"{file}:32:13: should be a whole number, not `seven`" in told.stderr

    def test_may_have_its_queues_and_agents_from_the_configuration(self, tmp_path: Path) -> None:
        file = tmp_path / "traffic.yaml"
        file.write_text(
            "days: 2\n"
            "traffic:\n"
            "  - queue: orders\n"
            "    arrivals: {per_hour: 6}\n"
            "    talk_seconds: {kind: exponential, mean: 120}\n"
        )
        found = data(str(file), "--config", CONFIG)
        assert [group["name"] for group in found["groups"]] == ["asha", "ravi", "maria", "tom"]
        answered = {group["name"]: group["calls"] for group in found["groups"]}
        assert answered["tom"] == 0
        assert sum(answered.values()) == found["answered"] > 0


class TestCallRecords:
    @pytest.fixture
    def database(self, tmp_path: Path) -> str:
        """Twenty calls to `orders`, of which every fifth gave up."""
        url = f"sqlite:///{tmp_path}/calls.db"
        store = RecordStore(url, gather_seconds=0)
        store.start()
        for number in range(20):
            start = 600.0 * number
            story = Story(f"call{number:04}").arrived(start).queued(start, "orders")
            if number % 5:
                story.left(start + 10, "connected", 10, queue="orders")
                story.connected(start + 10, "asha")
                story.ended(start + 130)
            else:
                story.left(start + 40, "abandoned", 40, queue="orders").ended(start + 40)
            for event in story.events:
                store.handle(event)
        assert store.stop()
        return url

    def since(self) -> str:
        """Return so many days that the records count, whenever this is run."""
        from datetime import UTC, datetime

        return str(min(3660, (datetime.now(UTC) - NOON).days + 2))

    def test_are_the_traffic_of_a_day_like_those(self, database: str) -> None:
        words = ("--config", CONFIG, "--records", database, "--since", self.since())
        found = data(*words, "--days", "20")
        assert found["calls"] == pytest.approx(20 * 20, rel=0.3)
        assert found["p_abandon"] < 0.2

    def test_can_be_replayed_to_the_call(self, database: str) -> None:
        words = ("--config", CONFIG, "--records", database, "--since", self.since(), "--replay")
        found = data(*words)
        assert (found["days"], found["calls"]) == (2, 2 * 20), "the one day on record, twice"
        assert data(*words, "--days", "3", "--seed", "9")["calls"] == 3 * 20

    def test_that_are_not_there_end_with_1(self, tmp_path: Path) -> None:
        told = run("--config", CONFIG, "--records", f"sqlite:///{tmp_path}/none.db")
        assert told.exit_code == 1
        assert "there are no call records yet" in told.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "give either --load or --calls-per-hour"),
        (("--load", "3"), "give --agents, or --target to find the least"),
        (("--load", "3", "--agents", "3"), "would grow without end"),
        (("--load", "3", "--agents", "0"), "agents"),
        (("--load", "3", "--agents", "4", "--target", "80/20"), "leave out --agents"),
        (("--load", "3", "--agents", "4", "--patience", "0"), "patience is above 0"),
        (("--load", "3", "--agents", "4", "--days", "3"), "--days needs a SCENARIO or --config"),
        (("--load", "3", "--agents", "4", "--no-queue", "--patience", "9"), "nobody waits"),
        (("--load", "3", "--no-queue", "--target", "80/20"), "nobody waits"),
        ((EXAMPLE, "--load", "3"), "--load is said by the scenario"),
        ((EXAMPLE, "--aht-cv", "1"), "--aht-cv is said by the scenario"),
        (("--config", CONFIG), "a configuration has no traffic"),
        (("--config", CONFIG, "--records", "config", "--since", "soon"), "number of days"),
        ((EXAMPLE, "--records", "config"), "--records config needs --config"),
        ((EXAMPLE, "--replay"), "--replay needs --records"),
        (("--load", "3", "--agents", "4", "--replay"), "--replay needs a SCENARIO or --config"),
    ],
)
def test_bad_usage_ends_with_2_and_a_sentence(words: tuple[str, ...], told: str) -> None:
    found = run(*words)
    assert found.exit_code == 2
    assert told in " ".join(found.stderr.replace("│", " ").split())


def test_help_has_examples() -> None:
    told = run("--help")
    assert told.exit_code == 0
    assert "freeline simulate --agents 14 --load 10" in told.output
