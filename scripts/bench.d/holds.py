"""`scripts/bench holds`: how long the worst flows keep the switch from everything else."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import hostile_flows
from benchmark import Benchmark
from configuration import Site
from figures import Column, Curve, Point, Result, RunError
from reporter import Reporter

_NOBODY_PORT = 9
_MOST_MS = 5.0
"""What no flow may hold the loop for."""
_PROBE = Path(__file__).with_name("hold_probe.py")

_COLUMNS = (
    Column("what became of it", ("outcome",), "", "outcome"),
    Column("the loop was held, most", ("held_max_ms",), "ms", "held, most ms"),
    Column("the loop's own thread, most", ("own_max_ms",), "ms", "own, most ms"),
    Column("turns that held it for over 1 ms", ("turns_over_1_ms",), "", "over 1 ms"),
    Column("the longest turn by the clock", ("late_max_ms",), "ms", "by the clock ms"),
)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--agents", type=int, default=500, help="of the switch (500)")
    parser.add_argument("--nodes", type=int, default=1000, help="of the largest flow (1000)")
    parser.add_argument(
        "--presses", type=int, default=20_000, help="of each who presses for ever (20000)"
    )


def _run(arguments: argparse.Namespace, reporter: Reporter) -> Result:
    reporter.title("hostile flows, on a switch that takes calls")
    points = []
    with tempfile.TemporaryDirectory(prefix="freeline-bench-") as place:
        site = Site(headset_port=_NOBODY_PORT, agents=arguments.agents)
        config = site.write(Path(place))
        flows = Path(place) / "flows"
        (flows / "hostile.yaml").write_text(hostile_flows.SMALL)
        order = {
            "config": str(config),
            "flows": str(flows),
            "nodes": arguments.nodes,
            "presses": arguments.presses,
        }
        process = subprocess.Popen(
            [sys.executable, str(_PROBE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.close()
            for number, line in enumerate(process.stdout):
                reporter.progress(min(0.95, number / 15), json.loads(line)["case"])
                points.append(_point(number, json.loads(line)))
            if process.wait(30):
                raise RunError(f"the switch ended with {process.returncode}")
        finally:
            process.kill()
            process.wait()
    worst = max(float(point.figures["held_max_ms"] or 0) for point in points)
    return Result(
        benchmark="holds",
        load="case",
        cost="ms that the loop was held",
        columns=_COLUMNS,
        curves=(
            Curve("held_max_ms", "held, most"),
            Curve("own_max_ms", "the loop's own thread, most"),
            Curve("late_max_ms", "by the clock, most"),
        ),
        points=points,
        summary={"held_max_ms": worst},
    )


def _point(number: int, told: dict[str, float | str]) -> Point:
    held = float(told["held_max_ms"])
    point = Point(load=number, label=str(told.pop("case")), figures=dict(told))
    if held > _MOST_MS:
        point.doubts.append(f"held the loop for {held} ms")
    return point


BENCHMARK = Benchmark(
    name="holds",
    summary="how long hostile flows keep the event loop from everything else",
    add_arguments=_add_arguments,
    run=_run,
)
