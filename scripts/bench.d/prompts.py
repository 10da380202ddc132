"""`scripts/bench prompts`: callers who hear a sound that goes on, packet after packet."""

from __future__ import annotations

import argparse

from benchmark import Load, under_load
from configuration import PROMPT_NUMBER, Site
from figures import Column, Curve, Point, Value, per
from rated import PEAK
from reporter import Reporter
from standing import Plan, Stood, add_standing_arguments, measure_standing
from target import add_target_arguments

_PACKETS_PER_SECOND = 50
_TAIL_SECONDS = 0.5
"""What rtp_load still meters after the window."""
_LEAST_SHARE = 0.99


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    add_standing_arguments(parser)
    parser.add_argument("--number", default=PROMPT_NUMBER, help="what callers dial")


def _measure(arguments: argparse.Namespace, load: float, reporter: Reporter) -> Point:
    calls = max(1, round(load))
    plan = Plan(
        calls=calls,
        number=arguments.number,
        is_up=lambda counted: counted["heard"] >= calls,
        site=Site(
            workers=arguments.workers,
            sound_seconds=arguments.seconds + 2 * calls / arguments.set_up_rate + 60,
        ),
    )
    stood = measure_standing(arguments, plan, reporter)
    return stood.point(*_figures(stood))


def _figures(stood: Stood) -> tuple[dict[str, Value], list[str]]:
    metered = stood.metered
    seconds = metered.seconds + _TAIL_SECONDS
    expected = round(stood.calls * seconds * _PACKETS_PER_SECOND)
    media = stood.cpu.core if stood.cpu.media is None else stood.cpu.media
    figures: dict[str, Value] = {
        "expected": expected,
        "received": metered.received,
        "packets_per_second": per(metered.received, stood.calls * seconds),
        "gaps": metered.gaps,
        "pace_p50_ms": metered.pace_p50_ms,
        "pace_p99_ms": metered.pace_p99_ms,
        "late_ticks": metered.late_ticks,
        "cpu_media_us_per_packet": per(media, metered.received, 1e6),
        "cpu_media_ms_per_call_second": per(media, stood.calls * seconds, 1000),
        "cpu_core_ms_per_call_second": per(stood.cpu.core, stood.calls * seconds, 1000),
        "cpu_media_percent": per(media, seconds, 100),
    }
    trouble = []
    if metered.gaps:
        trouble.append(f"{metered.gaps} gaps in sequence numbers")
    if metered.received < expected * _LEAST_SHARE:
        trouble.append(f"{expected - metered.received} packets too few")
    return figures, trouble


BENCHMARK = under_load(
    name="prompts",
    summary="callers who hear a prompt that goes on",
    load=Load(
        option="--calls",
        meaning="callers who listen",
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
        Column("packets expected, received", ("expected", "received")),
        Column("a second in each stream", ("packets_per_second",), "", "packets/s\neach"),
        Column("gaps in sequence numbers", ("gaps",), "", "gaps"),
        Column(
            "off the 20 ms pace p50, p99", ("pace_p50_ms", "pace_p99_ms"), "ms", "pace ms\np50, p99"
        ),
        Column(
            "CPU of the media workers",
            ("cpu_media_us_per_packet",),
            "us per packet",
            "media\nus/packet",
        ),
        Column("of one CPU", ("cpu_media_percent",), "%", "% of\none CPU"),
        Column("per call", ("cpu_media_ms_per_call_second",), "ms a second"),
        Column("CPU of the core", ("cpu_core_ms_per_call_second",), "ms a second per call"),
        Column("memory of the core", ("core_kib_per_call",), "KiB per call"),
        PEAK,
    ),
    curves=(Curve("cpu_media_us_per_packet", "media workers"),),
    add_arguments=_add_arguments,
    measure=_measure,
)
