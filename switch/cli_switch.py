"""What commands share that ask the running switch: options, the socket, tables once or live."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from switch.errors import ConfigurationError, ControlError
from switch.yaml_source import YamlSource

_WATCH_SECONDS = 1.0
_PIPE_WIDTH = 200
"""Columns when the output is no terminal: wide enough that nothing is cut off."""

Config = Annotated[Path, typer.Option(help="Configuration directory of the switch.")]
Socket = Annotated[
    Path | None, typer.Option(help="Control socket of the switch, instead of the configured one.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]
Watch = Annotated[bool, typer.Option("--watch", help="Show it anew every second, until Ctrl-C.")]

CONFIG = Path("config")
_SOCKET = "../var/control.sock"


def show(
    fetch: Callable[[], Any], table: Callable[[Any], RenderableType], watch: bool, as_json: bool
) -> Any:
    """Print what is fetched, once or again and again; return the last."""
    try:
        found = fetch()
        if as_json:
            typer.echo(json.dumps(found, indent=2))
        elif not watch:
            console = Console()
            if not console.is_terminal:
                console = Console(width=_PIPE_WIDTH)
            console.print(table(found))
        else:
            with Live(table(found), auto_refresh=False) as live:
                while True:
                    time.sleep(_WATCH_SECONDS)
                    found = fetch()
                    live.update(table(found), refresh=True)
    except ControlError as error:
        fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
    return found


def socket_of(config: Path, socket: Path | None) -> Path:
    """Return the control socket: the given one, or the one in a configuration directory."""
    if socket is not None:
        return socket
    # Only this one value is read: a file that is wrong elsewhere is no reason not to ask.
    try:
        data = YamlSource.load(config / "freeline.yaml").data
    except ConfigurationError as error:
        fail(str(error))
    control = data.get("control") if isinstance(data, dict) else None
    found = control.get("socket", _SOCKET) if isinstance(control, dict) else _SOCKET
    if not isinstance(found, str):
        fail(f"{config}/freeline.yaml has no control socket: `control.socket` is null")
    return Path(os.path.normpath(config.absolute() / found))


def fail(message: str) -> NoReturn:
    """Tell what is wrong, and end with 1."""
    Console(stderr=True, soft_wrap=True).print(Text(message, style="red"))
    raise typer.Exit(1)
