"""`scripts/bench media`: the RTP of talking calls, relayed by the switch and by the C floor."""

from __future__ import annotations

import argparse

from benchmark import Load, under_load
from configuration import NUMBER, Site
from far_ends import measure_floor
from figures import Column, Curve, Point, Value, per
from proc import free_port
from rated import PEAK
from reporter import Reporter
from standing import Plan, Stood, add_standing_arguments, measure_standing
from target import add_target_arguments


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    add_standing_arguments(parser)
    parser.add_argument("--number", default=NUMBER, help="what callers dial")
    parser.add_argument("--headset-port", type=int, default=0, help="of the SIPp that answers")
    parser.add_argument(
        "--without-floor",
        action="store_true",
        help="leave out native/relay; --find-max always does",
    )


def _measure(arguments: argparse.Namespace, load: float, reporter: Reporter) -> Point:
    calls = max(1, round(load))
    plan = Plan(
        calls=calls,
        number=arguments.number,
        digit="info",
        rings=True,
        talks=True,
        is_up=lambda counted: counted["relayed"] >= 2 * calls,
        site=Site(
            headset_port=arguments.headset_port or free_port(),
            agents=calls + 20,
            workers=arguments.workers,
        ),
    )
    stood = measure_standing(arguments, plan, reporter)
    point = stood.point(*_figures(stood))
    if not (arguments.without_floor or arguments.find_max):
        reporter.progress(0.5, "native/relay")
        floor = measure_floor(2 * calls, arguments.seconds)
        ours = point.figures["cpu_media_us_per_packet"]
        point.figures |= {
            "c_lost": floor.metered.lost,
            "c_delay_p50_ms": floor.metered.delay_p50_ms,
            "c_delay_p99_ms": floor.metered.delay_p99_ms,
            "cpu_c_us_per_packet": floor.us_per_packet,
            "cpu_ratio": _ratio(ours, floor.us_per_packet),
        }
    return point


def _figures(stood: Stood) -> tuple[dict[str, Value], list[str]]:
    metered = stood.metered
    # Of a server with one process, its CPU is all there is.
    media = stood.cpu.core if stood.cpu.media is None else stood.cpu.media
    figures: dict[str, Value] = {
        "sent": metered.sent,
        "relayed": metered.relayed,
        "lost": metered.lost,
        "delay_p50_ms": metered.delay_p50_ms,
        "delay_p99_ms": metered.delay_p99_ms,
        "delay_max_ms": metered.delay_max_ms,
        "late_ticks": metered.late_ticks,
        "cpu_media_us_per_packet": per(media, metered.relayed, 1e6),
        "cpu_media_ms_per_call_second": per(media, stood.calls * metered.seconds, 1000),
        "cpu_core_ms_per_call_second": per(stood.cpu.core, stood.calls * metered.seconds, 1000),
        "cpu_media_percent": per(media, metered.seconds, 100),
        "cpu_c_us_per_packet": None,
        "cpu_ratio": None,
        "c_delay_p99_ms": None,
    }
    return figures, [f"{metered.lost} packets were lost"] if metered.lost else []


def _ratio(ours: Value, floor: float | None) -> float | None:
    return round(ours / floor, 2) if isinstance(ours, float) and floor else None


BENCHMARK = under_load(
    name="media",
    summary="the RTP of talking calls, relayed between caller and headset, both ways",
    load=Load(
        option="--calls",
        meaning="talking calls",
        unit="calls",
        usual=100,
        start=100,
        seconds=20,
        seconds_meaning="how long RTP is metered",
    ),
    cost="CPU, us per packet",
    columns=(
        Column("target", ("target",)),
        Column("calls, completed", ("calls", "completed")),
        Column("failed", ("failed",), "", "failed"),
        Column("packets sent, relayed", ("sent", "relayed")),
        Column("lost", ("lost",), "", "lost"),
        Column(
            "added delay p50, p99", ("delay_p50_ms", "delay_p99_ms"), "ms", "delay ms\np50, p99"
        ),
        Column("added delay, most", ("delay_max_ms",), "ms"),
        Column(
            "CPU of the media workers",
            ("cpu_media_us_per_packet",),
            "us per packet",
            "media\nus/packet",
        ),
        Column("of one CPU", ("cpu_media_percent",), "%"),
        Column("per call", ("cpu_media_ms_per_call_second",), "ms a second"),
        Column("CPU of the core", ("cpu_core_ms_per_call_second",), "ms a second per call"),
        Column("CPU of native/relay", ("cpu_c_us_per_packet",), "us per packet", "C\nus/packet"),
        Column("its added delay p99", ("c_delay_p99_ms",), "ms"),
        Column("media workers / native/relay", ("cpu_ratio",), "", "media\n/ C"),
        Column("memory of the core", ("core_kib_per_call",), "KiB per call"),
        PEAK,
    ),
    curves=(
        Curve("cpu_media_us_per_packet", "media workers"),
        Curve("cpu_c_us_per_packet", "native/relay: recv and send only"),
    ),
    add_arguments=_add_arguments,
    measure=_measure,
)
