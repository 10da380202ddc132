"""The least staffing, found by simulation."""

from __future__ import annotations

import pytest

from switch.errors import PlanningError
from switch.planning.arrivals import ByRate, Span
from switch.planning.distributions import Constant, Exponential
from switch.planning.model import Group, Model, Stream
from switch.planning.results import Results, results
from switch.planning.search import first_guess, least_staffing, promising
from switch.planning.simulation import simulate_days
from switch.planning.staffing import Target, least_agents_a, least_agents_c
from tests.planning.houses import AHT, one_group, queue, run

TARGET = Target(0.8, 20)


def simulate(model: Model) -> Results:
    return results(model, simulate_days(model, 4, 1), batches=False)


def two_queues() -> Model:
    """Return an hour of two queues, and a third group that can do both."""
    return Model(
        (
            queue("orders", skills={"orders": 1}),
            queue("help", skills={"help": 1}),
        ),
        (
            Stream("orders", ByRate(0.05), Exponential(AHT), patience=Exponential(120)),
            Stream("help", ByRate(0.02), Exponential(AHT), patience=Exponential(120)),
        ),
        (
            Group("clerks", 1, {"orders": 1}),
            Group("experts", 1, {"help": 1}),
            Group("both", 1, {"orders": 1, "help": 1}),
        ),
        Span(0, 3600),
    )


class TestFirstGuess:
    def test_of_one_group_is_erlangs(self) -> None:
        assert first_guess(one_group(1, 10), TARGET) == {"agents": least_agents_c(10, AHT, TARGET)}
        assert first_guess(one_group(1, 10, patience=90), TARGET) == {
            "agents": least_agents_a(10, AHT, 90, TARGET)
        }

    def test_divides_each_need_among_those_who_can(self) -> None:
        orders, help_ = (least_agents_a(load, AHT, 120, TARGET) for load in (9.0, 3.6))
        assert first_guess(two_queues(), TARGET) == {
            "clerks": round(orders / 2),
            "experts": round(help_ / 2),
            "both": round((orders + help_) / 2),
        }

    def test_counts_ringing_and_wrap_up_as_work(self) -> None:
        stream = Stream("calls", ByRate(0.05), Exponential(150), wraps_up=True)
        model = Model(
            (queue(wrap_up_seconds=25),), (stream,), (Group("agents", 1),), answer=Constant(5)
        )
        assert first_guess(model, TARGET) == {"agents": least_agents_c(9, 180, TARGET)}


class TestLeastStaffing:
    @pytest.mark.parametrize("patience", [None, 90.0])
    def test_of_one_group_is_what_erlang_says(self, patience: float | None) -> None:
        # 14 erlangs, where neither neighbour is near the target.
        model = one_group(0, 14, patience)
        found = least_staffing(model, TARGET, lambda each: run(each, 20_000, 2), fewest=1)
        erlang = first_guess(model, TARGET)["agents"]
        assert abs(found.model.groups[0].agents - erlang) <= 1
        level = found.results.calls.estimates["service_level"].value
        assert level is not None
        assert level >= TARGET.service_level

    def test_keeps_the_promise_of_every_queue_and_one_fewer_would_not(self) -> None:
        found = least_staffing(two_queues(), TARGET, simulate)

        def kept(model: Model) -> bool:
            levels = [each.estimates["service_level"].value for each in simulate(model).queues]
            return all(level is None or level >= TARGET.service_level for level in levels)

        assert kept(found.model)
        for index, group in enumerate(found.model.groups):
            if group.agents:
                groups = list(found.model.groups)
                groups[index] = Group(group.name, group.agents - 1, group.skills)
                smaller = Model(
                    found.model.queues, found.model.streams, tuple(groups), found.model.day
                )
                assert not kept(smaller), f"{group.name} has one too many"
        assert found.simulations > 1

    def test_that_no_number_of_agents_reaches_is_told(self) -> None:
        # Everyone rings for 30 s: nobody is ever answered within 20.
        model = Model(
            (queue(ring_seconds=60),),
            (Stream("calls", ByRate(0.01), Constant(60)),),
            (Group("agents", 1),),
            Span(0, 3600),
            Constant(30),
        )
        with pytest.raises(PlanningError, match="what is missing is not agents"):
            least_staffing(model, TARGET, simulate)


def test_a_target_is_what_every_queue_promises_then() -> None:
    model = promising(two_queues(), Target(0.9, 33))
    told = {(q.service_level.within_seconds, q.service_level.target) for q in model.queues}
    assert told == {(33, 0.9)}
