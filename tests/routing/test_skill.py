"""Skills and requirements."""

from __future__ import annotations

import pytest

from switch.errors import RoutingError
from switch.routing.agent import AgentProfile
from switch.routing.queue import QueueProfile
from switch.routing.skill import Requirement


@pytest.mark.parametrize(
    ("minimums", "skills", "met"),
    [
        ({}, {}, True),
        ({}, {"orders": 1}, True),
        ({"orders": 5}, {"orders": 5}, True),
        ({"orders": 5}, {"orders": 4}, False),
        ({"orders": 1}, {}, False),
        ({"orders": 1, "english": 3}, {"orders": 9, "english": 3, "french": 1}, True),
        ({"orders": 1, "english": 3}, {"orders": 9, "english": 2}, False),
    ],
)
def test_a_requirement_is_met_by_every_skill_at_its_level_or_above(
    minimums: dict[str, int], skills: dict[str, int], met: bool
) -> None:
    assert Requirement.of(minimums).is_met_by(skills) is met


def test_of_two_demands_the_higher_level_counts() -> None:
    merged = Requirement.of({"orders": 3, "english": 7}, {"orders": 5, "french": 1})
    assert merged.minimums == (("english", 7), ("french", 1), ("orders", 5))


def test_equal_requirements_are_one_key() -> None:
    assert Requirement.of({"a": 1, "b": 2}) == Requirement.of({"b": 2}, {"a": 1})
    assert len({Requirement.of({"a": 1}), Requirement.of({"a": 1})}) == 1


def test_a_requirement_reads_like_a_sentence() -> None:
    assert str(Requirement.of({"orders": 5, "english": 3})) == "english>=3, orders>=5"
    assert str(Requirement()) == "any skills"


@pytest.mark.parametrize("level", [0, 11, -1])
def test_levels_are_1_to_10(level: int) -> None:
    with pytest.raises(RoutingError, match="not between 1 and 10"):
        AgentProfile("asha", "Asha", {"orders": level})
    with pytest.raises(RoutingError, match="not between 1 and 10"):
        QueueProfile("orders", {"orders": level})
