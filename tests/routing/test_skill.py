"""Skills and requirements: boolean expressions over levels."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.errors import RoutingError
from switch.routing.agent import AgentProfile
from switch.routing.need import Need
from switch.routing.skill import ANYBODY, Requirement, all_of, requirement


@pytest.mark.parametrize(
    ("data", "skills", "met"),
    [
        ({}, {}, True),
        ({}, {"orders": 1}, True),
        ({"orders": 5}, {"orders": 5}, True),
        ({"orders": 5}, {"orders": 4}, False),
        ({"orders": 1}, {}, False),
        ({"orders": 1, "english": 3}, {"orders": 9, "english": 3, "french": 1}, True),
        ({"orders": 1, "english": 3}, {"orders": 9, "english": 2}, False),
        ({"any": [{"french": 5}, {"english": 8}]}, {"english": 8}, True),
        ({"any": [{"french": 5}, {"english": 8}]}, {"english": 7, "french": 4}, False),
        ({"orders": 2, "not": {"trainee": 1}}, {"orders": 2}, True),
        ({"orders": 2, "not": {"trainee": 1}}, {"orders": 9, "trainee": 1}, False),
        ({"not": [{"a": 1}, {"b": 1}]}, {"b": 1}, False),
        ({"all": [{"a": 1}, {"any": [{"b": 1}, {"c": 1}]}]}, {"a": 1, "c": 2}, True),
        ({"all": [{"a": 1}, {"any": [{"b": 1}, {"c": 1}]}]}, {"a": 1}, False),
    ],
)
def test_a_requirement_is_met_by_what_it_says(
    data: dict[str, Any], skills: dict[str, int], met: bool
) -> None:
    assert requirement(data).is_met_by(skills) is met
    assert (not requirement(data).lacks(skills)) is met


def test_of_two_demands_the_higher_level_counts() -> None:
    merged = all_of(
        requirement({"orders": 3, "english": 7}), requirement({"orders": 5, "french": 1})
    )
    assert merged == requirement({"english": 7, "french": 1, "orders": 5})


def test_equal_requirements_are_one_key() -> None:
    assert requirement({"a": 1, "b": 2}) == all_of(requirement({"b": 2}), requirement({"a": 1}))
    assert len({requirement({"a": 1}), requirement({"all": [{"a": 1}]})}) == 1
    either = requirement({"any": [{"a": 1}, {"b": 1}]})
    assert either == requirement({"any": [{"b": 1}, {"a": 1}, {"a": 1}]})
    assert requirement({"any": [{}, {"a": 1}]}) == ANYBODY


def test_a_requirement_reads_like_a_sentence() -> None:
    assert str(requirement({"orders": 5, "english": 3})) == "english>=3, orders>=5"
    assert str(ANYBODY) == "any skills"
    data = {"a": 1, "any": [{"b": 2}, {"c": 3, "d": 4}], "not": {"e": 5}}
    assert str(requirement(data)) == "a>=1, b>=2 or (c>=3, d>=4), not e>=5"


def test_what_somebody_lacks_is_told_with_the_level_there_is() -> None:
    lacking = requirement({"orders": 5, "english": 3, "not": {"trainee": 1}})
    assert lacking.lacks({"orders": 4, "trainee": 2}) == [
        "english>=3",
        "orders>=5 (has 4)",
        "not trainee>=1",
    ]


@pytest.mark.parametrize("level", [0, 11, -1, "5", True, 2.5, None])
def test_levels_are_1_to_10(level: Any) -> None:
    with pytest.raises(RoutingError, match=r"not between 1 and 10|not a number"):
        AgentProfile("asha", "Asha", {"orders": level})
    with pytest.raises(RoutingError, match=r"queue 'x': .*(not between 1 and 10|not a number)"):
        Need.of({"orders": level}, whose="queue 'x'")


@pytest.mark.parametrize(
    "data", [{"any": []}, {"all": ["orders"]}, {"not": 5}, {"any": [{"all": [{"a": 11}]}]}]
)
def test_what_is_not_a_requirement_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(RoutingError):
        requirement(data)


def test_a_requirement_is_not_nested_without_end() -> None:
    data: dict[str, Any] = {"a": 1}
    for _ in range(50):
        data = {"not": data}
    with pytest.raises(RoutingError, match="nested deeper"):
        requirement(data)


names = st.sampled_from(["a", "b", "c"])
levels = st.dictionaries(names, st.integers(1, 10), max_size=3)
requirements: st.SearchStrategy[Requirement] = st.recursive(
    levels,
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "all": st.lists(inner, min_size=1, max_size=2),
            "any": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
            "a": st.integers(1, 10),
        },
    ),
    max_leaves=6,
).map(requirement)


@given(requirements, levels, levels, st.frozensets(names))
def test_relaxing_lets_nobody_out_who_was_in(
    required: Requirement, skills: dict[str, int], lower: dict[str, int], drop: frozenset[str]
) -> None:
    if required.is_met_by(skills):
        assert required.lowered(lower).is_met_by(skills)
        assert required.without(drop).is_met_by(skills)
    assert required.is_met_by(skills) is not required.lacks(skills).__len__().__bool__()


@given(requirements, requirements, levels)
def test_both_are_met_by_whoever_meets_each(
    one: Requirement, other: Requirement, skills: dict[str, int]
) -> None:
    both = all_of(one, other)
    assert both.is_met_by(skills) is (one.is_met_by(skills) and other.is_met_by(skills))
    assert both == all_of(other, one)
