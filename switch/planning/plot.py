"""Results as PNG: the day by half hours, and the service level over the promise.

Needs matplotlib (the extra `plots`), and says so.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from switch.errors import PlanningError
from switch.planning.calls import INTERVAL_SECONDS
from switch.planning.curves import Curve
from switch.planning.model import Model
from switch.planning.sheet import Counts
from switch.planning.tables import clock

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (8.0, 5.0)
_TALL = (8.0, 8.0)
_DPI = 120


def require_matplotlib() -> None:
    """Find out before the simulation, not after it.

    Raises:
        PlanningError: it is not installed.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise PlanningError("--plot needs matplotlib: pip install 'freeline[plots]'")


def plot(
    file: Path,
    title: str,
    curves: Sequence[Curve],
    day: tuple[Model, Sequence[Counts], int] | None = None,
) -> None:
    """Draw what a simulation found.

    Args:
        file: PNG to write.
        curves: service level over promise.
        day: the model, its half hours and the number of days, for a panel over the day.

    Raises:
        PlanningError: no matplotlib, or the file cannot be written.
    """
    require_matplotlib()
    from matplotlib.figure import Figure

    figure = Figure(figsize=_TALL if day else _SIZE, dpi=_DPI, layout="constrained")
    if day:
        upper, lower = figure.subplots(2, 1)
        _draw_day(upper, *day)
        _draw_curves(lower, curves)
    else:
        _draw_curves(figure.subplots(), curves)
    figure.suptitle(title)
    try:
        figure.savefig(file, format="png")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise PlanningError(f"{file} cannot be written: {why}") from error


def _draw_curves(axes: Axes, curves: Sequence[Curve]) -> None:
    for curve in curves:
        dashed = "--" if curve.name.startswith("Erlang") else "-"
        levels = [100 * level for level in curve.levels]
        axes.plot(curve.seconds, levels, dashed, label=curve.name)
    axes.set_xlabel("answered within, seconds")
    axes.set_ylabel("service level, %")
    axes.set_ylim(0, 101)
    axes.set_xlim(left=0)
    axes.grid(visible=True, alpha=0.3)
    axes.legend()


def _draw_day(axes: Axes, model: Model, intervals: Sequence[Counts], days: int) -> None:
    begins = [model.day.begin + number * INTERVAL_SECONDS for number in range(len(intervals))]
    hours = [begin / 3600 for begin in begins]
    width = INTERVAL_SECONDS / 3600 * 0.9
    calls = [counts.calls / days for counts in intervals]
    axes.bar(hours, calls, width, align="edge", color="#9ec5e8", label="calls a day")
    axes.set_ylabel("calls in half an hour")
    ticks = range(0, len(begins), 1 + len(begins) // 12)
    axes.set_xticks([hours[tick] for tick in ticks], [clock(begins[tick]) for tick in ticks])
    levels = axes.twinx()
    served = [
        (hour + width / 2, 100 * counts.answered_within / counts.judged)
        for hour, counts in zip(hours, intervals, strict=True)
        if counts.judged
    ]
    levels.plot([hour for hour, _ in served], [level for _, level in served], "o-", color="#1f3b57")
    levels.set_ylabel("service level, %")
    levels.set_ylim(0, 101)
