"""`scripts/bench router`: how fast callers and agents find each other, without a network."""

from __future__ import annotations

import argparse
import gc
import statistics
import time
import tracemalloc
from collections.abc import Sequence

from benchmark import Benchmark
from centre import Centre
from figures import Column, Curve, Point, Result, Value
from reporter import Reporter

_COLUMNS = (
    Column("agents", ("agents",)),
    Column("waiting", ("waiting",), "", "waiting"),
    Column("events", ("events",)),
    Column("events a second of CPU", ("events_per_second",), "", "events/s"),
    Column("decision, median", ("p50_us",), "us", "p50 us"),
    Column("decision, p99", ("p99_us",), "us", "p99 us"),
    Column("longest", ("max_us",), "us", "max us"),
)
_CURVES = (Curve("p50_us", "p50"), Curve("p99_us", "p99"))

# As the switch has it while callers are on the line (switch/app/memory.py).
_THRESHOLDS = (3_000_000, 1_000_000_000, 1_000_000_000)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--agents", type=_counts, default=[100, 1000, 10_000], metavar="N,N,..", help="agents"
    )
    parser.add_argument(
        "--waiting",
        type=_counts,
        default=[0, 100, 1000, 10_000],
        metavar="N,N,..",
        help="callers who wait",
    )
    parser.add_argument("--events", type=int, default=20_000, help="in each case (20000)")


def _run(arguments: argparse.Namespace, reporter: Reporter) -> Result:
    points = []
    cases = [(agents, waiting) for agents in arguments.agents for waiting in arguments.waiting]
    thresholds = gc.get_threshold()
    for done, (agents, waiting) in enumerate(cases):
        reporter.title(f"{agents} agents, {waiting} waiting")
        reporter.progress(done / len(cases), "")
        points.append(_measured(agents, waiting, arguments.events))
        gc.set_threshold(*thresholds)
        gc.unfreeze()
    reporter.title("all log in")
    summary: dict[str, object] = {
        "results": [point.figures for point in points],
        **_log_in(max(arguments.agents), max(arguments.waiting)),
        **_memory(min(1000, max(arguments.agents))),
    }
    return Result(
        benchmark="router",
        load="agents",
        cost="CPU, us per event",
        columns=_COLUMNS,
        curves=_CURVES,
        points=points,
        summary=summary,
    )


def _measured(agents: int, waiting: int, events: int) -> Point:
    centre = Centre(agents, waiting)
    centre.log_in()
    centre.fill()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    centre.run(events)
    times = sorted(centre.times)
    figures: dict[str, Value] = {
        "agents": agents,
        "waiting": waiting,
        "events": len(times),
        "events_per_second": round(len(times) / sum(times)),
        "p50_us": _us(times, 0.5),
        "mean_us": round(statistics.fmean(times) * 1e6, 1),
        "p99_us": _us(times, 0.99),
        "max_us": round(times[-1] * 1e6, 1),
    }
    return Point(load=agents, figures=figures)


def _us(times: Sequence[float], share: float) -> float:
    return round(times[min(len(times) - 1, int(share * len(times)))] * 1e6, 1)


def _log_in(agents: int, waiting: int) -> dict[str, object]:
    """Let all agents log in while callers wait already."""
    centre = Centre(agents, waiting)
    centre.come(waiting)
    gc.collect()
    cpu, wall = time.thread_time(), time.perf_counter()
    centre.log_in()
    return {
        "log_in_agents": agents,
        "log_in_waiting": waiting,
        "log_in_cpu_seconds": round(time.thread_time() - cpu, 3),
        "log_in_seconds": round(time.perf_counter() - wall, 3),
    }


def _memory(count: int) -> dict[str, object]:
    """Return the bytes of an agent who is ready, and of a caller who waits."""
    tracemalloc.start()
    try:
        empty = Centre(0, count)
        before = tracemalloc.get_traced_memory()[0]
        centre = Centre(count, count)
        centre.log_in()
        logged_in = tracemalloc.get_traced_memory()[0]
        empty.come(count)
        waiting = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    # A second centre has its own queues: small beside a thousand agents.
    return {
        "bytes_per_agent": round((logged_in - before) / count),
        "bytes_per_caller": round((waiting - logged_in) / count),
    }


def _counts(text: str) -> list[int]:
    try:
        counts = [int(part) for part in text.split(",")]
    except ValueError:
        counts = []
    if not counts or min(counts) < 0:
        raise argparse.ArgumentTypeError(f"`{text}` is no list of numbers such as 100,1000")
    return counts


BENCHMARK = Benchmark(
    name="router",
    summary="decisions of the router with many agents and callers, without a network",
    add_arguments=_add_arguments,
    run=_run,
)
