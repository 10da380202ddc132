"""`freeline serve` and `freeline check`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from switch import __version__
from switch.errors import ConfigurationError, FreelineError
from switch.settings import Settings, load_settings

SWITCH_SECONDS = 0.0005
"""How long a thread that writes records, log or journal keeps the event loop waiting: ten times
less than Python's own, which shows as lag of the loop at hundreds of calls a second."""

Config = Annotated[Path, typer.Option(help="Directory with the four configuration files.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Lay a value over freeline.yaml: `mqtt.broker=null`."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the `freeline` application."""
    app.command("serve")(serve)
    app.command("check")(check)


def serve(
    config: Config = Path("config"),
    overrides: Overrides = None,
    ready_file: Annotated[
        Path | None,
        typer.Option(help="Write addresses and process ids here, as JSON, once calls are taken."),
    ] = None,
) -> None:
    """Run the switch until SIGTERM or Ctrl-C.

    The first signal drains: no new calls, running ones finish. A second
    one ends now. SIGUSR2 hands those who talk over to the switch that is
    started next. SIGHUP reads agents.yaml and queues.yaml again. Ends with
    0 after a signal, with 1 when the switch cannot start; the reasons go to
    stderr.

    \b
    Examples:
      freeline serve
      freeline serve --config /etc/freeline
      freeline serve --set telemetry.port=0 --set log.format=json
    """
    import uvloop

    from switch.app.preparation import prepare
    from switch.app.service import Service
    from switch.log import configure_logging, get_logger

    settings = _load(config, overrides)
    log = configure_logging(settings.log.level, settings.log.format)
    try:
        for problem in settings.warnings:
            get_logger().warning("configuration", problem=str(problem))
        flows, sounds = _prepare(settings, prepare)

        async def run() -> None:
            service = Service(settings, flows, sounds, __version__, overrides or ())
            if await service.run(ready_file):
                # The way out that ends no children and cancels no calls.
                log.close()
                os._exit(0)

        sys.setswitchinterval(SWITCH_SECONDS)
        uvloop.run(run())
    except (FreelineError, OSError) as error:
        log.close()
        _fail(error)
    finally:
        log.close()


def check(config: Config = Path("config"), overrides: Overrides = None) -> None:
    """Check the configuration and the flows, and show what would be served.

    Ends with 0 when all is well, with 1 when something is wrong; everything
    wrong is told at once, with file, line and column.
    """
    from switch.app.preparation import examine

    settings = _load(config, overrides)
    try:
        _, tls = examine(settings)
    except ConfigurationError as error:
        _fail(error)
    console = Console()
    console.print(_summary(settings))
    for problem in settings.warnings:
        console.print(Text(f"warning: {problem}", style="yellow"), soft_wrap=True)
    if tls is not None and tls.warning:
        console.print(Text(f"warning: {tls.warning}", style="yellow"), soft_wrap=True)
    console.print(Text("All is well.", style="green"))


def _load(config: Path, overrides: list[str] | None) -> Settings:
    try:
        return load_settings(config, overrides=overrides or ())
    except ConfigurationError as error:
        _fail(error)


_Prepared = TypeVar("_Prepared")


def _prepare(
    settings: Settings,
    prepare: Callable[[Settings, Callable[[int, int], None] | None], _Prepared],
) -> _Prepared:
    """Make prompts ready, with a progress bar where a person watches."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return prepare(settings, None)
    columns = (TextColumn("prompts"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("prompts", total=None)
        return prepare(
            settings, lambda done, total: progress.update(task, completed=done, total=total)
        )


def _summary(settings: Settings) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    listeners = [str(each) for each in settings.sip.listen]
    numbers = [
        f"{number} -> {flow or 'out of service'}" for number, flow in settings.numbers.items()
    ]
    table.add_row("listens", "\n".join(listeners))
    table.add_row("numbers", "\n".join(numbers))
    table.add_row("trunks", ", ".join(trunk.name for trunk in settings.trunks) or "none")
    table.add_row("agents", str(len(settings.agents)))
    table.add_row("queues", ", ".join(queue.name for queue in settings.queues))
    table.add_row("records", settings.records.url)
    table.add_row("mqtt", settings.mqtt.broker or "off")
    telemetry = settings.telemetry
    table.add_row("telemetry", f"http://{telemetry.address}:{telemetry.port}")
    return table


def _fail(error: Exception) -> NoReturn:
    """Tell what is wrong, a line each, and end with 1."""
    console = Console(stderr=True, soft_wrap=True)
    told = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    for line in told.splitlines():
        console.print(Text(line, style="red"))
    raise typer.Exit(1)
