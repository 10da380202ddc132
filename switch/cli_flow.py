"""`freeline flow`: work on flows without a switch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from switch import cli_flow_graph, cli_flow_test, cli_flow_try
from switch.cli_flow_problems import show_problems
from switch.errors import ConfigurationError, FlowError, Problem
from switch.ivr.loader import Known, flow_files, load_flow
from switch.ivr.models import Flow
from switch.settings import load_settings

flow_app = typer.Typer(no_args_is_help=True, help="Check, test, try and draw IVR flows.")


def register(app: typer.Typer) -> None:
    """Add the commands to the `freeline` application."""
    flow_app.command("test")(cli_flow_test.run_tests)
    flow_app.command("try")(cli_flow_try.try_)
    flow_app.command("graph")(cli_flow_graph.graph)
    flow_app.command("schema")(cli_flow_graph.schema)
    app.add_typer(flow_app, name="flow")


@flow_app.callback()
def _flow() -> None:
    """Check, test, try and draw IVR flows."""


@flow_app.command()
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Flow files, or directories of such."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Configuration directory whose queues and skills flows may name."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs.")] = False,
) -> None:
    """Check flows and tell everything that is wrong, with file, line and
    column.

    Without PATH the flows of the configuration are checked. Ends with 0
    when all is well, with 1 when something is wrong.

    \b
    Examples:
      freeline flow check
      freeline flow check ivr_flows/main.yaml
      freeline flow check ivr_flows --config config --json
    """
    from switch.app.flow_sounds import check_flow_sounds  # loads what makes sound

    problems: list[Problem] = []
    flows: list[Flow] = []
    known, directory = _known(config, needed=not paths or config is not None, problems=problems)
    for path in flow_files(paths or ([directory] if directory is not None else [])):
        try:
            flow = load_flow(path, known)
        except FlowError as error:
            problems += error.problems
        else:
            unheard = list(check_flow_sounds(flow))
            problems += unheard
            flows += [] if unheard else [flow]
    problems = sorted(set(problems))  # those of a flow that several call are told once
    if as_json:
        typer.echo(json.dumps(_as_data(flows, problems), indent=2))
    else:
        _show(flows, problems)
    if problems:
        raise typer.Exit(1)


def _known(
    config: Path | None, *, needed: bool, problems: list[Problem]
) -> tuple[Known | None, Path | None]:
    """Return what the configuration has, and where its flows are."""
    directory = config or Path("config")
    if not needed and not (directory / "queues.yaml").is_file():
        return None, None
    try:
        settings = load_settings(directory)
    except ConfigurationError as error:
        if needed:
            problems += error.problems
        return None, None
    from switch.app.plan import known  # what the switch itself would check against

    return known(settings), settings.flows


def _as_data(flows: list[Flow], problems: list[Problem]) -> dict[str, object]:
    return {
        "flows": [
            {"name": flow.name, "file": str(flow.path), "nodes": len(flow.nodes)} for flow in flows
        ],
        "problems": [
            {
                "file": problem.file,
                "line": problem.line,
                "column": problem.column,
                "message": problem.message,
                "hint": problem.hint,
            }
            for problem in sorted(problems)
        ],
    }


def _show(flows: list[Flow], problems: list[Problem]) -> None:
    if flows:
        table = Table(box=None, header_style="bold", pad_edge=False)
        table.add_column("flow")
        table.add_column("nodes", justify="right")
        table.add_column("prompts", justify="right")
        table.add_column("about")
        for flow in flows:
            prompts = len(set(flow.prompts()))
            table.add_row(flow.name, str(len(flow.nodes)), str(prompts), flow.description)
        Console().print(table)
    if problems:
        show_problems(problems)
    elif flows:
        Console().print(Text("All is well.", style="green"))
    else:
        Console().print("There are no flows here.")
