"""Benchmarks with a load: once, at several loads, or searching; and the command line."""

from __future__ import annotations

import argparse
import io
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import bench
import pytest
from benchmark import Benchmark, Load, under_load
from figures import Column, Curve, Point, Result, RunError
from reporter import Reporter
from rich.console import Console

MEASURE = Callable[[argparse.Namespace, float, Reporter], Point]
LOAD = Load(
    option="--rate",
    meaning="calls a second",
    unit="calls/s",
    usual=120,
    start=10,
    seconds=60,
    seconds_meaning="how long",
)


def benchmark(measure: MEASURE) -> Benchmark:
    return under_load(
        name="pretended",
        summary="nothing at all",
        load=LOAD,
        cost="CPU, ms",
        columns=(Column("CPU", ("cpu",), "ms", "CPU"),),
        curves=(Curve("cpu", "core"),),
        add_arguments=lambda parser: None,
        measure=measure,
    )


def clean_below_50(arguments: argparse.Namespace, load: float, reporter: Reporter) -> Point:
    trouble = ["too much"] if load >= 50 else []
    return Point(load=load, figures={"seconds": arguments.seconds}, trouble=trouble)


def run(made: Benchmark, *options: str) -> tuple[Result, str]:
    """Return the result, and what a person was told meanwhile."""
    parser = argparse.ArgumentParser()
    made.add_arguments(parser)
    told = io.StringIO()
    with Reporter("test", Console(file=told, force_terminal=False)) as reporter:
        return made.run(parser.parse_args(options), reporter), told.getvalue()


class TestUnderLoad:
    def test_once(self) -> None:
        result, _ = run(benchmark(clean_below_50))
        assert [point.load for point in result.points] == [120]
        assert result.points[0].figures["seconds"] == 60
        assert not result.succeeded

    def test_several_loads_in_one_run_are_shorter(self) -> None:
        result, told = run(benchmark(clean_below_50), "--loads", "10,20,60")
        assert [point.load for point in result.points] == [10, 20, 60]
        assert result.points[0].figures["seconds"] == 15
        assert "20 calls/s: clean" in told
        assert "60 calls/s: too much" in told

    def test_how_long_can_be_asked_for(self) -> None:
        result, _ = run(benchmark(clean_below_50), "--loads", "10,20", "--seconds", "3")
        assert {point.figures["seconds"] for point in result.points} == {3}

    def test_the_highest_is_found_and_every_step_is_listed(self) -> None:
        result, _ = run(benchmark(clean_below_50), "--find-max")
        assert result.searched
        assert result.succeeded
        made = result.as_dict()
        assert made["highest_clean"] == made["load"] == 48
        points = made["points"]
        assert isinstance(points, list)
        assert [each["load"] for each in points][:5] == [10, 20, 40, 80, 80]

    def test_a_load_that_breaks_everything_is_a_step_of_the_search(self) -> None:
        def breaks(arguments: argparse.Namespace, load: float, reporter: Reporter) -> Point:
            if load > 15:
                raise RunError("SIPp told no statistics\nand more")
            return Point(load=load)

        result, _ = run(benchmark(breaks), "--find-max")
        assert result.as_dict()["highest_clean"] == 15
        assert result.points[1].trouble == ["SIPp told no statistics"]

    def test_but_without_a_search_it_is_an_error(self) -> None:
        def breaks(arguments: argparse.Namespace, load: float, reporter: Reporter) -> Point:
            raise RunError("the switch did not start")

        with pytest.raises(RunError, match="did not start"):
            run(benchmark(breaks))

    @pytest.mark.parametrize("loads", ["", "ten", "10,,20", "10,-1", "0"])
    def test_loads_are_numbers(self, loads: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            run(benchmark(clean_below_50), "--loads", loads)
        assert "10,20,40" in capsys.readouterr().err


class TestCommandLine:
    NAMES = (
        *("calls", "answer", "overload", "connect", "register", "media", "prompts"),
        *("parse", "router", "flow", "holds", "trace", "start", "soak", "chaos"),
    )
    WITHOUT_TARGET = ("parse", "router", "flow", "holds", "trace", "start", "chaos")

    def call(self, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["bench", *words])
        # Neither belongs into the process of the tests.
        monkeypatch.setattr(bench, "raise_file_limit", lambda: None)
        monkeypatch.setattr(signal, "signal", lambda number, handler: None)
        return bench.main()

    def test_knows_all_benchmarks(self) -> None:
        assert tuple(each.name for each in bench.BENCHMARKS) == self.NAMES

    @pytest.mark.parametrize("name", NAMES)
    def test_explains_each(
        self, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            self.call(monkeypatch, name, "--help")
        assert ended.value.code == 0
        told = capsys.readouterr().out
        assert "--json FILE" in told
        assert "--plot FILE.png" in told
        assert ("--target" in told) == (name not in self.WITHOUT_TARGET)
        assert ("--find-max" in told) == (name not in (*self.WITHOUT_TARGET, "soak"))

    def test_the_script_names_each(self) -> None:
        text = (Path(__file__).parents[2] / "scripts" / "bench").read_text()
        assert all(f"scripts/bench {name} " in text for name in self.NAMES)

    def test_a_file_that_cannot_be_written_is_refused_before_the_run(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            self.call(monkeypatch, "parse", "--json", "/nowhere/at/all.json")
        assert "there is no directory /nowhere/at" in capsys.readouterr().err

    def test_flow_tells_steps_a_second(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        figures = tmp_path / "flow.json"
        options = ("--rounds", "2", "--calls", "3", "--json", str(figures))
        assert self.call(monkeypatch, "flow", *options) == 0
        made = json.loads(figures.read_text())
        assert made["points"][0]["steps"] == 3 * 21
        assert made["steps_per_second"] > 0

    def test_parse_writes_everything(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        figures, picture = tmp_path / "parse.json", tmp_path / "parse.png"
        files = ("--json", str(figures), "--plot", str(picture))
        assert self.call(monkeypatch, "parse", "--rounds", "2", "--messages", "5", *files) == 0
        made = json.loads(figures.read_text())
        assert [each["label"] for each in made["points"]] == ["INVITE", "200", "REGISTER"]
        assert made["invite_us_best"] <= made["invite_us_median"]
        assert picture.stat().st_size > 0
        assert "REGISTER" in capsys.readouterr().out
