"""Metrics of SIP's connections: how many are open, and why others came to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

Counts = Mapping[str, Mapping[str, int]]
"""Transport -> why, in a word -> how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamsSnapshot:
    """How the listeners of TCP, TLS and WebSocket stand."""

    open: Mapping[str, int] = field(default_factory=dict)
    """Transport -> connections."""
    refused: Counts = field(default_factory=dict)
    """Connections that were cut."""
    failures: Counts = field(default_factory=dict)
    """Handshakes of TLS and WebSocket."""
    certificate_expires_at: float | None = None
    """Unix time; None without TLS."""


def stream_families(streams: StreamsSnapshot) -> Iterator[Metric]:
    """Yield what there is to tell."""
    connections = GaugeMetricFamily(
        "freeline_sip_connections", "SIP connections open now.", labels=("transport",)
    )
    for transport, count in streams.open.items():
        connections.add_metric((transport,), count)
    yield connections
    for name, text, counts in (
        ("connections_cut", "SIP connections that were closed by us, and why.", streams.refused),
        (
            "handshakes_failed",
            "Handshakes of TLS and WebSocket that came to nothing, and why.",
            streams.failures,
        ),
    ):
        family = CounterMetricFamily(f"freeline_sip_{name}", text, labels=("transport", "reason"))
        for transport, reasons in counts.items():
            for reason, count in reasons.items():
                family.add_metric((transport, reason), count)
        yield family
    if streams.certificate_expires_at is not None:
        yield GaugeMetricFamily(
            "freeline_tls_certificate_expiry_timestamp_seconds",
            "When our certificate ends, in Unix time.",
            value=streams.certificate_expires_at,
        )
