"""`scripts/bench trace`: what it takes to keep the SIP of calls, without a network."""

from __future__ import annotations

import argparse
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmark import Benchmark
from figures import Column, Curve, Point, Result, Value
from reporter import Reporter
from sip_samples import SAMPLES
from switch_under_test import ROOT

_COLUMNS = (
    Column("kept", ("label",), "", "kept"),
    Column("best", ("us_best",), "us", "best us"),
    Column("median", ("us_median",), "us", "median us"),
    Column("worst", ("us_worst",), "us", "worst us"),
)
_CURVES = (Curve("us_best", "best round"), Curve("us_median", "median round"))
_AT_ONCE = 300
"""Messages between two sealings: a fifth of a second at a hundred calls a second."""
_PLACES = ("in memory", "on disk as well", "and sent to Homer")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=60_000, help="in each round")
    parser.add_argument("--rounds", type=int, default=10, help="how often")


def _run(arguments: argparse.Namespace, reporter: Reporter) -> Result:
    points = []
    summary: dict[str, object] = {}
    for number, place in enumerate(_PLACES):
        reporter.title(f"kept {place}")
        times = []
        for done in range(arguments.rounds):
            reporter.progress(done / arguments.rounds, f"round {done + 1}")
            times.append(us_each(arguments.messages, disk=number > 0, hep=number > 1))
        figures: dict[str, Value] = {
            "label": place,
            "messages": arguments.messages,
            "rounds": arguments.rounds,
            "us_best": round(min(times), 3),
            "us_median": round(statistics.median(times), 3),
            "us_worst": round(max(times), 3),
        }
        name = ("memory", "disk", "hep")[number]
        summary |= {f"{name}_us_median": figures["us_median"]}
        points.append(Point(load=number, label=place, figures=figures))
    return Result(
        benchmark="trace",
        load="where",
        cost="CPU, us per message",
        columns=_COLUMNS,
        curves=_CURVES,
        points=points,
        summary=summary,
    )


def us_each(count: int, *, disk: bool, hep: bool) -> float:
    """Return the microseconds of CPU, in all threads, that keeping each message takes."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from switch.sip.peer import Peer
    from switch.trace.hep_link import HepLink, HepSettings
    from switch.trace.spill import Spill, SpillSettings
    from switch.trace.tap import RingSizes, Tap

    local = ("192.0.2.10", 5060)
    peers = [Peer("udp", (f"192.0.2.{number}", 5060), local) for number in range(100)]
    messages = [make(number) for _, make in SAMPLES.values() for number in range(100)]
    tap = Tap(RingSizes(12 << 20, 2 << 20, 2 << 20), lambda _peer: "trunk")
    with (
        tempfile.TemporaryDirectory(prefix="freeline-trace-") as directory,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as collector,
    ):
        collector.bind(("127.0.0.1", 0))
        links: list[Spill | HepLink] = []
        if disk:
            budgets = {"calls": 512 << 20, "upkeep": 1 << 20, "strangers": 32 << 20}
            links.append(Spill(SpillSettings(Path(directory), budgets, 86_400)))  # type: ignore[arg-type]
        if hep:
            links.append(HepLink(HepSettings(collector.getsockname(), 2001)))
        for link in links:
            tap.add_sink(link.take)
            link.start()

        bare = _cpu_of(lambda: _drive(lambda _message: None, lambda: None, messages, peers, count))

        def keep() -> None:
            _drive(tap.inbox.append, tap.seal, messages, peers, count)
            for link in links:
                link.stop()  # what waits is written and sent: that is part of it

        kept = _cpu_of(keep)
    return (kept - bare) * 1e6 / count


def _drive(
    take: Callable[[Any], object],
    seal: Callable[[], None],
    messages: Sequence[bytes],
    peers: Sequence[object],
    count: int,
) -> None:
    """Hand over messages as the driver does."""
    now = time.monotonic
    for number in range(count):
        take((now(), number % 2, messages[number % len(messages)], peers[number % len(peers)]))
        if number % _AT_ONCE == 0:
            seal()
    seal()


def _cpu_of(do: Callable[[], None]) -> float:
    began = time.process_time()
    do()
    return time.process_time() - began


BENCHMARK = Benchmark(
    name="trace",
    summary="keeping the SIP of calls, in memory, on disk and at Homer, without a network",
    add_arguments=_add_arguments,
    run=_run,
)
