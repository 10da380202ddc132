"""`scripts/bench connect`: from the caller's key to the INVITE of a free agent, on the wire.

Of that, what follows after the caller has reached the `queue` node: the time at which the
switch entered it, as its record of the call tells, to the INVITE on the wire.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from benchmark import Load, under_load
from configuration import NUMBER, Site
from figures import Column, Curve, Point, quantile
from proc import free_port
from rated import COLUMNS, LAG_COLUMN, PEAK, REFUSED, Plan, measure_rated
from reporter import Reporter
from sipp import caller_scenario, headset_scenario, refusable
from target import add_target_arguments
from wire_tap import WireTap


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    parser.add_argument("--number", default=NUMBER, help="what callers dial")
    parser.add_argument("--talk", type=float, default=1.2, help="seconds from the key to BYE")
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--headset-port", type=int, default=0, help="of the SIPp that answers")


def _queued_at(records: Path) -> dict[bytes, float]:
    """Return caller -> when the switch entered the `queue` node, as the kernel counts time."""
    with closing(sqlite3.connect(f"file:{records}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT caller, path FROM calls").fetchall()
    return {
        caller.encode(): datetime.fromisoformat(step["at"]).replace(tzinfo=UTC).timestamp()
        for caller, path in rows
        for step in json.loads(path)
        if step["node_type"] == "queue"
    }


def _measure(arguments: argparse.Namespace, rate: float, reporter: Reporter) -> Point:
    port = arguments.headset_port or free_port()
    queued: dict[bytes, float] = {}
    plan = Plan(
        scenario=refusable(caller_scenario("info", arguments.talk)),
        headset=headset_scenario(),
        call_seconds=arguments.talk,
        options=("-s", arguments.number),
        site=Site(headset_port=port, agents=arguments.agents, workers=arguments.workers),
        read_records=lambda records: queued.update(_queued_at(records)),
    )
    tap = WireTap(port)
    tap.start()
    try:
        rated = measure_rated(arguments, rate, plan, reporter)
    finally:
        tap.stop()
    delays = tap.delays_ms()
    of_queue = sorted(
        (rung - queued[caller]) * 1000 for caller, rung in tap.rung.items() if caller in queued
    )
    point = rated.point(
        {
            "measured": len(delays),
            "p50_ms": quantile(delays, 0.5),
            "p90_ms": quantile(delays, 0.9),
            "p99_ms": quantile(delays, 0.99),
            "max_ms": quantile(delays, 1.0),
            "queue_p50_ms": quantile(of_queue, 0.5),
            "queue_p90_ms": quantile(of_queue, 0.9),
            "queue_p99_ms": quantile(of_queue, 0.99),
            "queue_max_ms": quantile(of_queue, 1.0),
        }
    )
    if len(delays) < rated.completed:
        point.doubts.append(f"{rated.completed - len(delays)} calls were not seen on the wire")
    return point


BENCHMARK = under_load(
    name="connect",
    summary="an agent is free, a caller presses the key: how soon is the headset rung",
    load=Load(
        option="--rate",
        meaning="calls a second",
        unit="calls/s",
        usual=1,
        start=50,
        # A rare event: 60 of them, for a median that says something.
        seconds=60,
        step_seconds=60,
        seconds_meaning="how long calls are begun",
    ),
    cost="key to INVITE, ms",
    columns=(
        *COLUMNS,
        REFUSED,
        Column("measured", ("measured",)),
        Column(
            "key to INVITE p50, p90, p99, most",
            ("p50_ms", "p90_ms", "p99_ms", "max_ms"),
            "ms",
            "key to INVITE\np50, p90, p99, most",
        ),
        Column(
            "queue to INVITE p50, p90, p99, most",
            ("queue_p50_ms", "queue_p90_ms", "queue_p99_ms", "queue_max_ms"),
            "ms",
            "queue to INVITE\np50, p90, p99, most",
        ),
        LAG_COLUMN,
        PEAK,
    ),
    curves=(Curve("p50_ms", "p50"), Curve("p99_ms", "p99")),
    add_arguments=_add_arguments,
    measure=_measure,
)
