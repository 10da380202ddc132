"""`freeline erlang`: how many agents, how long a wait, by formula."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from switch.errors import PlanningError
from switch.planning.erlang import erlang_a, erlang_b, erlang_c
from switch.planning.staffing import Target, least_agents_a, least_agents_b, least_agents_c

erlang_app = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the `freeline` application."""
    app.add_typer(erlang_app, name="erlang")


@erlang_app.callback()
def _erlang() -> None:
    """Waits, losses and staffing of a call centre, by Erlang's formulas.

    A if callers give up, B if none may wait, C if all wait. The load in
    erlangs is calls per second times seconds per call: how many agents
    would be busy if there were enough.
    """


_Agents = Annotated[
    int | None, typer.Option(help="Agents at work. Left out: --target finds the least.")
]
_Load = Annotated[
    float | None, typer.Option(metavar="ERLANGS", help="Calls per second times mean handle time.")
]
_PerHour = Annotated[
    float | None, typer.Option(metavar="CALLS", help="Calls per hour, instead of --load.")
]
_Aht = Annotated[
    float, typer.Option(metavar="SECONDS", help="Mean time that a call takes an agent.")
]
_Within = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help="An answer is in time within so long.", show_default="20"),
]
_Target = Annotated[
    str, typer.Option(metavar="SHARE/SECONDS", help="80/20: find the agents for 80 % within 20 s.")
]
_Json = Annotated[bool, typer.Option("--json", help="JSON for programs.")]


@erlang_app.command("a")
def command_a(
    patience: Annotated[
        float, typer.Option(metavar="SECONDS", help="Mean time until a waiting caller gives up.")
    ],
    agents: _Agents = None,
    load: _Load = None,
    calls_per_hour: _PerHour = None,
    aht: _Aht = 180,
    answer_within: _Within = None,
    target: _Target = "",
    as_json: _Json = False,
) -> None:
    """Erlang A: callers wait, and give up when their patience ends.

    \b
    Examples:
      freeline erlang a --agents 14 --load 10 --aht 180 --patience 90
      freeline erlang a --target 80/20 --calls-per-hour 200 --aht 180 --patience 90
    """
    with _sentences():
        erlangs = load_of(load, calls_per_hour, aht)
        promise, within = promise_of(target, answer_within)
        least = None
        if promise is not None:
            least = least_agents_a(erlangs, aht, patience, promise)
        staff = staff_of(agents, least)
        found = erlang_a(staff, erlangs, aht, patience, within)
        given = {"agents": staff, "load": erlangs, "aht": aht, "patience": patience}
        _tell({**given, "answer_within": within}, asdict(found), promise, as_json)


@erlang_app.command("b")
def command_b(
    agents: Annotated[
        int | None, typer.Option(help="Agents, or lines. Left out: --block finds the least.")
    ] = None,
    load: _Load = None,
    calls_per_hour: _PerHour = None,
    aht: _Aht = 180,
    answer_within: _Within = None,
    block: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Find how many are needed to lose no more than this."),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Erlang B: a call that finds all busy is lost.

    The mean handle time matters only together with --calls-per-hour, and
    --answer-within not at all: who is answered is answered at once. In JSON
    the figures of the other formulas are there too.

    \b
    Examples:
      freeline erlang b --agents 14 --load 10
      freeline erlang b --block 0.01 --load 10
    """
    with _sentences():
        erlangs = load_of(load, calls_per_hour, aht)
        least = None if block is None else least_agents_b(erlangs, block)
        staff = staff_of(agents, least, "--block")
        found = asdict(erlang_b(staff, erlangs))
        given = {"agents": staff, "load": erlangs, "aht": aht}
        given["answer_within"] = promise_of("", answer_within)[1]
        told = found if as_json else {name: found[name] for name in ("p_block", "occupancy")}
        _tell(given, told, None, as_json)


@erlang_app.command("c")
def command_c(
    agents: _Agents = None,
    load: _Load = None,
    calls_per_hour: _PerHour = None,
    aht: _Aht = 180,
    answer_within: _Within = None,
    target: _Target = "",
    as_json: _Json = False,
) -> None:
    """Erlang C: every caller waits for an answer, however long.

    \b
    Examples:
      freeline erlang c --agents 14 --load 10 --aht 180 --answer-within 20
      freeline erlang c --target 80/20 --calls-per-hour 200 --aht 180 --json
    """
    with _sentences():
        erlangs = load_of(load, calls_per_hour, aht)
        promise, within = promise_of(target, answer_within)
        least = None if promise is None else least_agents_c(erlangs, aht, promise)
        staff = staff_of(agents, least)
        found = erlang_c(staff, erlangs, aht, within)
        given = {"agents": staff, "load": erlangs, "aht": aht, "answer_within": within}
        _tell(given, asdict(found), promise, as_json)
    if math.isinf(found.asa_seconds) and not as_json:
        note = (
            f"{staff} agents cannot do {erlangs:g} erlangs: the queue grows without end. "
            "At least one agent more than the load is needed."
        )
        Console(stderr=True).print(Text(note, style="bold yellow"))


# What the options mean; `freeline simulate` has the same ones.


def load_of(load: float | None, calls_per_hour: float | None, aht: float) -> float:
    """Return the load in erlangs.

    Raises:
        PlanningError: it is not given once, or cannot be.
    """
    if (load is None) == (calls_per_hour is None):
        raise PlanningError("give either --load or --calls-per-hour")
    if load is not None:
        return load
    assert calls_per_hour is not None
    return calls_per_hour / 3600 * aht


def promise_of(target: str, answer_within: float | None) -> tuple[Target | None, float]:
    """Return the target, if there is one, and the X of the service level.

    Raises:
        PlanningError: the target is none, or the two contradict each other.
    """
    if not target:
        return None, 20.0 if answer_within is None else answer_within
    promise = Target.parse(target)
    if answer_within not in (None, promise.within_seconds):
        raise PlanningError("--target says within how many seconds: leave out --answer-within")
    return promise, promise.within_seconds


def staff_of(agents: int | None, least: int | None, option: str = "--target") -> int:
    """Return how many agents are meant: those given, or the least that do.

    Raises:
        PlanningError: neither or both.
    """
    if agents is not None and least is not None:
        raise PlanningError(f"{option} finds how many agents are needed: leave out --agents")
    found = agents if least is None else least
    if found is None:
        raise PlanningError(f"give --agents, or {option} to find the least")
    return found


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn what cannot be into a usage error."""
    try:
        yield
    except PlanningError as error:
        raise typer.BadParameter(str(error)) from None


# What comes out.

LABELS = {
    "p_wait": "wait at all",
    "p_block": "find all busy and are lost",
    "p_abandon": "give up",
    "asa_seconds": "average speed of answer",
    "wait_seconds": "mean wait of all calls",
    "service_level": "service level",
    "occupancy": "agents are busy",
}
"""Figures in words."""


def shown(name: str, value: float | None) -> str:
    """Return a figure for people: shares in percent, times in seconds."""
    if value is None:
        return "-"
    if math.isinf(value):
        return "without end"
    return f"{value:.1f} s" if name.endswith("_seconds") else f"{value * 100:.1f} %"


def _tell(
    given: dict[str, float], found: dict[str, float], promise: Target | None, as_json: bool
) -> None:
    if as_json:
        data: dict[str, Any] = {**given}
        if promise is not None:
            data["target"] = promise.service_level
        for name, value in found.items():
            data[name] = value if math.isfinite(value) else None
        typer.echo(json.dumps(data, indent=2))
        return
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right", style="bold")
    found_staff = "agents needed" if promise is not None else "agents"
    table.add_row(found_staff, f"{given['agents']:g}")
    table.add_row("load", f"{given['load']:.4g} erlangs")
    for name, value in found.items():
        label = LABELS[name]
        if name == "service_level":
            label = f"answered within {given['answer_within']:g} s"
        table.add_row(label, shown(name, value))
    Console().print(table)
