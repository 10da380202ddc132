"""Metrics are written in pieces that are, one after another, what Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder

from switch.telemetry.exposition import written

ACCEPTED = ["", "text/plain;version=1.0.0", "application/openmetrics-text; version=1.0.0"]


class Whole:
    """All families at once, for prometheus_client itself."""

    def collect(self) -> Iterator[Metric]:
        yield from (keys(0, 1000), waits(300), GaugeMetricFamily("empty", "Of nothing."))


def keys(first: int, last: int) -> Metric:
    family = CounterMetricFamily("keys", "Pressed # often.", labels=("node",))
    for number in range(first, last):
        family.add_metric((f"# {number}",), number)
    return family


def waits(nodes: int) -> Metric:
    family = HistogramMetricFamily("wait_seconds", "Waited.", labels=("node",))
    for number in range(nodes):
        family.add_metric((f"n\r# {number}",), [("1.0", 1), ("+Inf", 2)], 1.5)
    return family


@pytest.mark.parametrize("accepted", ACCEPTED)
def test_the_pieces_are_the_whole(accepted: str) -> None:
    encode, _ = choose_encoder(accepted)
    in_parts = [keys(0, 400), keys(400, 410), keys(410, 1000), *list(Whole().collect())[1:]]
    pieces = list(written(in_parts, encode))
    assert b"".join(pieces) == encode(cast(CollectorRegistry, Whole()))
    assert max(piece.count(b"\n") for piece in pieces) <= 100 + len(("HELP", "TYPE"))


@pytest.mark.parametrize("accepted", ACCEPTED)
def test_nothing_is_written_before_it_is_asked_for(accepted: str) -> None:
    encode, _ = choose_encoder(accepted)
    asked: list[str] = []

    def families() -> Iterator[Metric]:
        for name in ("a", "b"):
            asked.append(name)
            yield GaugeMetricFamily(name, "A gauge.", value=1)

    pieces = written(families(), encode)
    assert b"a 1.0" in next(pieces)
    assert asked == ["a"]
