"""A simulation's results for a terminal: tables, and bars made of characters."""

from __future__ import annotations

from collections.abc import Iterable

from rich.bar import Bar
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from switch.planning.calls import INTERVAL_SECONDS
from switch.planning.confidence import Estimate
from switch.planning.curves import Curve
from switch.planning.model import Model
from switch.planning.results import AgentFigures, CallFigures, Results
from switch.planning.sheet import Counts

_BAR_WIDTH = 40


def summary(found: Results) -> RenderableType:
    """Return the tables of queues and groups."""
    return Group(_calls_table(found), Text(""), _agents_table(found))


def _calls_table(found: Results) -> Table:
    table = _table("queue", "calls", "lost")
    lost = "p_abandon" if "p_abandon" in found.calls.estimates else "p_block"
    for heading in ("in time", "speed of answer", "wait at all", "abandon"):
        table.add_column(
            "blocked" if (heading, lost) == ("abandon", "p_block") else heading,
            justify="right",
            no_wrap=True,
        )
    for row in _with_total(found.queues, found.calls):
        estimates = row.estimates
        table.add_row(
            row.name,
            f"{row.calls}",
            f"{row.lost}",
            percent(estimates["service_level"]),
            seconds(estimates["asa_seconds"]),
            percent(estimates["p_wait"]),
            percent(estimates[lost]),
            style="bold" if row is found.calls else "",
        )
    return table


def _agents_table(found: Results) -> Table:
    table = _table("group", "agents", "calls")
    table.add_column("busy", justify="right", no_wrap=True)
    rows: Iterable[AgentFigures] = (
        found.groups if len(found.groups) == 1 else (*found.groups, found.agents)
    )
    for row in rows:
        table.add_row(
            row.name,
            f"{row.agents}",
            f"{row.calls}",
            percent(row.occupancy),
            style="bold" if row is found.agents else "",
        )
    return table


def _with_total(rows: tuple[CallFigures, ...], total: CallFigures) -> tuple[CallFigures, ...]:
    return rows if len(rows) == 1 else (*rows, total)


def percent(figure: Estimate) -> str:
    """Return a share with its interval: `88.6 % (86.8 to 90.4)`."""
    return _shown(figure, 100, "%")


def seconds(figure: Estimate) -> str:
    """Return a time with its interval: `7.8 s (7.1 to 8.5)`."""
    return _shown(figure, 1, "s")


def _shown(figure: Estimate, factor: float, unit: str) -> str:
    if figure.value is None:
        return "-"
    text = f"{figure.value * factor:.1f} {unit}"
    if figure.low is None or figure.high is None:
        return text
    return f"{text} ({figure.low * factor:.1f} to {figure.high * factor:.1f})"


# Bars.


def by_half_hour(model: Model, intervals: list[Counts], days: int) -> Table:
    """Return calls and service level over the day, half hour by half hour."""
    table = _table("from")
    table.add_column("calls", justify="right")
    table.add_column("", width=_BAR_WIDTH)
    table.add_column("in time", justify="right")
    most = max((counts.calls for counts in intervals), default=0) or 1
    for number, counts in enumerate(intervals):
        if not counts.calls:
            continue
        level = f"{counts.answered_within / counts.judged * 100:.0f} %" if counts.judged else "-"
        table.add_row(
            clock(model.day.begin + number * INTERVAL_SECONDS),
            f"{counts.calls / days:.1f}",
            Bar(most, 0, counts.calls, width=_BAR_WIDTH, color="cyan"),
            level,
        )
    return table


def by_promise(curve: Curve) -> Table:
    """Return the service level for several promises."""
    table = _table("within")
    table.add_column("", width=_BAR_WIDTH)
    table.add_column("in time", justify="right")
    for within, level in zip(curve.seconds, curve.levels, strict=True):
        table.add_row(
            f"{within:g} s",
            Bar(1, 0, level, width=_BAR_WIDTH, color="cyan"),
            f"{level * 100:.1f} %",
        )
    return table


def clock(second: float) -> str:
    """Return a time of the day: `08:30`."""
    minutes = int(second // 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _table(first: str, *numbers: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(first, no_wrap=True)
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    return table
