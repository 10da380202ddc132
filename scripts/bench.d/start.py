"""`scripts/bench start`: how long the switch takes from its start to being ready."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmark import Benchmark
from configuration import Site
from figures import Column, Curve, Point, Result
from reporter import Reporter
from switch_under_test import SwitchUnderTest

_NOBODY_PORT = 9
"""Where the agents' devices are said to be; nothing is sent to them."""

_COLUMNS = (
    Column("flows, agents", ("flows", "agents")),
    Column("to ready, best", ("seconds_best",), "s", "best s"),
    Column("to ready, median", ("seconds_median",), "s", "median s"),
    Column("to ready, worst", ("seconds_worst",), "s", "worst s"),
    Column("CPU of the core till then, median", ("cpu_seconds_median",), "s", "CPU s"),
    Column("peak memory", ("peak_rss_mib",), "MiB", "peak MiB"),
)
_CURVES = (Curve("seconds_median", "time"), Curve("cpu_seconds_median", "CPU of the core"))


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--flows", type=int, default=100, help="flows, each with its prompt (100)")
    parser.add_argument("--agents", type=int, default=10_000, help="agents, all ready (10000)")
    parser.add_argument("--times", type=int, default=5, help="how often it is started (5)")


def _run(arguments: argparse.Namespace, reporter: Reporter) -> Result:
    site = Site(headset_port=_NOBODY_PORT, agents=arguments.agents, more_flows=arguments.flows)
    seconds, cpu = [], []
    peak = 0.0
    reporter.title(f"{arguments.flows} flows, {arguments.agents} agents")
    with tempfile.TemporaryDirectory(prefix="freeline-bench-") as place:
        # The first start speaks the prompts, and does not count.
        for number in range(arguments.times + 1):
            reporter.progress(number / (arguments.times + 1), f"start {number}")
            began = time.monotonic()
            switch = SwitchUnderTest(Path(place) / str(number), site)
            took = time.monotonic() - began - switch.written_seconds
            try:
                if number:
                    seconds.append(took)
                    cpu.append(switch.cpu_seconds()[0])
                    peak = max(peak, switch.peak_rss_mib())
            finally:
                switch.stop()
    return _result(arguments, seconds, cpu, peak)


def _result(
    arguments: argparse.Namespace, seconds: Sequence[float], cpu: Sequence[float], peak: float
) -> Result:
    figures = {
        "flows": arguments.flows,
        "agents": arguments.agents,
        "times": arguments.times,
        "seconds_best": round(min(seconds), 2),
        "seconds_median": round(statistics.median(seconds), 2),
        "seconds_worst": round(max(seconds), 2),
        "cpu_seconds_median": round(statistics.median(cpu), 2),
        "peak_rss_mib": round(peak, 1),
    }
    return Result(
        benchmark="start",
        load="agents",
        cost="seconds",
        columns=_COLUMNS,
        curves=_CURVES,
        points=[Point(load=arguments.agents, label="start", figures=figures)],
    )


BENCHMARK = Benchmark(
    name="start",
    summary="from the start of the switch to ready, with many flows and agents",
    add_arguments=_add_arguments,
    run=_run,
)
