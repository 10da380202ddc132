"""`freeline trunks`: carriers, their servers, our registrations, of the switch that runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import typer
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from switch.cli_switch import CONFIG, AsJson, Config, Socket, Watch, show, socket_of
from switch.control_client import ask

_STANDINGS = {"registered": "green", "trying": "yellow", "failed": "bold red", "stopped": "dim"}
_NUMBERS = ("in", "out", "hour", "trip")


def register(app: typer.Typer) -> None:
    """Add the command to the `freeline` application."""
    app.command("trunks")(trunks)


def trunks(
    config: Config = CONFIG, socket: Socket = None, watch: Watch = False, as_json: AsJson = False
) -> None:
    """Show the trunks: servers up and down, registrations, round trips, calls and limits.

    Ends with 1 when no switch runs.

    \b
    Examples:
      freeline trunks
      freeline trunks --watch
      freeline trunks --json | jq '.[].peers[] | select(.up | not)'
    """
    path = socket_of(config, socket)
    show(lambda: ask(path, "trunks"), trunk_table, watch, as_json)


def trunk_table(found: list[dict[str, Any]]) -> RenderableType:
    """Return a table: a line for each trunk, one below for each of its addresses."""
    if not found:
        return Text("There are no trunks.")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("trunk", "registered", "in", "out", "hour", "server", "state", "since", "trip"):
        table.add_column(
            column, justify="right" if column in ("in", "out", "hour", "trip") else "left"
        )
    for trunk in found:
        lines = [
            (peer["peer"] if index == 0 else "", address)
            for peer in trunk["peers"]
            for index, address in enumerate(peer["addresses"] or [_unknown(peer)])
        ]
        first, *others = lines or [("", None)]
        table.add_row(
            Text(trunk["trunk"], style="bold"),
            _registration(trunk["registration"]),
            str(trunk["calls_in"]),
            _of(trunk["calls_out"], trunk["max_calls"]),
            _of(trunk["calls_last_hour"], trunk["max_calls_per_hour"]),
            *_server(*first),
        )
        for line in others:
            table.add_row("", "", "", "", "", *_server(*line))
    return table


def _unknown(peer: dict[str, Any]) -> dict[str, Any]:
    why = "the DNS does not answer" if peer["dns_failing"] else "no address is known yet"
    return {"address": "", "up": False, "since": None, "probed": True, "problem": why}


def _server(peer: str, address: dict[str, Any] | None) -> tuple[RenderableType, ...]:
    if address is None:
        return "", Text("calls in only", style="dim"), "", ""
    told = f"{peer} {address['address']}".strip() if peer else f"  {address['address']}"
    if address["up"]:
        state = Text(
            "up" if address["probed"] else "not probed", "green" if address["probed"] else ""
        )
        if address["problem"]:
            state.append(f" ({address['problem']})", style="yellow")
    else:
        state = Text(f"down: {address['problem']}" if address["problem"] else "down", "bold red")
    trip = address.get("round_trip_ms")
    return told, state, _since(address["since"]), "" if trip is None else f"{trip:g} ms"


def _registration(found: dict[str, Any] | None) -> RenderableType:
    if found is None:
        return ""
    told = Text(found["standing"], style=_STANDINGS.get(found["standing"], ""))
    if found["since"]:
        told.append(f" {_since(found['since'])}")
    if found["problem"]:
        told.append(f" ({found['problem']})", style="yellow")
    return told


def _of(count: int, most: int | None) -> RenderableType:
    """Return `3/10`; red where nothing more may begin."""
    if most is None:
        return ""
    return Text(f"{count}/{most}", style="bold red" if count >= most else "")


def _since(at: str | None) -> str:
    """Return how long ago that was."""
    if at is None:
        return ""
    seconds = max(0, round((datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds()))
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
