"""Plots are PNG files, whatever there is to draw."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import plot
import pytest
from figures import BenchError, Curve, Point, Result, Value

PNG = b"\x89PNG\r\n\x1a\n"


def result(*points: Point, series: list[dict[str, Value]] | None = None) -> Result:
    return Result(
        benchmark="calls",
        load="calls/s",
        cost="CPU, ms per call",
        columns=(),
        curves=(Curve("core", "core"), Curve("media", "media workers")),
        points=list(points),
        series=series or [],
    )


def point(load: float, core: float | None, **more: object) -> Point:
    return Point(load=load, figures={"core": core}, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "made",
    [
        result(point(120, 3.8)),
        result(point(10, 5.0), point(20, 4.0), point(40, 3.0, trouble=["3 failed"])),
        result(point(10, 50.0), point(10, 60.0), point(1000, 3.0)),
        result(point(10, None), point(20, None)),
        result(point(952, 31.0, label="INVITE"), point(630, 25.0, label="200")),
        result(),
    ],
    ids=["one", "unclean", "far apart", "nothing known", "labels", "no points"],
)
def test_cost_over_load_is_a_png(made: Result, tmp_path: Path) -> None:
    file = tmp_path / "cost.png"
    plot.plot(made, file)
    assert file.read_bytes().startswith(PNG)


def test_samples_over_time_are_a_png(tmp_path: Path) -> None:
    series: list[dict[str, Value]] = [
        {"at": 5.0, "rss_core_mib": 90.0, "rss_media_mib": 40.0, "lag_p99_ms": 2.5},
        {"at": 10.0, "rss_core_mib": 91.0, "rss_media_mib": None, "lag_p99_ms": None},
    ]
    file = tmp_path / "soak.png"
    plot.plot(result(point(60, None), series=series), file)
    assert file.read_bytes().startswith(PNG)


def test_the_line_goes_through_the_mean_at_each_load() -> None:
    assert plot.mean_by_load([(20, 1.0), (10, 4.0), (20, 3.0)]) == ([10, 20], [4.0, 2.0])


@pytest.mark.parametrize(
    ("values", "wide"),
    [([], False), ([1, 9], False), ([1, 10], True), ([0, 100], False), ([5], False)],
)
def test_values_far_apart_get_a_logarithmic_axis(values: list[float], wide: bool) -> None:
    assert plot.is_wide(values) is wide


def test_matplotlib_is_missed_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BenchError, match="matplotlib"):
        plot.require_matplotlib()
