"""`freeline headsets`: who is registered, from where, and whether they answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from switch.cli_routing_tables import COLOURS, duration, plain_table
from switch.cli_switch import CONFIG, AsJson, Config, Socket, Watch, show, socket_of
from switch.control_client import ask


def register(app: typer.Typer) -> None:
    """Add the command to the `freeline` application."""
    app.command("headsets")(headsets)


def headsets(
    headset: Annotated[
        str, typer.Argument(metavar="[HEADSET|AGENT]", help="Only this account, or this agent's.")
    ] = "",
    silent: Annotated[
        bool, typer.Option("--silent", help="Only those that do not answer.")
    ] = False,
    config: Config = CONFIG,
    socket: Socket = None,
    watch: Watch = False,
    as_json: AsJson = False,
) -> None:
    """Show the headsets that are registered: since when, from where, and how well they answer.

    The round trip is that of the last OPTIONS (`sip.qualify`). Ends with 1
    when no switch runs.

    \b
    Examples:
      freeline headsets
      freeline headsets asha
      freeline headsets --silent --watch
      freeline headsets --json | jq '.[] | select(.round_trip_ms > 100)'
    """
    path = socket_of(config, socket)
    parameters = {"headset": headset, "silent": silent}
    show(lambda: ask(path, "headsets", parameters), _table, watch, as_json)


def _table(found: list[dict[str, Any]]) -> RenderableType:
    table = plain_table(
        *("headset", "agent", "state", "since", "from", "expires", "answers", "round trip"),
        *("codecs", "user agent"),
    )
    for each in found:
        state = each["state"]
        table.add_row(
            each["headset"],
            each["agent"],
            Text(state, style=COLOURS.get(state, "")),
            f"{datetime.fromisoformat(each['since']).astimezone():%Y-%m-%d %H:%M:%S}",
            _from(each),
            duration(max(0.0, each["expires_in_seconds"])),
            _answers(each),
            "" if each["round_trip_ms"] is None else f"{each['round_trip_ms']:.1f} ms",
            " ".join(each["codecs"]) or each["last_codec"],
            Text(_plain(each["user_agent"])),
        )
    return table if found else Text("There are no such headsets.")


def _from(each: dict[str, Any]) -> str:
    proxies = len(each["path"])
    behind = f" by {proxies} prox{'y' if proxies == 1 else 'ies'}" if proxies else ""
    return f"{each['transport']}:{each['source']}{behind}"


def _answers(each: dict[str, Any]) -> Text:
    if each["silent"]:
        return Text(f"silent, {each['unanswered']} unanswered", style="bold red")
    if each["unanswered"]:
        return Text(f"{each['unanswered']} unanswered", style="yellow")
    if each["answered_seconds_ago"] is None:
        return Text("not asked yet", style="dim")
    return Text(f"{duration(each['answered_seconds_ago'])} ago", style="green")


def _plain(text: str) -> str:
    """A headset chooses what it tells of itself: nothing of it may steer the terminal."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
