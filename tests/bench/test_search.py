"""The search for the highest load that is clean."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from figures import Point
from search import PRECISION, find_max


def up_to(limit: float) -> Callable[[float], Point]:
    """Measure something that is clean up to a limit."""
    return lambda load: Point(load=load, trouble=[] if load <= limit else ["too much"])


def loads(steps: list[Point]) -> list[float]:
    return [step.load for step in steps]


def highest(steps: list[Point]) -> float:
    return max(step.load for step in steps if step.clean)


def test_doubles_until_it_is_not_clean_then_halves_the_gap() -> None:
    steps = find_max(up_to(330), 100)
    assert loads(steps) == [100, 200, 400, 400, 300, 350, 350, 325, 338, 338]
    assert highest(steps) == 325


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 19, 100, 101, 237, 1999, 12_345])
@pytest.mark.parametrize("start", [1, 10, 100, 5000])
def test_comes_within_the_precision(limit: int, start: int) -> None:
    found = highest(find_max(up_to(limit), start))
    assert found <= limit
    assert limit - found <= max(found * PRECISION, 1)


def test_a_start_that_is_not_clean_is_halved() -> None:
    steps = find_max(up_to(30), 100)
    assert loads(steps) == [100, 100, 50, 50, 25, 38, 38, 32, 32, 28, 30, 31, 31]


def test_what_is_not_clean_once_is_tried_once_more() -> None:
    seen: list[float] = []

    def disturbed(load: float) -> Point:
        seen.append(load)
        is_disturbed = load == 20 and seen.count(20) == 1
        return Point(load=load, trouble=["noise"] if load > 40 or is_disturbed else [])

    steps = find_max(disturbed, 10)
    assert loads(steps)[:4] == [10, 20, 20, 40]
    assert [step.clean for step in steps][:4] == [True, False, True, True]
    assert highest(steps) == 40


def test_doubts_count_as_well() -> None:
    steps = find_max(lambda load: Point(load=load, doubts=["sent twice"] if load > 10 else []), 10)
    assert highest(steps) == 10


def test_nothing_is_clean() -> None:
    steps = find_max(up_to(0), 8)
    assert loads(steps) == [8, 8, 4, 4, 2, 2, 1, 1]
    assert not any(step.clean for step in steps)


def test_ends_even_if_everything_is_clean() -> None:
    assert len(find_max(up_to(float("inf")), 1)) <= 20


def test_loads_are_whole_numbers() -> None:
    assert all(load == int(load) for load in loads(find_max(up_to(77.7), 10.4)))
