"""Metrics of trunks, read at each scrape: servers, registrations, calls, the DNS behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerSnapshot:
    """How one of a carrier's servers, as configured, stands."""

    up: bool
    """One of its addresses is up."""
    round_trip_seconds: float | None
    """Of the last probe that was answered; None without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkSnapshot:
    """How one trunk stands."""

    name: str
    registered: bool | None
    """None: it is none that we register with."""
    calls_out: int
    calls_in: int
    peers: Mapping[str, PeerSnapshot] = field(default_factory=dict)
    """URI, as configured -> server."""
    failovers: Mapping[str, int] = field(default_factory=dict)
    """`timeout`, `transport` or `unavailable` -> calls that went to another server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunksSnapshot:
    """All trunks, and the names they stand behind."""

    trunks: tuple[TrunkSnapshot, ...] = ()
    lookups: Mapping[str, int] = field(default_factory=dict)
    """`found`, `empty` or `failed` -> look-ups of a carrier's name."""
    names_failing: int = 0
    """Names whose last look-up failed."""


def trunk_metrics(snapshot: TrunksSnapshot) -> Iterator[Metric]:
    """Yield every family."""
    up = _gauges("trunk_up", "1 while a carrier's server may be called.", "trunk", "peer")
    trip = _gauges("trunk_round_trip_seconds", "How long the last OPTIONS took.", "trunk", "peer")
    registered = _gauges("trunk_registered", "1 while we are registered with a carrier.", "trunk")
    calls = _gauges("trunk_calls", "Calls of a trunk that are up now.", "trunk", "direction")
    failovers = CounterMetricFamily(
        "freeline_trunk_failovers",
        "Calls out that went on to another server or trunk, and why.",
        labels=("trunk", "why"),
    )
    for trunk in snapshot.trunks:
        for peer, stands in trunk.peers.items():
            up.add_metric((trunk.name, peer), stands.up)
            if stands.round_trip_seconds is not None:
                trip.add_metric((trunk.name, peer), stands.round_trip_seconds)
        if trunk.registered is not None:
            registered.add_metric((trunk.name,), trunk.registered)
        calls.add_metric((trunk.name, "out"), trunk.calls_out)
        calls.add_metric((trunk.name, "in"), trunk.calls_in)
        for why, count in trunk.failovers.items():
            failovers.add_metric((trunk.name, why), count)
    yield from (up, trip, registered, calls, failovers)
    lookups = CounterMetricFamily(
        "freeline_dns_lookups", "Look-ups of carriers' names.", labels=("result",)
    )
    for result, count in snapshot.lookups.items():
        lookups.add_metric((result,), count)
    yield lookups
    failing = "Carriers' names whose last look-up failed; the addresses known before are used."
    yield GaugeMetricFamily("freeline_dns_failing", failing, value=float(snapshot.names_failing))


def _gauges(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"freeline_{name}", text, labels=labels)
