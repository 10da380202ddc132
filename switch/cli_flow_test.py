"""`freeline flow test`: run scenarios, tell what differs, and which exits nobody tried."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text


def run_tests(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Scenario files, flows, or directories of such."),
    ] = None,
    only: Annotated[
        str, typer.Option("--only", metavar="WORDS", help="Only scenarios with this in the name.")
    ] = "",
    trail: Annotated[
        bool, typer.Option("--trail", help="Tell what happened in each call, passed or not.")
    ] = False,
    fail_under: Annotated[
        float,
        typer.Option(min=0, max=100, metavar="PERCENT", help="Fail if less is covered."),
    ] = 0.0,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the results as JUnit XML.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs.")] = False,
) -> None:
    """Run the scenarios of flows, with a caller and a world in memory.

    A flow's scenarios stand beside it: `main.yaml` is tested by
    `main.scenarios.yaml`. Without PATH those in `ivr_flows` are run. Ends
    with 0 when all pass, with 1 when one fails, too little is covered or a
    file is wrong, with 2 for a wrong command line.

    \b
    Examples:
      freeline flow test
      freeline flow test ivr_flows/main.yaml --trail
      freeline flow test ivr_flows --fail-under 80 --junit results.xml
      freeline flow test --only "says nothing" --json
    """
    from switch.cli_flow_results import as_data, run, show, write_junit

    results = run(paths or [Path("ivr_flows")], only)
    if junit is not None:
        write_junit(results, junit)
    too_little = results.coverage.percent < fail_under
    if as_json:
        typer.echo(json.dumps(as_data(results), indent=2, ensure_ascii=False))
    else:
        show(results, trail)
        if too_little:
            told = f"Covered are {results.coverage.percent:.1f} %, less than {fail_under:g} %."
            Console(stderr=True).print(Text(told, style="bold red"))
    if results.failed or results.problems or too_little or not results.outcomes:
        raise typer.Exit(1)
