"""`scripts/bench answer`: INVITE, 200, ACK and BYE at a rate; nobody waits, nobody talks."""

from __future__ import annotations

import argparse

from benchmark import Load, under_load
from configuration import PROMPT_NUMBER, Site
from figures import Column, Curve, Point, per
from rated import COLUMNS, LAG_COLUMN, PEAK, REFUSED, Plan, measure_rated
from reporter import Reporter
from sipp import caller_scenario, refusable
from target import add_target_arguments


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    parser.add_argument("--number", default=PROMPT_NUMBER, help="what callers dial")


def _measure(arguments: argparse.Namespace, rate: float, reporter: Reporter) -> Point:
    plan = Plan(
        scenario=refusable(caller_scenario()),
        options=("-s", arguments.number),
        site=Site(workers=arguments.workers),
    )
    rated = measure_rated(arguments, rate, plan, reporter)
    return rated.point(
        {
            "cpu_core_ms_per_call": per(rated.cpu.core, rated.completed, 1000),
            "cpu_media_ms_per_call": per(rated.cpu.media, rated.completed, 1000),
        }
    )


BENCHMARK = under_load(
    name="answer",
    summary="calls that are answered and hung up at once: INVITE, 200, ACK, BYE",
    load=Load(
        option="--rate",
        meaning="calls a second",
        unit="calls/s",
        usual=200,
        start=200,
        seconds=30,
        seconds_meaning="how long calls are begun",
    ),
    cost="CPU, ms per call",
    columns=(
        *COLUMNS,
        REFUSED,
        Column("CPU of the core", ("cpu_core_ms_per_call",), "ms per call", "core\nms/call"),
        Column(
            "CPU of the media workers", ("cpu_media_ms_per_call",), "ms per call", "media\nms/call"
        ),
        LAG_COLUMN,
        PEAK,
    ),
    curves=(
        Curve("cpu_core_ms_per_call", "core"),
        Curve("cpu_media_ms_per_call", "media workers"),
    ),
    add_arguments=_add_arguments,
    measure=_measure,
)
