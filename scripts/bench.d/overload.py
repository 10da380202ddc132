"""`scripts/bench overload`: more calls than the switch can take; how many it still serves.

What counts is how many calls a second are answered and ended in order while others are refused
with 503. Without control of its load a switch answers later and later, callers send again, and
in the end none is served: `--without` shows that.
"""

from __future__ import annotations

import argparse

from benchmark import Load, under_load
from configuration import PROMPT_NUMBER, Site
from figures import Column, Curve, Point, per
from rated import COLUMNS, LAG_COLUMN, PEAK, Plan, measure_rated
from reporter import Reporter
from sipp import caller_scenario, refusable
from target import add_target_arguments

_NEVER_SECONDS = 10.0


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    parser.add_argument("--number", default=PROMPT_NUMBER, help="what callers dial")
    parser.add_argument(
        "--without", action="store_true", help="refuse nobody: as it was without overload control"
    )


def _measure(arguments: argparse.Namespace, rate: float, reporter: Reporter) -> Point:
    plan = Plan(
        scenario=refusable(caller_scenario()),
        options=("-s", arguments.number),
        site=Site(
            workers=arguments.workers, overload_seconds=_NEVER_SECONDS if arguments.without else 0
        ),
    )
    rated = measure_rated(arguments, rate, plan, reporter)
    served = rated.completed
    return rated.point({"cpu_core_ms_per_call": per(rated.cpu.core, served, 1000)}, may_refuse=True)


BENCHMARK = under_load(
    name="overload",
    summary="more calls than the switch can take: how many it serves, and how many it refuses",
    load=Load(
        option="--rate",
        meaning="calls a second",
        unit="calls/s",
        usual=2000,
        start=500,
        seconds=30,
        seconds_meaning="how long calls are begun",
    ),
    cost="CPU, ms per call served",
    columns=(
        *COLUMNS,
        Column("refused", ("refused",), "", "refused"),
        Column("CPU of the core", ("cpu_core_ms_per_call",), "ms per call served", "core\nms/call"),
        LAG_COLUMN,
        PEAK,
    ),
    curves=(Curve("cpu_core_ms_per_call", "core"),),
    add_arguments=_add_arguments,
    measure=_measure,
)
