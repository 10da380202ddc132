"""`scripts/bench calls`: complete calls at a rate, SIPp on both sides."""

from __future__ import annotations

import argparse

from benchmark import Load, under_load
from configuration import NUMBER, Site
from figures import Column, Curve, Point, per
from proc import free_port
from rated import COLUMNS, LAG_COLUMN, PEAK, REFUSED, Plan, measure_rated
from reporter import Reporter
from sipp import caller_scenario, headset_scenario, refusable
from target import add_target_arguments


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    parser.add_argument("--number", default=NUMBER, help="what callers dial")
    parser.add_argument("--talk", type=float, default=1.2, help="seconds from the digit to BYE")
    parser.add_argument("--digit", choices=("rfc4733", "info"), default="rfc4733")
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--headset-port", type=int, default=0, help="of the SIPp that answers")


def _measure(arguments: argparse.Namespace, rate: float, reporter: Reporter) -> Point:
    plan = Plan(
        scenario=refusable(caller_scenario(arguments.digit, arguments.talk)),
        headset=headset_scenario(),
        call_seconds=arguments.talk,
        options=("-s", arguments.number),
        site=Site(
            headset_port=arguments.headset_port or free_port(),
            agents=arguments.agents,
            workers=arguments.workers,
        ),
    )
    rated = measure_rated(arguments, rate, plan, reporter)
    return rated.point(
        {
            "cpu_core_ms_per_call": per(rated.cpu.core, rated.completed, 1000),
            "cpu_media_ms_per_call": per(rated.cpu.media, rated.completed, 1000),
            "decision_p50_ms": rated.decision_p50_ms,
        }
    )


BENCHMARK = under_load(
    name="calls",
    summary="complete calls: INVITE, prompt, digit, queue, headset, talk, BYE",
    load=Load(
        option="--rate",
        meaning="calls a second",
        unit="calls/s",
        usual=120,
        start=100,
        seconds=60,
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
        Column("agent found after p50, at most", ("decision_p50_ms",), "ms"),
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
