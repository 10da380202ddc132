"""The simulator against the formulas: what the router does to exponential calls is Erlang's.

Each set of parameters is simulated once, its seed being its place in the list of all sets.
An interval at 99 % misses the truth once in a hundred times, so of the 144 figures here one
or two may lie outside theirs by chance, and with other sizes of the runs some do. Tested are
both sides of that law: plain intervals miss no more often than chance makes them, and none
misses when all are widened so that the whole family of figures holds with 99 % (Bonferroni).
"""

from __future__ import annotations

from dataclasses import asdict
from math import comb

import pytest

from switch.frozen import frozen
from switch.planning.confidence import CONFIDENCE, Estimate
from switch.planning.erlang import erlang_a, erlang_b, erlang_c
from switch.planning.results import results
from switch.planning.simulation import simulate_run
from tests.planning.houses import AHT, one_group

CALLS = 16_000

C_SETS = (
    *((2, 1.0, 20), (3, 2.0, 30), (5, 3.5, 20), (8, 6.0, 20), (10, 7.0, 10), (12, 10.0, 20)),
    *((14, 10.0, 20), (20, 16.0, 20), (20, 17.0, 60), (30, 25.0, 10), (50, 45.0, 20)),
    (100, 92.0, 5),
)
"""Agents, load, X."""

A_SETS = (
    *((1, 0.8, 60, 20), (2, 3.0, 90, 20), (5, 4.0, 180, 20), (5, 8.0, 60, 30)),
    *((10, 9.0, 120, 20), (10, 12.0, 300, 60), (14, 10.0, 90, 20), (20, 20.0, 180, 10)),
    *((30, 28.0, 60, 5), (50, 48.0, 360, 20), (50, 60.0, 120, 30), (100, 98.0, 240, 20)),
)
"""Agents, load, mean patience, X."""

B_SETS = (
    *((1, 0.5), (1, 2.0), (2, 1.0), (3, 3.0), (5, 2.5), (5, 6.0), (10, 7.0), (10, 12.0)),
    *((20, 16.0), (30, 30.0), (50, 45.0), (100, 95.0)),
)
"""Agents, load."""

KINDS = {"C": C_SETS, "A": A_SETS, "B": B_SETS}

ALL = [(kind, number) for kind, sets in KINDS.items() for number in range(len(sets))]

FIGURES = 4 * len(C_SETS) + 6 * len(A_SETS) + 2 * len(B_SETS)

FAMILY = 1 - (1 - CONFIDENCE) / FIGURES
"""The confidence of each interval with which all of them hold in 99 % of cases."""


@frozen()
class Comparison:
    """One figure of one set."""

    name: str
    formula: float
    plain: Estimate
    wide: Estimate


def compared(kind: str, number: int) -> tuple[Comparison, ...]:
    """Simulate one set."""
    if kind == "C":
        agents, load, within = C_SETS[number]
        model = one_group(agents, load, within=within)
        told = asdict(erlang_c(agents, load, AHT, within))
    elif kind == "A":
        agents, load, patience, within = A_SETS[number]
        model = one_group(agents, load, patience, within)
        told = asdict(erlang_a(agents, load, AHT, patience, within))
    else:
        agents, load = B_SETS[number]
        model = one_group(agents, load, may_wait=False)
        told = asdict(erlang_b(agents, load))
    sheet = simulate_run(model, CALLS, seed=ALL.index((kind, number)))
    plain = results(model, sheet, batches=True).figures()
    wide = results(model, sheet, batches=True, confidence=FAMILY).figures()
    return tuple(
        Comparison(f"{name} of {kind}{KINDS[kind][number]}", told[name], plain[name], wide[name])
        for name in told
    )


def holds(value: float, figure: Estimate) -> bool:
    assert figure.low is not None
    assert figure.high is not None
    return figure.low <= value <= figure.high


def chance_of_as_many(misses: int, figures: int) -> float:
    """Return how likely so many misses or more are, if each comes once in a hundred times."""
    return sum(
        comb(figures, k) * 0.01**k * 0.99 ** (figures - k) for k in range(misses, figures + 1)
    )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_is_what_the_formula_says(kind: str) -> None:
    found = [each for number in range(len(KINDS[kind])) for each in compared(kind, number)]
    assert [each for each in found if not holds(each.formula, each.wide)] == []
    missed = [each for each in found if not holds(each.formula, each.plain)]
    assert chance_of_as_many(len(missed), len(found)) > 0.01, missed


def test_the_comparison_would_see_a_wrong_formula() -> None:
    """One agent more or less is a difference that the intervals tell."""
    agents, load, within = C_SETS[4]
    figures = {each.name.split()[0]: each.plain for each in compared("C", 4)}
    for wrong in (agents - 1, agents + 1):
        told = erlang_c(wrong, load, AHT, within)
        assert not holds(told.p_wait, figures["p_wait"])
        assert not holds(told.service_level, figures["service_level"])
    assert chance_of_as_many(5, 48) < 0.01
