"""What callers do in flows, in series that come and go with the nodes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from switch.events import FlowRejected, FlowsReloaded, NodeEntered, NodeLeft
from switch.telemetry.flow_metrics import MAX_EXITS, FlowMetrics
from tests.support.sample_events import AT, CALL

LEFT = NodeLeft(at=AT, call=CALL, flow="main", node="menu", node_type="menu", exit="1", seconds=4.0)


class Shown:
    """The metrics, and what a scrape would show."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics = FlowMetrics(self.registry)
        self.metrics.use({"main": ["menu", "end"]}, 1000.0)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"freeline_flow_{name}", labels)

    def series(self) -> set[tuple[str, ...]]:
        return {
            (sample.name, *sample.labels.values())
            for family in self.registry.collect()
            for sample in family.samples
            if "node" in sample.labels
        }


@pytest.fixture
def shown() -> Shown:
    return Shown()


def test_nodes_in_force_have_series_from_the_start(shown: Shown) -> None:
    assert shown.value("node_entries_total", flow="main", node="end") == 0
    assert shown.value("node_hangups_total", flow="main", node="menu") == 0


def test_what_a_caller_does_is_counted(shown: Shown) -> None:
    entered = NodeEntered(at=AT, call=CALL, flow="main", node="menu", node_type="menu")
    shown.metrics.node_entered(entered)
    shown.metrics.node_left(replace(LEFT, no_input=1, no_match=2, incomplete=1))
    assert shown.value("node_entries_total", flow="main", node="menu") == 1
    assert shown.value("node_exits_total", flow="main", node="menu", exit="1") == 1
    assert shown.value("node_no_input_total", flow="main", node="menu") == 1
    assert shown.value("node_no_match_total", flow="main", node="menu") == 3
    assert shown.value("node_seconds_sum", flow="main", node="menu") == 4.0
    assert shown.value("node_seconds_bucket", flow="main", node="menu", le="10.0") == 1
    assert shown.value("node_hangups_total", flow="main", node="menu") == 0


def test_a_caller_who_hangs_up_is_counted_where_that_was(shown: Shown) -> None:
    shown.metrics.node_left(replace(LEFT, exit="gone"))
    assert shown.value("node_hangups_total", flow="main", node="menu") == 1


def test_nodes_that_are_not_in_force_have_no_series(shown: Shown) -> None:
    before = shown.series()
    shown.metrics.node_left(replace(LEFT, node="of_yesterday"))
    shown.metrics.node_left(replace(LEFT, flow="other"))
    assert shown.series() == before


def test_series_of_nodes_that_are_gone_are_dropped(shown: Shown) -> None:
    shown.metrics.node_left(LEFT)
    shown.metrics.use({"main": ["end"], "night": ["hello"]}, 2000.0)
    assert not any("menu" in series for series in shown.series())
    assert shown.value("node_entries_total", flow="night", node="hello") == 0
    assert shown.value("loaded_timestamp_seconds", flow="main") == 1000.0
    assert shown.value("loaded_timestamp_seconds", flow="night") == 2000.0
    shown.metrics.use({"night": ["hello"]}, 3000.0)
    assert shown.value("loaded_timestamp_seconds", flow="main") is None


def test_exits_of_a_node_are_bounded(shown: Shown) -> None:
    for number in range(3 * MAX_EXITS):
        shown.metrics.node_left(replace(LEFT, exit=f"exit{number}"))
    exits = [series for series in shown.series() if series[0] == "freeline_flow_node_exits_total"]
    assert len(exits) == MAX_EXITS + 1
    rest = shown.value("node_exits_total", flow="main", node="menu", exit="other")
    assert rest == 2 * MAX_EXITS


def test_reloads_are_counted_and_dated(shown: Shown) -> None:
    shown.metrics.flows_reloaded(
        FlowsReloaded(at=AT, flows=("main",), changed=("main", "gone"), seconds=1.0)
    )
    shown.metrics.flow_rejected(FlowRejected(at=AT, problems=("x",)))
    assert shown.value("reloads_total", result="loaded") == 1
    assert shown.value("reloads_total", result="rejected") == 1
    assert shown.value("loaded_timestamp_seconds", flow="main") == AT.timestamp()
    assert shown.value("loaded_timestamp_seconds", flow="gone") is None
