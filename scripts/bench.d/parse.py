"""`scripts/bench parse`: what it takes to read a SIP message, without a network."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence

from benchmark import Benchmark
from figures import Column, Curve, Point, Result
from reporter import Reporter
from sip_samples import SAMPLES
from switch_under_test import ROOT

_COLUMNS = (
    Column("size", ("bytes",), "bytes", "bytes"),
    Column("best", ("us_best",), "us", "best us"),
    Column("median", ("us_median",), "us", "median us"),
    Column("worst", ("us_worst",), "us", "worst us"),
)
_CURVES = (Curve("us_best", "best round"), Curve("us_median", "median round"))


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=5000, help="different ones of each kind")
    parser.add_argument("--rounds", type=int, default=15, help="how often all of them are read")


def _run(arguments: argparse.Namespace, reporter: Reporter) -> Result:
    read = reader()
    points = []
    summary: dict[str, object] = {}
    for kind, (name, make) in SAMPLES.items():
        reporter.title(name)
        messages = [make(number) for number in range(arguments.messages)]
        times = []
        for done in range(arguments.rounds):
            reporter.progress(done / arguments.rounds, f"round {done + 1}")
            times.append(us_each(read, messages))
        best, median = round(min(times), 2), round(statistics.median(times), 2)
        size = round(sum(map(len, messages)) / len(messages))
        summary |= {f"{kind}_us_best": best, f"{kind}_us_median": median}
        points.append(
            Point(
                load=size,
                label=name,
                figures={
                    "bytes": size,
                    "messages": arguments.messages,
                    "rounds": arguments.rounds,
                    "us_best": best,
                    "us_median": median,
                    "us_worst": round(max(times), 2),
                },
            )
        )
    return Result(
        benchmark="parse",
        load="bytes",
        cost="CPU, us per message",
        columns=_COLUMNS,
        curves=_CURVES,
        points=points,
        summary=summary,
    )


def us_each(read: Callable[[bytes], object], messages: Sequence[bytes]) -> float:
    """Return the microseconds of this process's CPU that each message took."""
    began = time.process_time()
    for message in messages:
        read(message)
    return (time.process_time() - began) * 1e6 / len(messages)


def reader() -> Callable[[bytes], object]:
    """Return what reads a message as the core does: the checks, the keys, what is looked up."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from switch.sip.incoming import IncomingRequest, parse_message
    from switch.sip.peer import Peer
    from switch.sip.transaction_key import client_key, server_key
    from switch.sip.validation import check_request, check_response

    peer = Peer("udp", ("192.0.2.10", 5060), ("192.0.2.7", 5060))

    def read(data: bytes) -> object:
        message = parse_message(data, peer)
        if isinstance(message, IncomingRequest):
            check_request(message)
            key: object = server_key(message)
            _ = message.parsed_uri.user, message.require
        else:
            check_response(message)
            key = client_key(message)
        _ = message.from_tag, message.to_tag, message.contacts, message.record_routes
        _ = message.supported, message.content_type
        return key

    return read


BENCHMARK = Benchmark(
    name="parse",
    summary="reading an INVITE, its 200 and a REGISTER, without a network",
    add_arguments=_add_arguments,
    run=_run,
)
