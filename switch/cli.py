"""The `freeline` command: one file per group of subcommands, put together here."""

from __future__ import annotations

import gc
import json
from typing import Annotated

import typer

from switch import (
    __version__,
    cli_bans,
    cli_calls,
    cli_erlang,
    cli_flow,
    cli_headsets,
    cli_phone,
    cli_routing,
    cli_serve,
    cli_simulate,
    cli_status,
    cli_trace,
    cli_trunks,
)

app = typer.Typer(
    name="freeline",
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="A telephony switch and IVR server for call centres.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"freeline {__version__}")
        raise typer.Exit


@app.callback()
def _freeline(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """A telephony switch and IVR server for call centres."""
    if context.invoked_subcommand != "serve":
        gc.enable()


cli_serve.register(app)
cli_flow.register(app)
cli_calls.register(app)
cli_routing.register(app)
cli_headsets.register(app)
cli_bans.register(app)
cli_status.register(app)
cli_phone.register(app)
cli_erlang.register(app)
cli_simulate.register(app)
cli_trace.register(app)
cli_trunks.register(app)


@app.command()
def events() -> None:
    """Print the JSON Schema of everything that is published over MQTT."""
    from switch.telemetry.payloads import schema

    typer.echo(json.dumps(schema(), indent=2))
