"""`freeline simulate`: a call centre's days, simulated on the switch's own router."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from switch.cli_erlang import load_of, promise_of, staff_of
from switch.errors import ConfigurationError, FreelineError, PlanningError

if TYPE_CHECKING:
    from switch.planning.history import PastCall
    from switch.planning.scenario import Scenario
    from switch.planning.study import Report

_PIPE_WIDTH = 200
"""Columns when the output is no terminal: wide enough that nothing is cut off."""

_MOST_RECORDS = 2_000_000

_OF_ONE_GROUP = (
    *("agents", "load", "calls_per_hour", "aht", "aht_cv", "patience", "answer_within", "calls"),
    "no_queue",
)
"""Options that a scenario answers itself."""

_OF_DAYS = ("config", "records", "since", "replay", "days")
"""Options that mean nothing without a scenario or a configuration."""


def register(app: typer.Typer) -> None:
    """Add the command to the `freeline` application."""
    app.command("simulate")(simulate)


def simulate(
    context: typer.Context,
    scenario: Annotated[
        Path | None,
        typer.Argument(
            metavar="SCENARIO", help="YAML file with queues, groups of agents and traffic."
        ),
    ] = None,
    agents: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="Agents at work, all alike.")
    ] = None,
    load: Annotated[
        float | None, typer.Option(metavar="ERLANGS", help="Calls per second times handle time.")
    ] = None,
    calls_per_hour: Annotated[
        float | None, typer.Option(metavar="CALLS", help="Calls per hour, instead of --load.")
    ] = None,
    aht: Annotated[
        float, typer.Option(metavar="SECONDS", help="Mean time that a call takes an agent.")
    ] = 180,
    aht_cv: Annotated[
        float | None,
        typer.Option(
            metavar="RATIO",
            help="Handle times are log-normal, with this ratio of standard deviation to mean; "
            "left out, exponential.",
        ),
    ] = None,
    patience: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Mean patience, exponential; left out, endless."),
    ] = None,
    answer_within: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", help="An answer is in time within so long.", show_default="20"
        ),
    ] = None,
    calls: Annotated[
        int, typer.Option(min=1000, max=5_000_000, help="Calls that count.")
    ] = 100_000,
    no_queue: Annotated[
        bool,
        typer.Option("--no-queue", help="Calls that find all agents busy are lost (Erlang B)."),
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(
            help="Configuration directory: its queues and agents, where SCENARIO has none."
        ),
    ] = None,
    records: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Traffic as in this database of call records; `config` for the configured one.",
        ),
    ] = None,
    since: Annotated[
        str, typer.Option(metavar="DAYS", help="Records of so many days, up to now.")
    ] = "28",
    replay: Annotated[
        bool,
        typer.Option(
            "--replay",
            help="Each simulated day is one of those on record, its calls at their very times.",
        ),
    ] = False,
    days: Annotated[
        int | None, typer.Option(min=2, max=100_000, help="Days to simulate, with a scenario.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Another seed, other calls; the same, the same.")
    ] = None,
    target: Annotated[
        str,
        typer.Option(
            metavar="SHARE/SECONDS", help="80/20: find the least agents for 80 % within 20 s."
        ),
    ] = "",
    plot: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Draw the results (needs matplotlib).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs.")] = False,
) -> None:
    """Simulate calls, queues and agents, with the router of the switch.

    Without SCENARIO: one group of agents at a steady load, with the options
    and figures of `freeline erlang`. With SCENARIO or --config: days with
    several queues, skills and shifts. Each figure comes with its 99 %
    confidence interval.

    \b
    Examples:
      freeline simulate --agents 14 --load 10 --aht 180 --patience 90
      freeline simulate --agents 14 --load 10 --aht-cv 1.3 --json
      freeline simulate --target 80/20 --calls-per-hour 200 --aht 180
      freeline simulate day.yaml --plot day.png
      freeline simulate day.yaml --target 80/20
      freeline simulate --config config --records config --since 28
    """
    of_days = scenario is not None or config is not None
    try:
        _refuse(context, _OF_ONE_GROUP if of_days else _OF_DAYS, of_days=of_days)
        if plot is not None:
            from switch.planning.plot import require_matplotlib

            require_matplotlib()
        from switch.planning import study
        from switch.planning.history import days_on_record

        with _progress(as_json) as progress:
            if of_days:
                promise, _ = promise_of(target, None)
                if replay and records is None:
                    raise PlanningError("--replay needs --records: what shall come again?")
                past = [] if records is None else _past_calls(records, config, since)
                found = _read_scenario(scenario, config, past if records else None, replay=replay)
                if replay and days is None:
                    days = max(2, days_on_record(past))
                report = study.of_days(
                    found, days=days, seed=seed, target=promise, progress=progress
                )
            else:
                erlangs = load_of(load, calls_per_hour, aht)
                promise, within = promise_of(target, answer_within)
                if promise is not None and agents is not None:
                    raise PlanningError("--target finds the agents: leave out --agents")
                if no_queue and (promise is not None or patience is not None):
                    raise PlanningError("--no-queue: nobody waits, for --target or --patience")
                report = study.of_one_group(
                    study.OneGroup(
                        agents=agents if promise is not None else staff_of(agents, None),
                        load=erlangs,
                        aht_seconds=aht,
                        aht_cv=aht_cv,
                        patience_seconds=patience,
                        within_seconds=within,
                        may_wait=not no_queue,
                    ),
                    calls=calls,
                    seed=1 if seed is None else seed,
                    target=promise,
                    progress=progress,
                )
        _show(report, as_json)
        if plot is not None:
            report.draw(plot)
    except PlanningError as error:
        raise typer.BadParameter(str(error)) from None
    except FreelineError as error:
        _complain(error)
        raise typer.Exit(1) from None


def _refuse(context: typer.Context, options: Sequence[str], *, of_days: bool) -> None:
    """Refuse options that would be passed over."""
    given = [
        "--" + name.replace("_", "-")
        for name in options
        if (source := context.get_parameter_source(name)) is not None and source.name != "DEFAULT"
    ]
    if given:
        why = "is said by the scenario" if of_days else "needs a SCENARIO or --config"
        raise PlanningError(f"{given[0]} {why}")


def _complain(error: FreelineError) -> None:
    console = Console(stderr=True, soft_wrap=True)
    if isinstance(error, ConfigurationError):
        for problem in error.problems:
            place, _, rest = str(problem).partition(": ")
            console.print(Text.assemble((place, "bold"), ": ", (rest, "red")))
    else:
        console.print(Text(str(error), style="red"))


# Where calls, queues and agents come from.


def _read_scenario(
    scenario: Path | None,
    config: Path | None,
    past: Sequence[PastCall] | None,
    *,
    replay: bool,
) -> Scenario:
    from switch.planning.history import streams_of
    from switch.planning.scenario import load_scenario, scenario_of
    from switch.settings import load_settings

    settings = None if config is None else load_settings(config)
    traffic = None if past is None else streams_of(past, replay=replay)
    if scenario is not None:
        return load_scenario(scenario, settings, traffic)
    assert settings is not None
    if traffic is None:
        raise PlanningError("a configuration has no traffic: give a SCENARIO or --records")
    return scenario_of(settings, traffic)


def _database(records: str, config: Path | None) -> str:
    from switch.settings import load_settings

    if records != "config":
        return records
    if config is None:
        raise PlanningError("--records config needs --config")
    return load_settings(config).records.database_url()


def _past_calls(records: str, config: Path | None, since: str) -> list[PastCall]:
    from switch.planning.history import PastCall
    from switch.records.reader import RecordReader  # loads SQLAlchemy

    url = _database(records, config)
    if not since.isdecimal() or not 1 <= int(since) <= 3660:
        raise PlanningError(f"--since is a number of days, 1 to 3660, not {since!r}")
    begin = datetime.now().astimezone() - timedelta(days=int(since))
    found: list[PastCall] = []
    with RecordReader(url) as reader:
        for record in reader.query(_MOST_RECORDS, since=begin):
            for wait in record.queues:
                # The record adds up all talks of a call; they are those of its last queue.
                connected = wait.outcome == "connected"
                found.append(
                    PastCall(
                        wait.queue,
                        wait.at.astimezone(),
                        wait.waited_seconds,
                        record.talk_seconds if connected else None,
                        gave_up=wait.outcome == "abandoned",
                    )
                )
    return found


# What comes out.


@contextmanager
def _progress(as_json: bool) -> Iterator[Callable[[float], None] | None]:
    """Show a bar while a person waits."""
    console = Console(stderr=True)
    if as_json or not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("simulating", total=1.0)
        yield lambda share: bar.update(task, completed=share)


def _show(report: Report, as_json: bool) -> None:
    if as_json:
        data: dict[str, Any] = report.as_data()
        typer.echo(json.dumps(data, indent=2))
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPE_WIDTH)
    console.print(report.as_tables())
    for note in report.notes():
        Console(stderr=True, soft_wrap=True).print(Text(note, style="yellow"))
