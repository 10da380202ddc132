"""What SIP has counted, as metrics: read at each scrape, as all of `snapshots.py` is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

METHODS = frozenset(
    (
        *("ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK"),
        *("PUBLISH", "REFER", "REGISTER", "SUBSCRIBE", "UPDATE"),
    )
)
"""Methods with a label of their own; whatever else a stranger sends is `other`."""

MAX_REASONS = 50
"""Reasons for refusing datagrams that get labels of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SipSnapshot:
    """What the SIP transaction layer has counted since the start."""

    messages: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """(`in` or `out`, method, status code or empty for a request) -> messages."""
    transactions_live: int = 0
    retransmissions: Mapping[str, int] = field(default_factory=dict)
    """`in` or `out` -> messages that were sent again."""
    bad_datagrams: Mapping[str, int] = field(default_factory=dict)
    """Why it was refused, in a word or two -> datagrams."""
    unheard: Mapping[str, int] = field(default_factory=dict)
    """Why strangers were not heard: `flood`, `banned`, `scanner`, `stranger` -> messages."""
    overload_refusals: int = 0
    queue_delay_seconds: float = 0.0
    """How long the datagram waited that was measured last."""


def sip_metrics(sip: SipSnapshot) -> Iterator[Metric]:
    """Yield the metrics of the SIP transaction layer."""
    messages = _counters(
        "sip_messages",
        "SIP messages, without retransmissions; `code` is empty for requests.",
        "direction",
        "method",
        "code",
    )
    totals: dict[tuple[str, str, str], int] = {}
    for (direction, method, code), count in sip.messages.items():
        known = method if method in METHODS else "other"
        key = direction, known, str(code)
        totals[key] = totals.get(key, 0) + count
    for labels, count in totals.items():
        messages.add_metric(labels, count)
    yield messages
    yield _gauge("sip_transactions_live", "SIP transactions open now.", sip.transactions_live)
    again = _counters(
        "sip_retransmissions", "SIP messages sent again, to us or by us.", "direction"
    )
    for direction, count in sip.retransmissions.items():
        again.add_metric((direction,), count)
    yield again
    bad = _counters(
        "sip_bad_datagrams", "What came and was not SIP, or against its rules.", "reason"
    )
    rest = 0
    for index, (reason, count) in enumerate(sip.bad_datagrams.items()):
        if index < MAX_REASONS:
            bad.add_metric((reason,), count)
        else:
            rest += count
    if rest:
        bad.add_metric(("other",), rest)
    yield bad
    unheard = _counters("sip_unheard", "Messages of strangers that were not looked at.", "reason")
    for reason, count in sip.unheard.items():
        unheard.add_metric((reason,), count)
    yield unheard
    yield _counter(
        "sip_overload_refusals", "New calls refused with 503 to keep up.", sip.overload_refusals
    )
    yield _gauge(
        "sip_queue_delay_seconds", "How long a datagram waited to be read.", sip.queue_delay_seconds
    )


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"freeline_{name}", text, value=value)


def _counter(name: str, text: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(f"freeline_{name}", text, value=value)


def _counters(name: str, text: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"freeline_{name}", text, labels=labels)
