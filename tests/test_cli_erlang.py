"""`freeline erlang`, as a planner uses it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from switch.cli import app


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["erlang", *words], env={"COLUMNS": "200"})


def data(*words: str) -> dict[str, Any]:
    told = run(*words, "--json")
    assert told.exit_code == 0, told.output
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def test_c_tells_four_figures() -> None:
    found = data("c", "--agents", "14", "--load", "10", "--aht", "180", "--answer-within", "20")
    assert found["p_wait"] == pytest.approx(0.1741, abs=1e-4)
    assert found["asa_seconds"] == pytest.approx(7.836, abs=1e-3)
    assert found["service_level"] == pytest.approx(0.8884, abs=1e-4)
    assert found["occupancy"] == pytest.approx(10 / 14)


def test_a_tells_who_gives_up_too() -> None:
    found = data("a", "--agents", "50", "--load", "48", "--aht", "60", "--patience", "120")
    assert found["p_abandon"] == pytest.approx(0.031, abs=5e-4)
    assert found["asa_seconds"] == pytest.approx(3.6, abs=0.1)
    assert {"p_wait", "service_level", "occupancy", "wait_seconds"} <= found.keys()


def test_b_needs_agents_and_load_only() -> None:
    found = data("b", "--agents", "10", "--load", "4.461")
    assert found["p_block"] == pytest.approx(0.01, abs=1e-4)
    assert found["occupancy"] == pytest.approx(0.4416, abs=1e-4)


@pytest.mark.parametrize("words", [("a", "--patience", "90"), ("b",), ("c",)])
def test_all_three_take_the_same_words_and_tell_the_same_figures(words: tuple[str, ...]) -> None:
    given = ("--agents", "14", "--load", "10", "--aht", "180", "--answer-within", "20")
    found = data(*words, *given)
    assert {name: found[name] for name in ("agents", "load", "aht", "answer_within")} == {
        "agents": 14,
        "load": 10,
        "aht": 180,
        "answer_within": 20,
    }
    assert {"p_wait", "asa_seconds", "service_level", "occupancy"} <= found.keys()


def test_whom_b_does_not_lose_it_answers_at_once() -> None:
    found = data("b", "--agents", "14", "--load", "10", "--answer-within", "20")
    assert found["p_wait"] == found["p_block"] == pytest.approx(0.0568, abs=1e-4)
    assert (found["asa_seconds"], found["service_level"]) == (0, 1)


@pytest.mark.parametrize(
    ("words", "agents"),
    [
        (("c", "--load", "10", "--target", "80/20"), 14),
        (("c", "--calls-per-hour", "200", "--aht", "180", "--target", "80/20"), 14),
        (("a", "--load", "10", "--patience", "90", "--target", "80/20"), 11),
        (("b", "--load", "4.46", "--block", "0.01"), 10),
    ],
)
def test_the_least_agents_are_found(words: tuple[str, ...], agents: int) -> None:
    assert data(*words)["agents"] == agents


def test_people_get_words_and_units() -> None:
    told = run("c", "--target", "80/20", "--load", "10")
    lines = [" ".join(line.split()) for line in told.stdout.splitlines()]
    assert "agents needed 14" in lines
    assert "answered within 20 s 88.8 %" in lines
    assert "average speed of answer 7.8 s" in lines


class TestALoadThatIsTooMuch:
    def test_is_an_answer_not_a_crash(self) -> None:
        found = data("c", "--agents", "9", "--load", "10")
        assert found["p_wait"] == 1
        assert found["asa_seconds"] is None
        assert found["service_level"] == 0

    def test_is_said(self) -> None:
        told = run("c", "--agents", "10", "--load", "10")
        assert told.exit_code == 0
        assert "without end" in told.stdout
        assert "10 agents cannot do 10 erlangs" in told.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("c", "--agents", "0", "--load", "1"), "at least one agent is needed"),
        (("c", "--agents", "3"), "give either --load or --calls-per-hour"),
        (("c", "--load", "3"), "give --agents, or --target to find the least"),
        (("b", "--load", "3"), "give --agents, or --block to find the least"),
        (("c", "--load", "3", "--target", "eighty"), "write 80/20"),
        (("c", "--load", "3", "--agents", "4", "--target", "80/20"), "leave out --agents"),
        (("c", "--load", "3", "--target", "80/20", "--answer-within", "9"), "--answer-within"),
        (("c", "--load", "-3", "--agents", "4"), "0 erlangs or more"),
        (("c", "--load", "nan", "--agents", "4"), "0 erlangs or more"),
        (("c", "--load", "1", "--agents", "4", "--aht", "0"), "above 0 seconds"),
        (("a", "--load", "1", "--agents", "4", "--patience", "0"), "patience is a time above 0"),
        (("a", "--load", "1", "--agents", "4"), "--patience"),
        (("c", "--load", "many", "--agents", "4"), "valid number"),
    ],
)
def test_bad_usage_ends_with_2_and_a_sentence(words: tuple[str, ...], told: str) -> None:
    found = run(*words)
    assert found.exit_code == 2
    assert told in " ".join(found.stderr.replace("│", " ").split())


@pytest.mark.parametrize("words", [("--help",), ("a", "--help"), ("b", "--help"), ("c", "--help")])
def test_help_is_there(words: tuple[str, ...]) -> None:
    told = run(*words)
    assert told.exit_code == 0
    assert "Examples" in told.output or len(words) == 1
