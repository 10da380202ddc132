"""`freeline status`: whether a running switch is well, and whether it has room."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import typer
from rich.console import RenderableType
from rich.table import Table

from switch.cli_switch import CONFIG, AsJson, Config, Socket, Watch, show, socket_of
from switch.control_client import ask


def register(app: typer.Typer) -> None:
    """Add the command to the `freeline` application."""
    app.command("status")(status)


def status(
    config: Config = CONFIG, socket: Socket = None, watch: Watch = False, as_json: AsJson = False
) -> None:
    """Show whether the switch is well, and whether it refuses calls to keep up.

    Ends with 1 when no switch runs.

    \b
    Examples:
      freeline status
      freeline status --watch
    """
    path = socket_of(config, socket)
    show(lambda: ask(path, "status"), _table, watch, as_json)


def _table(found: dict[str, Any]) -> RenderableType:
    table = Table(show_header=False, box=None)
    for name, value in _rows(found):
        table.add_row(name, value)
    return table


def _rows(found: dict[str, Any]) -> list[tuple[str, str]]:
    up = timedelta(seconds=round(found["up_seconds"]))
    late, waits = 1000 * found["loop_lag_seconds"], 1000 * found["queue_delay_seconds"]
    records = f"{found['records_waiting']} wait, {found['records_dropped']} lost"
    return [
        ("switch", f"Freeline {found['version']}, up for {up}"),
        ("state", ", ".join(found["problems"]) or "takes calls"),
        ("calls", str(found["calls"])),
        ("media", f"{found['media_streams']} streams, {found['media_workers']} workers"),
        ("loop", f"{late:.1f} ms late, messages wait for {waits:.1f} ms"),
        ("overload", _overload(found)),
        ("strangers", f"{found['strangers_unheard']} messages not listened to"),
        ("records", records),
        ("broker", found["broker"]),
    ]


def _overload(found: dict[str, Any]) -> str:
    refused, ago = found["refused"], found["refused_seconds_ago"]
    if not refused:
        return "none, no call was refused to keep up"
    told = f"{refused} calls refused to keep up, the last {ago:.0f} s ago"
    return f"now ({found['overload']}): {told}" if found["overload"] else f"over: {told}"
