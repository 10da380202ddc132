"""The benchmarks behind scripts/bench: one shape of output for all."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

import calls
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text


def main() -> int:
    """Run what was asked for; 0 when every call was completed, 1 when not."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Benchmarks with SIPp on both sides, on this machine."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    calls_parser = commands.add_parser(
        "calls", help="complete calls: INVITE, prompt, digit, queue, headset, talk, BYE"
    )
    calls.add_arguments(calls_parser)
    calls_parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    arguments = parser.parse_args()

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[word]}"))
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(f"{arguments.rate:g} calls/s", total=1.0, word="")
        result = calls.run(
            arguments, lambda share, word: bar.update(task, completed=share, word=word)
        )
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(result.as_dict() | {"machine": _machine()}, indent=2))
    _show(result)
    return 0 if result.failed == 0 else 1


def _machine() -> dict[str, object]:
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


def _show(result: calls.CallsResult) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    rows: list[tuple[str, object]] = [
        ("target", result.target),
        ("offered", f"{result.offered} calls, {result.offered_per_second:g}/s"),
        ("completed", f"{result.completed} calls, {result.completed_per_second:g}/s"),
        ("failed", result.failed),
        *((f"  {cause}", count) for cause, count in result.failures.items()),
        ("retransmissions", result.retransmissions),
        ("set-up p50, p99", f"{_told(result.setup_p50_ms)}, {_told(result.setup_p99_ms)} ms"),
        ("CPU of the core", f"{_told(result.cpu_core_ms_per_call)} ms per call"),
        ("CPU of the media workers", f"{_told(result.cpu_media_ms_per_call)} ms per call"),
        ("peak memory", f"{_told(result.peak_rss_mib)} MiB"),
    ]
    for name, value in rows:
        table.add_row(name, str(value))
    console = Console()
    console.print(table)
    good = result.clean
    verdict = "clean" if good else "NOT clean: calls failed, or something was sent twice"
    console.print(Text(verdict, style="bold green" if good else "bold red"))


def _told(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


if __name__ == "__main__":
    sys.exit(main())
