"""What a benchmark hands back, as table and as JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from figures import Column, Curve, Point, Result, machine, per, quantile, told
from rich.console import Console


def point(load: float, **more: object) -> Point:
    figures = {"failed": 0, "cost_ms": load / 10, "unknown_ms": None}
    return Point(load=load, figures=figures, **more)  # type: ignore[arg-type]


def result(*points: Point, searched: bool = False) -> Result:
    return Result(
        benchmark="calls",
        load="calls/s",
        cost="CPU, ms per call",
        columns=(
            Column("failed", ("failed",), "", "failed"),
            Column("CPU of it all", ("cost_ms", "unknown_ms"), "ms", "CPU\nms"),
            Column("only of one", ("cost_ms",), "ms"),
        ),
        curves=(Curve("cost_ms", "core"),),
        points=list(points),
        searched=searched,
    )


def shown(result: Result) -> str:
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    result.show(console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


class TestPoint:
    def test_is_clean_without_trouble_and_doubts(self) -> None:
        assert point(1).clean
        assert not point(1, trouble=["1 failed"]).clean
        assert not point(1, doubts=["sent twice"]).clean

    def test_tells_why_not(self) -> None:
        assert point(1, trouble=["1 failed"], doubts=["late"]).why == "1 failed; late"

    def test_has_its_figures_at_the_top_for_json(self) -> None:
        made = point(5, failures={"TimeoutOnRecv": 2}).as_dict()
        assert made["load"] == 5
        assert made["cost_ms"] == 0.5
        assert made["failures"] == {"TimeoutOnRecv": 2}
        assert made["clean"] is True
        assert "label" not in made


class TestResult:
    def test_one_point_stands_for_itself(self, tmp_path: Path) -> None:
        file = tmp_path / "figures.json"
        result(point(120)).write_json(file)
        made = json.loads(file.read_text())
        assert made["benchmark"] == "calls"
        assert (made["load"], made["failed"], made["cost_ms"]) == (120, 0, 12)
        assert [each["load"] for each in made["points"]] == [120]
        assert made["machine"] == machine()
        assert "series" not in made

    def test_of_several_the_highest_clean_one_stands_for_the_run(self) -> None:
        several = result(point(10), point(30), point(20), point(40, doubts=["late"]))
        assert several.chosen is not None
        assert several.chosen.load == 30

    def test_if_none_is_clean_the_highest(self) -> None:
        bad = result(point(10, trouble=["x"]), point(20, trouble=["x"]))
        assert bad.chosen is not None
        assert bad.chosen.load == 20

    def test_trouble_is_a_failure_and_a_doubt_is_not(self) -> None:
        assert result(point(10), point(20, doubts=["sent twice"])).succeeded
        assert not result(point(10), point(20, trouble=["1 failed"])).succeeded

    def test_a_search_succeeds_when_it_found_something(self) -> None:
        assert result(point(10), point(20, trouble=["x"]), searched=True).succeeded
        assert not result(point(10, trouble=["x"]), searched=True).succeeded


class TestTable:
    def test_one_point_has_a_line_for_each_figure(self) -> None:
        lines = shown(result(point(120))).splitlines()
        assert [line.split()[-1] for line in lines] == ["0", "ms", "ms", "clean"]
        assert "12, - ms" in lines[1]

    def test_causes_stand_below_the_failures(self) -> None:
        text = shown(result(point(1, failures={"TimeoutOnRecv": 2}, trouble=["2 failed"])))
        assert text.splitlines()[1].split() == ["TimeoutOnRecv", "2"]
        assert "NOT clean: 2 failed" in text

    def test_several_points_have_a_line_each_with_the_short_columns(self) -> None:
        text = shown(result(point(10), point(20, doubts=["late"])))
        assert "only of one" not in text
        assert "NOT clean: 20: late" in text
        rows = [line.split() for line in text.splitlines()]
        assert ["10", "0", "1,", "-", "yes"] in rows
        assert ["20", "0", "2,", "-", "NO"] in rows

    def test_a_label_stands_for_the_load(self) -> None:
        text = shown(result(point(952, label="INVITE"), point(630, label="200")))
        assert "INVITE" in text
        assert "952" not in text

    def test_a_search_tells_what_it_found(self) -> None:
        assert "highest clean: 10 calls/s" in shown(
            result(point(10), point(20, trouble=["x"]), searched=True)
        )
        assert "no load was clean" in shown(result(point(10, trouble=["x"]), searched=True))


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0, "0"), (1.5, "1.5"), (216_000, "216000"), (1_234_567.8, "1234568")],
)
def test_values_are_told_plainly(value: float | None, text: str) -> None:
    assert told(value) == text


def test_quantiles() -> None:
    values = [float(number) for number in range(100)]
    assert (quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1.0)) == (50, 99, 99)
    assert quantile([], 0.5) is None


def test_per() -> None:
    assert per(0.3, 2, 1000) == 150
    assert per(None, 2) is None
    assert per(1.0, 0) is None
