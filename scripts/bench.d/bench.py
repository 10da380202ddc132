"""The benchmarks behind scripts/bench: one shape of output for all."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

import answer
import calls
import chaos
import connect
import flow
import holds
import media
import overload
import parse
import prompts
import register
import router
import soak
import start
import trace_kept
from figures import BenchError, RunError
from plot import plot, require_matplotlib
from proc import raise_file_limit
from reporter import Reporter
from rich.console import Console
from rich.text import Text

BENCHMARKS = (
    calls.BENCHMARK,
    answer.BENCHMARK,
    overload.BENCHMARK,
    connect.BENCHMARK,
    register.BENCHMARK,
    media.BENCHMARK,
    prompts.BENCHMARK,
    parse.BENCHMARK,
    router.BENCHMARK,
    flow.BENCHMARK,
    holds.BENCHMARK,
    trace_kept.BENCHMARK,
    start.BENCHMARK,
    soak.BENCHMARK,
    chaos.BENCHMARK,
)


def main() -> int:
    """Run what was asked for; 0 when nothing failed, 1 when something did."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Benchmarks of a SIP server and its media, on this machine.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for each in BENCHMARKS:
        command = commands.add_parser(each.name, help=each.summary, description=each.summary)
        each.add_arguments(command)
        command.add_argument("--json", type=_new_file, metavar="FILE", help="write all figures")
        command.add_argument("--plot", type=_new_file, metavar="FILE.png", help="draw them")
    arguments = parser.parse_args()
    benchmark = next(each for each in BENCHMARKS if each.name == arguments.command)

    # The processes that were started are ended however this one ends.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    raise_file_limit()
    try:
        if arguments.plot is not None:
            require_matplotlib()
        with Reporter(benchmark.name) as reporter:
            result = benchmark.run(arguments, reporter)
        if arguments.json is not None:
            result.write_json(arguments.json)
        if arguments.plot is not None:
            plot(result, arguments.plot)
    except (BenchError, RunError) as error:
        Console(stderr=True, soft_wrap=True).print(Text(str(error), style="red"))
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    result.show(Console())
    return 0 if result.succeeded else 1


def _new_file(text: str) -> Path:
    file = Path(text)
    if not file.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no directory {file.parent}")
    return file


if __name__ == "__main__":
    sys.exit(main())
