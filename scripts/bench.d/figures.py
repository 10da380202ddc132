"""What every benchmark hands back, and the two shapes it is written in: a table and JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

Value = float | int | str | None


class BenchError(Exception):
    """The benchmark cannot be run as asked, and a person can do something about it."""


class RunError(Exception):
    """What was started for the benchmark broke down; a search counts that as not clean."""


@dataclass(slots=True, kw_only=True)
class Point:
    """What was measured at one load."""

    load: float
    label: str = ""
    """What it was, where the load does not tell."""
    figures: dict[str, Value] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    """Cause -> calls."""
    trouble: list[str] = field(default_factory=list)
    """What failed."""
    doubts: list[str] = field(default_factory=list)
    """What did not fail and yet makes it not clean, such as a message that was sent twice."""

    @property
    def clean(self) -> bool:
        """Whether everything went as it should."""
        return not self.trouble and not self.doubts

    @property
    def why(self) -> str:
        """Why it is not clean."""
        return "; ".join([*self.trouble, *self.doubts])

    def as_dict(self) -> dict[str, object]:
        """Return everything for JSON, the figures at the top."""
        told: dict[str, object] = {"load": self.load, **self.figures}
        if self.label:
            told["label"] = self.label
        return told | {
            "failures": self.failures,
            "clean": self.clean,
            "trouble": self.trouble,
            "doubts": self.doubts,
        }


@dataclass(frozen=True, slots=True)
class Column:
    """One line of the table of a point, or one column of the table of several."""

    title: str
    keys: tuple[str, ...]
    unit: str = ""
    short: str = ""
    """Title and unit in the table of several; without it the column is left out there."""

    def tell(self, point: Point) -> str:
        """Return the values without their unit."""
        return ", ".join(told(point.figures.get(key)) for key in self.keys)


@dataclass(frozen=True, slots=True)
class Curve:
    """A figure to draw over the load."""

    key: str
    title: str


@dataclass(slots=True, kw_only=True)
class Result:
    """What one run of a benchmark has found."""

    benchmark: str
    load: str
    """What the load is, with its unit: `calls/s`."""
    cost: str
    """What the curves show, with its unit: `CPU, ms per call`."""
    columns: Sequence[Column]
    curves: Sequence[Curve]
    points: list[Point]
    """In the order in which they were measured."""
    summary: dict[str, object] = field(default_factory=dict)
    """Figures of the run as a whole."""
    searched: bool = False
    """The highest clean load was looked for: then loads that are not clean are no failure."""
    series: list[dict[str, Value]] = field(default_factory=list)
    """Samples over time, of a benchmark that takes such."""

    @property
    def chosen(self) -> Point | None:
        """The point that stands for the run: of the highest load that was clean, if any."""
        if not self.points:
            return None
        clean = [point for point in self.points if point.clean]
        return max(clean or self.points, key=lambda point: point.load)

    @property
    def succeeded(self) -> bool:
        """Whether nothing failed; of a search, whether any load was clean."""
        if self.searched:
            return any(point.clean for point in self.points)
        return not any(point.trouble for point in self.points)

    def as_dict(self) -> dict[str, object]:
        """Return everything for JSON."""
        chosen = self.chosen
        return {
            "benchmark": self.benchmark,
            **(chosen.as_dict() if chosen is not None else {}),
            **self.summary,
            "points": [point.as_dict() for point in self.points],
            **({"series": self.series} if self.series else {}),
            "machine": machine(),
        }

    def write_json(self, file: Path) -> None:
        """Write all figures, and what they were taken on."""
        file.write_text(json.dumps(self.as_dict(), indent=2) + "\n")

    def show(self, console: Console) -> None:
        """Print the table and, under it, whether all went well."""
        console.print(one(self) if len(self.points) == 1 else several(self))
        console.print(verdict(self))


def one(result: Result) -> Table:
    """Return the table of a run with one point: a line for each figure."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    point = result.points[0]
    for column in result.columns:
        table.add_row(column.title, f"{column.tell(point)} {column.unit}".rstrip())
        if column.keys == ("failed",):
            for cause, count in point.failures.items():
                table.add_row(f"  {cause}", str(count))
    return table


def several(result: Result) -> Table:
    """Return the table of a run with several points: a line for each of them."""
    table = Table(box=None, pad_edge=False)
    table.add_column(result.load, justify="right", style="bold")
    columns = [column for column in result.columns if column.short]
    for column in columns:
        table.add_column(column.short, justify="right")
    table.add_column("clean")
    for point in result.points:
        mark = Text("yes", style="green") if point.clean else Text("NO", style="bold red")
        cells = [column.tell(point) for column in columns]
        table.add_row(point.label or told(point.load), *cells, mark)
    return table


def verdict(result: Result) -> Text:
    """Return the last line."""
    if result.searched:
        chosen = result.chosen
        if chosen is None or not chosen.clean:
            return Text("no load was clean", style="bold red")
        return Text(f"highest clean: {told(chosen.load)} {result.load}", style="bold green")
    bad = [point for point in result.points if not point.clean]
    if not bad:
        return Text("clean", style="bold green")
    if len(result.points) == 1:
        return Text(f"NOT clean: {bad[0].why}", style="bold red")
    lines = [f"NOT clean: {told(point.load)}: {point.why}" for point in bad]
    return Text("\n".join(lines), style="bold red")


def told(value: Value | object) -> str:
    """Return a figure as text; a dash for one that was not taken."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 100_000 else f"{value:.0f}"
    return str(value)


def quantile(sorted_values: Sequence[float], share: float) -> float | None:
    """Return the value below which this share lies; None of nothing."""
    if not sorted_values:
        return None
    index = min(len(sorted_values) - 1, int(share * len(sorted_values)))
    return round(sorted_values[index], 2)


def per(amount: float | None, count: float, scale: float = 1.0) -> float | None:
    """Return `amount * scale / count`, rounded; None when there is no amount or no count."""
    return round(amount * scale / count, 3) if amount is not None and count else None


def machine() -> dict[str, object]:
    """Return what the figures were taken on."""
    model = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "cpus": os.cpu_count(),
        "cpu": model,
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
