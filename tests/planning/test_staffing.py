"""The least number of agents by formula."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.errors import PlanningError
from switch.planning.erlang import erlang_a, erlang_b, erlang_c
from switch.planning.staffing import Target, least_agents_a, least_agents_b, least_agents_c

targets = st.builds(Target, st.floats(0.05, 0.99), st.floats(0, 300))
loads = st.floats(0.01, 200)


class TestTarget:
    @pytest.mark.parametrize("text", ["80/20", " 80 / 20 ", "80%/20s", "80.0/20.0"])
    def test_is_written_as_planners_write_it(self, text: str) -> None:
        assert Target.parse(text) == Target(0.8, 20)

    @pytest.mark.parametrize("text", ["", "80", "0/20", "100/20", "120/20", "80/-1", "a/b"])
    def test_anything_else_is_refused(self, text: str) -> None:
        with pytest.raises(PlanningError, match="write 80/20"):
            Target.parse(text)

    def test_reads_as_it_was_written(self) -> None:
        assert str(Target.parse("92.5/30")) == "92.5/30"


@given(loads, targets)
def test_c_reaches_the_target_and_one_fewer_does_not(load: float, target: Target) -> None:
    least = least_agents_c(load, 180, target)
    assert erlang_c(least, load, 180, target.within_seconds).service_level >= target.service_level
    if least > 1:
        fewer = erlang_c(least - 1, load, 180, target.within_seconds)
        assert fewer.service_level < target.service_level


@given(loads, st.floats(1, 2000), targets)
def test_a_reaches_the_target_and_one_fewer_does_not(
    load: float, patience: float, target: Target
) -> None:
    least = least_agents_a(load, 180, patience, target)
    found = erlang_a(least, load, 180, patience, target.within_seconds)
    assert found.service_level >= target.service_level
    if least > 1:
        fewer = erlang_a(least - 1, load, 180, patience, target.within_seconds)
        assert fewer.service_level < target.service_level


@given(loads, st.floats(0.0001, 0.9))
def test_b_reaches_the_target_and_one_fewer_does_not(load: float, p_block: float) -> None:
    least = least_agents_b(load, p_block)
    assert erlang_b(least, load).p_block <= p_block
    assert least == 1 or erlang_b(least - 1, load).p_block > p_block


def test_people_with_little_patience_need_fewer_agents_than_erlang_c_says() -> None:
    target = Target(0.8, 20)
    assert least_agents_a(100, 180, 60, target) < least_agents_c(100, 180, target)


@pytest.mark.parametrize("load", [-1.0, 1e9, float("nan")])
def test_loads_that_cannot_be_are_refused(load: float) -> None:
    with pytest.raises(PlanningError, match="erlangs"):
        least_agents_c(load, 180, Target(0.8, 20))


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0])
def test_shares_that_cannot_be_are_refused(share: float) -> None:
    with pytest.raises(PlanningError, match="share of lost calls"):
        least_agents_b(10, share)
