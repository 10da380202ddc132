"""The least staffing, found by simulation."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from switch.errors import PlanningError
from switch.planning import search
from switch.planning.arrivals import ByRate, Span
from switch.planning.distributions import Constant, Exponential
from switch.planning.model import Group, Model, Stream
from switch.planning.results import Results, results
from switch.planning.search import Staffing, first_guess, least_staffing, promising
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


def level_of(found: Results) -> float:
    level = found.calls.estimates["service_level"].value
    assert level is not None
    return level


class TestOneGroup:
    @pytest.mark.parametrize("seed", range(4))
    @pytest.mark.parametrize("load", [3, 14])
    def test_the_least_number_is_the_least_there_is(self, load: float, seed: int) -> None:
        def simulated(model: Model) -> Results:
            return run(model, 3000, seed)

        fewest = int(load) + 1
        found = least_staffing(one_group(0, load), TARGET, simulated, fewest=fewest)
        levels = [
            level_of(simulated(one_group(agents, load))) for agents in range(fewest, fewest + 9)
        ]
        assert levels == sorted(levels), "with the same calls, one more is never worse"
        enough = next(index for index, level in enumerate(levels) if level >= 0.8)
        assert found.model.groups[0].agents == fewest + enough
        assert found.simulations < 20

    def test_of_callers_who_give_up_one_fewer_is_too_few(self) -> None:
        def simulated(model: Model) -> Results:
            return run(model, 5000, 3)

        found = least_staffing(one_group(0, 14, 90.0), TARGET, simulated, fewest=1)
        (group,) = found.model.groups
        assert level_of(found.results) >= 0.8
        assert level_of(simulated(one_group(group.agents - 1, 14, 90.0))) < 0.8

    @pytest.mark.parametrize("patience", [None, 90.0])
    def test_is_what_erlang_says(self, patience: float | None) -> None:
        # 14 erlangs, where neither neighbour is near the target.
        model = one_group(0, 14, patience)
        found = least_staffing(model, TARGET, lambda each: run(each, 20_000, 2), fewest=1)
        erlang = first_guess(model, TARGET)["agents"]
        assert abs(found.model.groups[0].agents - erlang) <= 1
        assert level_of(found.results) >= TARGET.service_level

    def test_tells_with_how_many_one_may_be_sure(self) -> None:
        def simulated(model: Model) -> Results:
            return run(model, 2000, 5)

        model = one_group(0, 10, 90.0)
        found = least_staffing(model, TARGET, simulated, fewest=1)
        least, sure = found.model.groups[0].agents, found.sure_agents
        assert sure is not None
        assert found.unsure == (("calls",) if sure > least else ())
        for agents in range(least, sure + 1):
            level = simulated(one_group(agents, 10, 90.0)).queues[0].estimates["service_level"]
            assert level.low is not None
            assert (level.low >= TARGET.service_level) is (agents == sure)


@pytest.fixture(scope="module")
def found() -> Staffing:
    """The least staffing of two queues, with three groups."""
    return least_staffing(two_queues(), TARGET, simulate)


class TestSeveralGroups:
    @staticmethod
    def kept(*agents: int) -> bool:
        house = two_queues()
        groups = [
            replace(group, agents=number)
            for group, number in zip(house.groups, agents, strict=True)
        ]
        levels = [
            each.estimates["service_level"].value
            for each in simulate(replace(house, groups=tuple(groups))).queues
        ]
        return all(level is not None and level >= TARGET.service_level for level in levels)

    def test_every_queue_keeps_the_promise(self, found: Staffing) -> None:
        assert self.kept(*(group.agents for group in found.model.groups))
        assert found.simulations > 1
        assert found.every_exchange

    def test_with_one_fewer_in_any_group_some_queue_does_not(self, found: Staffing) -> None:
        staffing = [group.agents for group in found.model.groups]
        for index, agents in enumerate(staffing):
            fewer = [*staffing[:index], agents - 1, *staffing[index + 1 :]]
            assert not agents or not self.kept(*fewer), f"group {index} has one too many"

    def test_nor_can_one_agent_do_in_place_of_two(self, found: Staffing) -> None:
        staffing = [group.agents for group in found.model.groups]
        for one, other, third in product(range(3), repeat=3):
            changed = list(staffing)
            changed[one] -= 1
            changed[other] -= 1
            changed[third] += 1
            if third not in (one, other) and min(changed) >= 0:
                assert not self.kept(*changed)

    def test_here_no_smaller_staffing_at_all_would_do(self, found: Staffing) -> None:
        total = sum(group.agents for group in found.model.groups)
        smaller = [
            (clerks, experts, total - 1 - clerks - experts)
            for clerks in range(total)
            for experts in range(total - clerks)
        ]
        assert not any(self.kept(*staffing) for staffing in smaller)

    def test_queues_of_which_one_cannot_be_sure_are_named(self, found: Staffing) -> None:
        unsure = [
            queue.name
            for queue in found.results.queues
            if (queue.estimates["service_level"].low or 0.0) < TARGET.service_level
        ]
        assert list(found.unsure) == unsure

    def test_that_not_all_exchanges_were_tried_is_told(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(search, "_MOST_FOR_EXCHANGES", 0)
        few = least_staffing(two_queues(), TARGET, simulate)
        assert not few.every_exchange
        assert self.kept(*(group.agents for group in few.model.groups))


class TestAnyNumberOfGroups:
    def test_a_queue_whose_callers_are_all_sent_away_is_not_served_well(self) -> None:
        # A call in ten minutes: hardly anybody is needed, but somebody is.
        stream = Stream("help", ByRate(1 / 600), Constant(60))
        model = Model(
            (queue("help", skills={"help": 1}),),
            (stream,),
            (Group("clerks", 0, {"orders": 1}), Group("experts", 0, {"help": 1})),
            Span(0, 3600),
        )
        found = least_staffing(model, TARGET, simulate)
        assert [group.agents for group in found.model.groups] == [0, 1]

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
