"""What a benchmark is, and how those with a load are run: once, at several loads, or searching."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from figures import Column, Curve, Point, Result, RunError, told
from reporter import Reporter
from search import find_max


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One of the commands of `scripts/bench`."""

    name: str
    summary: str
    """What it does, for --help."""
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Reporter], Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How the load of a benchmark is called, and how much of it is usual."""

    option: str
    """`--rate` or `--calls`."""
    meaning: str
    unit: str
    usual: float
    start: float
    """Where the search for the highest begins."""
    seconds: float
    """How long one run is, unless asked otherwise."""
    seconds_meaning: str
    step_seconds: float = 15
    """How long each of several loads is kept up, unless asked otherwise."""


Measure = Callable[[argparse.Namespace, float, Reporter], Point]


def under_load(
    *,
    name: str,
    summary: str,
    load: Load,
    cost: str,
    columns: Sequence[Column],
    curves: Sequence[Curve],
    add_arguments: Callable[[argparse.ArgumentParser], None],
    measure: Measure,
) -> Benchmark:
    """Return the benchmark whose figures at one load `measure` takes."""

    def add_all_arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            load.option,
            dest="load",
            type=float,
            default=load.usual,
            metavar="N",
            help=f"{load.meaning} ({load.usual:g})",
        )
        parser.add_argument(
            "--seconds",
            type=float,
            help=f"{load.seconds_meaning} "
            f"({load.seconds:g}; {load.step_seconds:g} with --loads and --find-max)",
        )
        several = parser.add_mutually_exclusive_group()
        several.add_argument(
            "--loads", type=_numbers, metavar="N,N,..", help="measure at each of these loads"
        )
        several.add_argument(
            "--find-max",
            action="store_true",
            help="look for the highest load that is clean, to within 5 %%",
        )
        parser.add_argument(
            "--start",
            type=float,
            default=load.start,
            metavar="N",
            help=f"where --find-max begins ({load.start:g})",
        )
        add_arguments(parser)

    def run(arguments: argparse.Namespace, reporter: Reporter) -> Result:
        is_one = not arguments.find_max and arguments.loads is None
        if arguments.seconds is None:
            arguments.seconds = load.seconds if is_one else load.step_seconds

        def step(amount: float) -> Point:
            reporter.title(f"{told(amount)} {load.unit}")
            point = _measured(measure, arguments, amount, reporter)
            if not is_one:
                outcome = point.why or "clean"
                reporter.note(f"{told(amount)} {load.unit}: {outcome}")
            return point

        if arguments.find_max:
            points = find_max(step, arguments.start)
        else:
            points = [step(amount) for amount in arguments.loads or [arguments.load]]
        result = Result(
            benchmark=name,
            load=load.unit,
            cost=cost,
            columns=columns,
            curves=curves,
            points=points,
            searched=arguments.find_max,
        )
        if arguments.find_max:
            clean = [point.load for point in points if point.clean]
            result.summary["highest_clean"] = max(clean) if clean else None
        return result

    return Benchmark(name=name, summary=summary, add_arguments=add_all_arguments, run=run)


def _measured(
    measure: Measure, arguments: argparse.Namespace, amount: float, reporter: Reporter
) -> Point:
    """Measure; a load under which the switch or SIPp breaks down is one that is not clean."""
    try:
        return measure(arguments, amount, reporter)
    except (RunError, OSError) as error:
        if not arguments.find_max:
            raise
        return Point(load=amount, trouble=[str(error).splitlines()[0]])


def _numbers(text: str) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if not numbers or min(numbers) <= 0:
        raise argparse.ArgumentTypeError(f"`{text}` is no list of numbers such as 10,20,40")
    return numbers
