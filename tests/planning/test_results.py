"""From what was counted to figures."""

from __future__ import annotations

import pytest

from switch.planning.arrivals import Span, Trace
from switch.planning.distributions import Constant
from switch.planning.model import Group, Model, Stream
from switch.planning.results import results, results_as_data
from switch.planning.simulation import simulate_days
from tests.planning.houses import one_group, queue, run

MODEL = Model(
    (queue("orders", within=50, skills={"orders": 1}), queue("help", skills={"help": 1})),
    (
        Stream("orders", Trace([10, 20, 30]), Constant(100), patience=Constant(95)),
        Stream("help", Trace([40]), Constant(60)),
    ),
    (Group("clerks", 1, {"orders": 1}), Group("experts", 2, {"help": 1})),
    Span(0, 1000),
)


def test_every_figure_is_what_the_calls_were() -> None:
    found = results(MODEL, simulate_days(MODEL, 3, 1), batches=False)
    orders, help_ = found.queues
    assert (orders.calls, orders.answered, orders.lost) == (9, 6, 3)
    values = {name: each.value for name, each in orders.estimates.items()}
    assert values == {
        "p_wait": pytest.approx(2 / 3),
        "asa_seconds": pytest.approx(45),
        "wait_seconds": pytest.approx((0 + 90 + 95) / 3),
        "service_level": pytest.approx(1 / 3),  # one in time of two answered and one lost late
        "p_abandon": pytest.approx(1 / 3),
    }
    assert help_.estimates["service_level"].value == 1
    assert found.calls.estimates["service_level"].value == pytest.approx(2 / 4)
    assert found.calls.within_seconds is None
    assert [group.occupancy.value for group in found.groups] == [
        pytest.approx(0.2),
        pytest.approx(0.03),
    ]
    assert found.agents.occupancy.value == pytest.approx(260 / 3000)


def test_days_that_are_all_alike_leave_no_doubt_about_times() -> None:
    found = results(MODEL, simulate_days(MODEL, 3, 1), batches=False)
    asa = found.queues[0].estimates["asa_seconds"]
    assert asa.low == pytest.approx(45)
    assert asa.high == pytest.approx(45)


def test_json_has_the_interval_beside_each_figure() -> None:
    data = results_as_data(results(MODEL, simulate_days(MODEL, 3, 1), batches=False))
    assert data["calls"] == 12
    assert data["asa_seconds_low"] <= data["asa_seconds"] <= data["asa_seconds_high"]
    assert [each["name"] for each in data["queues"]] == ["orders", "help"]
    assert data["groups"][1]["agents"] == 2
    assert data["groups"][1]["occupancy"] == pytest.approx(0.03)


def test_calls_that_may_not_wait_are_blocked_not_abandoned() -> None:
    figures = run(one_group(2, 2, may_wait=False), 1000, 1).figures()
    assert "p_block" in figures
    assert "p_abandon" not in figures


def test_a_run_too_short_for_its_load_is_known() -> None:
    assert run(one_group(20, 19.8), 2000, 1).too_short
    assert not run(one_group(20, 10), 2000, 1).too_short
