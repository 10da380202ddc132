"""`freeline bans`: who is not listened to after wrong passwords, and to lift that."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from switch.cli_switch import CONFIG, AsJson, Config, Socket, Watch, show, socket_of
from switch.control_client import ask


def register(app: typer.Typer) -> None:
    """Add the command to the `freeline` application."""
    app.command("bans")(bans)


def bans(
    lift: Annotated[
        str, typer.Option(metavar="NAME", help="Listen again to this address or account.")
    ] = "",
    config: Config = CONFIG,
    socket: Socket = None,
    watch: Watch = False,
    as_json: AsJson = False,
) -> None:
    """Show who is not listened to after wrong passwords, and for how long.

    Ends with 1 when no switch runs, or nothing is banned under the name
    that is to be lifted.

    \b
    Examples:
      freeline bans
      freeline bans --lift 203.0.113.9
      freeline bans --lift asha
    """
    path = socket_of(config, socket)
    show(lambda: ask(path, "bans", {"lift": lift} if lift else None), _table, watch, as_json)


def _table(found: list[dict[str, Any]]) -> RenderableType:
    table = Table("subject", "name", "failures", "for", box=None, header_style="bold")
    for each in found:
        seconds = f"{each['seconds']:.0f} s"
        table.add_row(each["subject"], each["name"], str(each["failures"]), seconds)
    return table if found else Text("Nobody is banned.")
