"""Plots as PNG: cost over load, and memory and lag over time. Needs matplotlib, and says so."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from figures import BenchError, Result, Value, told

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

_SIZE = (8.0, 5.0)
_DPI = 120
_WIDE = 10
"""Values whose largest is so many times their smallest get a logarithmic axis."""
_UNCLEAN = "#c0392b"


def require_matplotlib() -> None:
    """Find out before the benchmark, not after it.

    Raises:
        BenchError: it is not installed.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise BenchError("--plot needs matplotlib: pip install 'matplotlib>=3.8'")


def plot(result: Result, file: Path) -> None:
    """Draw a run: its samples over time if it has such, else its cost over the load."""
    require_matplotlib()
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    if result.series:
        _draw_series(result, list(figure.subplots(2, 1, sharex=True)))
    else:
        _draw_cost(result, figure.subplots())
    figure.suptitle(f"scripts/bench {result.benchmark}")
    figure.savefig(file, format="png")


# Cost over load.


def _draw_cost(result: Result, axes: Axes) -> None:
    labels = [point.label for point in result.points if point.label]
    drawn: list[tuple[float, float, bool]] = []
    for curve in result.curves:
        dots = [
            (place if labels else point.load, cost, point.clean)
            for place, point in enumerate(result.points)
            if (cost := _number(point.figures.get(curve.key))) is not None
        ]
        if dots:
            _draw_curve(axes, curve.title, dots, joined=not labels)
            drawn += dots
    _mark_unclean(axes, drawn)
    axes.set_ylabel(result.cost)
    axes.grid(visible=True, alpha=0.3)
    if labels:
        sizes = [f"{point.label}\n{told(point.load)} {result.load}" for point in result.points]
        axes.set_xticks(range(len(sizes)), sizes)
        axes.set_xlim(-0.5, len(sizes) - 0.5)
    else:
        axes.set_xlabel(result.load)
        if is_wide([load for load, _, _ in drawn]):
            axes.set_xscale("log")
            _tell_plainly(axes.xaxis)
        else:
            axes.set_xlim(left=0)
    if is_wide([cost for _, cost, _ in drawn]):
        axes.set_yscale("log")
        _tell_plainly(axes.yaxis)
    else:
        axes.set_ylim(bottom=0)
    if drawn:
        axes.legend(frameon=False)


def _draw_curve(
    axes: Axes, title: str, dots: Sequence[tuple[float, float, bool]], *, joined: bool
) -> None:
    """Draw every dot, and a line through the means of the clean ones."""
    clean = [(load, cost) for load, cost, is_clean in dots if is_clean]
    loads, means = mean_by_load(clean or [(load, cost) for load, cost, _ in dots])
    (line,) = axes.plot(loads, means, linewidth=1.2, linestyle="-" if joined else "none")
    axes.scatter(
        [load for load, _, _ in dots],
        [cost for _, cost, _ in dots],
        s=22,
        color=line.get_color(),
        zorder=3,
        label=title,
    )


def _mark_unclean(axes: Axes, dots: Sequence[tuple[float, float, bool]]) -> None:
    unclean = [(load, cost) for load, cost, is_clean in dots if not is_clean]
    if unclean:
        axes.scatter(
            [load for load, _ in unclean],
            [cost for _, cost in unclean],
            s=70,
            marker="x",
            color=_UNCLEAN,
            zorder=4,
            label="not clean",
        )


def _tell_plainly(axis: Axis) -> None:
    """Have 100 at a logarithmic axis, not a power of ten."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def mean_by_load(dots: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Return the loads in order, and the mean of what was measured at each."""
    by_load: dict[float, list[float]] = {}
    for load, cost in dots:
        by_load.setdefault(load, []).append(cost)
    loads = sorted(by_load)
    return loads, [sum(by_load[load]) / len(by_load[load]) for load in loads]


def is_wide(values: Sequence[float]) -> bool:
    """Whether the values are better shown on a logarithmic axis."""
    return bool(values) and min(values) > 0 and max(values) / min(values) >= _WIDE


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


# Samples over time.

_MEMORY = (("rss_core_mib", "core"), ("rss_media_mib", "media workers"))
_LAG = (("lag_p99_ms", "event loop, p99"), ("delay_p99_ms", "relayed RTP, p99"))


def _draw_series(result: Result, axes: Sequence[Axes]) -> None:
    memory, lag = axes
    for place, curves in ((memory, _MEMORY), (lag, _LAG)):
        for key, title in curves:
            dots = [(_number(row["at"]), _number(row.get(key))) for row in result.series]
            known = [(at / 60, y) for at, y in dots if at is not None and y is not None]
            if known:
                place.plot(
                    [at for at, _ in known],
                    [y for _, y in known],
                    linewidth=1.0,
                    marker=".",
                    markersize=3,
                    label=title,
                )
        place.grid(visible=True, alpha=0.3)
        place.set_ylim(bottom=0)
        if place.lines:
            place.legend(frameon=False)
    memory.set_ylabel("resident memory, MiB")
    lag.set_ylabel("ms")
    lag.set_xlabel("minutes")
