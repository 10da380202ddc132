"""`scripts/bench register`: headsets register with digest authentication, at a rate."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmark import Load, under_load
from configuration import Site
from figures import Column, Curve, Point, per
from rated import COLUMNS, LAG_COLUMN, PEAK, Plan, measure_rated
from reporter import Reporter
from sipp import accounts_file, register_scenario
from target import add_target_arguments


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    parser.add_argument(
        "--headsets",
        type=int,
        default=1000,
        help="accounts `load0001`.., with the password `secret-load0001`.., each in turn (1000)",
    )


def _measure(arguments: argparse.Namespace, rate: float, reporter: Reporter) -> Point:
    with tempfile.TemporaryDirectory(prefix="freeline-bench-") as place:
        accounts = Path(place) / "accounts.csv"
        accounts.write_text(accounts_file(arguments.headsets))
        plan = Plan(
            scenario=register_scenario(),
            options=("-inf", str(accounts)),
            site=Site(accounts=arguments.headsets, workers=arguments.workers),
        )
        rated = measure_rated(arguments, rate, plan, reporter)
    return rated.point(
        {"cpu_core_us_per_registration": per(rated.cpu.core, rated.completed, 1_000_000)}
    )


BENCHMARK = under_load(
    name="register",
    summary="registrations with digest: REGISTER, 401, REGISTER, 200",
    load=Load(
        option="--rate",
        meaning="registrations a second",
        unit="registrations/s",
        usual=200,
        start=200,
        seconds=30,
        seconds_meaning="how long registrations are begun",
    ),
    cost="CPU of the core, us per registration",
    columns=(
        *COLUMNS,
        Column(
            "CPU of the core",
            ("cpu_core_us_per_registration",),
            "us per registration",
            "core\nus each",
        ),
        LAG_COLUMN,
        PEAK,
    ),
    curves=(Curve("cpu_core_us_per_registration", "core"),),
    add_arguments=_add_arguments,
    measure=_measure,
)
