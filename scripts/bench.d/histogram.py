"""What the switch's own histograms tell of the time between two looks at /metrics."""

from __future__ import annotations

import re
from collections.abc import Mapping

LAG = "freeline_event_loop_lag_seconds"
DECISION = "freeline_routing_decision_seconds"

Buckets = Mapping[float, float]
"""Upper bound in seconds -> how often it was not above that."""


def buckets(metrics: str, name: str) -> Buckets:
    """Return a histogram without labels from the text of /metrics."""
    found = re.findall(rf'^{name}_bucket{{le="([^"]+)"}} (\S+)$', metrics, re.M)
    return {float(bound): float(count) for bound, count in found}


def quantile_ms(before: Buckets, after: Buckets, share: float) -> float | None:
    """Return the bound of the bucket in which this share of what came between them lies."""
    counts = sorted((bound, count - before.get(bound, 0.0)) for bound, count in after.items())
    if not counts or counts[-1][1] <= 0:
        return None
    wanted = share * counts[-1][1]
    bound = next(bound for bound, count in counts if count >= wanted)
    finite = [bound for bound, _ in counts if bound != float("inf")]
    return round(min(bound, finite[-1]) * 1000, 2)
