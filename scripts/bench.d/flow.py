"""`scripts/bench flow`: what it takes to step a flow, without media or a network."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark import Benchmark
from figures import Column, Curve, Point, Result
from reporter import Reporter
from switch_under_test import ROOT

if TYPE_CHECKING:
    from switch.ivr.models import Flow

_COLUMNS = (
    Column("steps", ("steps",), "", "node steps"),
    Column("best", ("steps_per_second_best",), "/s", "best steps/s"),
    Column("median", ("steps_per_second",), "/s", "median steps/s"),
    Column("worst", ("steps_per_second_worst",), "/s", "worst steps/s"),
)
_CURVES = (
    Curve("steps_per_second_best", "best round"),
    Curve("steps_per_second", "median round"),
)

FLOW = """
languages: [en, hi]
nodes:
  begin: {type: set, values: {tries: 0, local: "{{ call.from.startswith('+1') }}"}, next: greet}
  greet: {type: say, text: "Good day.", next: choose}
  choose:
    type: menu
    prompts: {en: "For orders, press 1.", hi: "ऑर्डर के लिए 1 दबाएँ।"}
    options: {"1": ask, "2": end}
    exits: {no_input: end, no_match: end}
  ask:
    type: collect
    prompts: Please key in your order number.
    into: order
    max_digits: 6
    check: {pattern: "4XXXXX"}
    next: rounds
    exits: {no_input: end, no_match: end}
  rounds: {type: repeat, times: 3, next: count, exits: {done: find}}
  count: {type: set, values: {tries: "{{ vars.tries + 1 }}"}, next: judge}
  judge:
    type: branch
    cases: [{when: "vars.tries > 5", next: end}, {when: "vars.order == '1'", next: end}]
    otherwise: rounds
  find: {type: lookup, table: orders, key: "{{ vars.order }}", into: {status: status},
    next: ask_service, exits: {not_found: end}}
  ask_service:
    type: http
    url: "https://orders.example/v1/{{ vars.order }}"
    into: {days: result.json.days}
    next: tell
    exits: {failed: end}
  tell:
    type: play
    prompts: "Order {{ vars.order | spoken_digits }} is {{ vars.status }}: {{ vars.days }} days."
    next: note
  note: {type: tag, tags: {order: "{{ vars.order }}", local: "{{ vars.local }}"}, next: publish}
  publish: {type: event, name: told, payload: {order: "{{ vars.order }}"}, next: wait}
  wait: {type: queue, queue: orders, next: end, exits: {timeout: end, no_agents: end}}
  end: {type: hangup}
"""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--calls", type=int, default=300, help="calls in each round (300)")
    parser.add_argument("--rounds", type=int, default=15, help="how often they are made (15)")


def _run(arguments: argparse.Namespace, reporter: Reporter) -> Result:
    flow = load(FLOW)
    reporter.title("a call through 18 kinds of steps")
    rates = []
    steps = 0
    for done in range(arguments.rounds):
        reporter.progress(done / arguments.rounds, f"round {done + 1}")
        steps, seconds = asyncio.run(_round(flow, arguments.calls))
        rates.append(steps / seconds)
    middle = round(statistics.median(rates))
    return Result(
        benchmark="flow",
        load="node steps",
        cost="node steps per second",
        columns=_COLUMNS,
        curves=_CURVES,
        points=[
            Point(
                load=steps,
                label="mixed flow",
                figures={
                    "steps": steps,
                    "rounds": arguments.rounds,
                    "steps_per_second": middle,
                    "steps_per_second_best": round(max(rates)),
                    "steps_per_second_worst": round(min(rates)),
                },
            )
        ],
        summary={"steps_per_second": middle},
    )


async def _round(flow: Flow, calls: int) -> tuple[int, float]:
    """Return the nodes entered, and the seconds of this process's CPU that they took."""
    from switch.errors import CallOver
    from switch.ivr.interpreter import run_flow

    steps = 0
    began = time.process_time()
    for _ in range(calls):
        call = _caller()
        try:
            await run_flow(flow, call)
        except CallOver:
            steps += len(call.path)
    return steps, time.process_time() - began


def load(text: str) -> Flow:
    """Return a flow from its text."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from switch.ivr.loader import load_flow

    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "flow.yaml"
        file.write_text(text)
        return load_flow(file)


def _caller() -> Any:
    """Return one who presses 1, then 412345, and is answered at once whatever is asked."""
    from switch.ivr.call import HttpResult
    from tests.support.fake_call import FakeCall, Keys

    return FakeCall(
        *(Keys("1"), Keys("412345")),
        answers=[HttpResult(200, {"days": 3})],
        tables={"orders": {"412345": {"status": "packed"}}},
    )


BENCHMARK = Benchmark(
    name="flow",
    summary="stepping a flow of all kinds of nodes, without media or a network",
    add_arguments=_add_arguments,
    run=_run,
)
