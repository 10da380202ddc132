"""What Prometheus sees, each metric declared once: fed by events, or read when scraped.

What happens is counted here as its event goes by; what others count anyway is read by
`snapshots.py` at the scrape. Labels come from closed lists or from the configuration,
so that no caller can make the number of series grow.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)

from switch.events import (
    AgentConnected,
    AgentOffered,
    CallAnswered,
    CallArrived,
    CallEnded,
    CallLeftQueue,
    CallQueued,
    CallRejected,
    CallTakenOver,
    ConfigurationRejected,
    ConfigurationReloaded,
    DigitPressed,
    Event,
    FlowRejected,
    FlowsReloaded,
    GuessingBanned,
    HeadsetRegistered,
    HeadsetUnregistered,
    NodeEntered,
    NodeLeft,
    OfferFailed,
    WorkerDied,
)
from switch.telemetry.flow_metrics import FlowMetrics
from switch.telemetry.snapshots import MediaTotals, SnapshotCollector, Watched
from switch.telemetry.speech_metrics import SpeechMetrics
from switch.termination import Termination

SETUP_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
WAIT_BUCKETS = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800)
RING_BUCKETS = (0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 60)
DECISION_BUCKETS = (0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025, 0.1)
LAG_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
JITTER_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25)

# They would double the series to tell what `process_start_time_seconds` tells.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """All metrics of one switch, in a registry of their own.

    `handle` is a subscriber for the event bus; `watched` is filled by whoever builds
    the switch; `media.count` takes the workers' reports.
    """

    def __init__(self, version: str) -> None:
        registry = self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        Info("freeline_build", "What is running.", registry=registry).info(
            {"version": version, "python": platform.python_version()}
        )

        def counter(name: str, text: str) -> Counter:
            return Counter(f"freeline_{name}", text, registry=registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"freeline_{name}", text, buckets=buckets, registry=registry)

        # Finding the series of some labels costs more than counting: it is done once.

        def counters(name: str, text: str, *labels: str) -> Callable[..., Counter]:
            return cache(Counter(f"freeline_{name}", text, labels, registry=registry).labels)

        def histograms(
            name: str, text: str, buckets: tuple[float, ...], *labels: str
        ) -> Callable[..., Histogram]:
            metric = Histogram(f"freeline_{name}", text, labels, buckets=buckets, registry=registry)
            return cache(metric.labels)

        self._arrived = counters(
            "calls_arrived", "Calls admitted that have a flow.", "trunk", "flow"
        )
        self._calls = counters("calls", "Calls ended or refused.", "result", "reason")
        self._setup = histogram(
            "call_setup_seconds", "From admitting a caller's INVITE to our 200.", SETUP_BUCKETS
        )
        self._digits = counters("digits", "Keys of callers that a node read.", "method")
        self._entered = counters("queue_entered", "Callers who began to wait.", "queue")
        self._left = counters(
            "queue_left", "Callers whose wait ended, and how.", "queue", "outcome"
        )
        self._within = counters(
            "queue_answered_in_time", "Callers connected within the service level.", "queue"
        )
        self._wait = histograms(
            "queue_wait_seconds", "How long callers waited.", WAIT_BUCKETS, "queue", "outcome"
        )
        self._moved = counters(
            "queue_moved", "Callers whom an overflow sent on.", "queue", "to", "why"
        )
        self._decisions = counters(
            "routing_decisions",
            "Agents reserved for callers, and by which rule.",
            *("queue", "rule", "choice", "overflow"),
        )
        self._offers = counters("agent_offers", "Times a headset was rung.", "queue")
        self._offers_failed = counters(
            "agent_offers_failed", "Times the agent did not take the call.", "queue", "outcome"
        )
        self._ring = histograms(
            "agent_ring_seconds", "How long a headset rang until answered.", RING_BUCKETS, "queue"
        )
        self._decision = histogram(
            "routing_decision_seconds",
            "From what made a match possible to the reservation of an agent.",
            DECISION_BUCKETS,
        )
        self._http_requests = counters(
            "http_requests", "Requests of flows to web services.", "host", "outcome"
        )
        self._http_breaker = cache(
            Gauge(
                "freeline_http_breaker_open",
                "1 while a web service is left alone because it failed.",
                ("host",),
                registry=registry,
            ).labels
        )
        self._registered = counters(
            "headset_registrations", "Registrations: `new` or `refreshed`.", "kind"
        )
        self._unregistered = counters(
            "headset_removals", "Contacts gone: `expired` or `unregistered`.", "cause"
        )
        self._taken_over = counter(
            "calls_taken_over", "Calls whose parties talked on while the switch was restarted."
        )
        self._bans = counters(
            "bans", "Sources and accounts banned after wrong passwords.", "subject"
        )
        self._worker_deaths = counter(
            "media_worker_deaths", "Media workers that died and were started again."
        )
        self._config_reloads = counters(
            "config_reloads", "Configurations read again: `applied` or `rejected`.", "result"
        )
        self._subscriber_errors = counter(
            "event_subscriber_errors", "Events that one of their readers failed on: a bug."
        )
        self._lag = histogram(
            "event_loop_lag_seconds",
            "How much later than asked the core's event loop ran a timer.",
            LAG_BUCKETS,
        )
        jitter = histogram(
            "rtp_jitter_seconds", "Interarrival jitter of each stream, at its end.", JITTER_BUCKETS
        )
        self.speech = SpeechMetrics(registry)
        """Is told of sentences with values."""
        self.media = MediaTotals(jitter.observe)
        """Takes the workers' counters of each stream."""
        self.in_parts = CollectorRegistry(auto_describe=False)
        """What takes long when flows are large, and comes in parts: others may run between two."""
        self.flows = FlowMetrics(self.in_parts)
        """What callers do in flows; is told which flows are in force."""
        self.watched = Watched()
        """What is read at each scrape."""
        registry.register(SnapshotCollector(self.watched, self.media))
        self._arrivals: dict[str, datetime] = {}
        """Call -> when it arrived, until it is answered or over."""
        self.readers: dict[type[Event], Callable[[Any], None]] = {
            CallArrived: self._call_arrived,
            CallAnswered: self._call_answered,
            CallEnded: self._call_ended,
            CallTakenOver: lambda _event: self._taken_over.inc(),
            CallRejected: self._call_rejected,
            DigitPressed: self._digit_pressed,
            CallQueued: self._call_queued,
            CallLeftQueue: self._call_left_queue,
            AgentOffered: self._agent_offered,
            OfferFailed: self._offer_failed,
            AgentConnected: self._agent_connected,
            HeadsetRegistered: self._headset_registered,
            HeadsetUnregistered: self._headset_unregistered,
            WorkerDied: self._worker_died,
            GuessingBanned: self._guessing_banned,
            ConfigurationReloaded: self._config_reloaded,
            ConfigurationRejected: self._config_rejected,
            NodeEntered: self.flows.node_entered,
            NodeLeft: self.flows.node_left,
            FlowsReloaded: self.flows.flows_reloaded,
            FlowRejected: self.flows.flow_rejected,
        }
        """What counts an event, for the event bus; events of other types are not counted."""

    def observe_loop_lag(self, seconds: float) -> None:
        """Note how late the event loop ran a timer."""
        self._lag.observe(seconds)

    def count_http(self, host: str, outcome: str) -> None:
        """Count a request of a flow; the host is one that the configuration lists."""
        self._http_requests(host, outcome).inc()

    def note_breaker(self, host: str, state: str) -> None:
        """Note that a web service is asked, or not."""
        self._http_breaker(host).set(state != "closed")

    def subscriber_failed(self) -> None:
        """Note that a reader of events raised."""
        self._subscriber_errors.inc()

    # One method for each event that is counted.

    def _call_arrived(self, event: CallArrived) -> None:
        self._arrived(event.trunk, event.flow).inc()
        self._arrivals[event.call] = event.at

    def _call_answered(self, event: CallAnswered) -> None:
        arrived = self._arrivals.pop(event.call, None)
        if arrived is not None:
            self._setup.observe(max(0.0, (event.at - arrived).total_seconds()))

    def _call_ended(self, event: CallEnded) -> None:
        self._arrivals.pop(event.call, None)
        self._count_end(event.termination)

    def _call_rejected(self, event: CallRejected) -> None:
        self._count_end(event.termination)

    def _count_end(self, termination: Termination) -> None:
        self._calls(termination.result.value, termination.reason.value).inc()

    def _digit_pressed(self, event: DigitPressed) -> None:
        self._digits(event.method).inc()

    def _call_queued(self, event: CallQueued) -> None:
        self._entered(event.queue).inc()
        if event.moved_from:
            self._moved(event.moved_from, event.queue, event.moved_why).inc()

    def _call_left_queue(self, event: CallLeftQueue) -> None:
        self._left(event.queue, event.outcome).inc()
        self._wait(event.queue, event.outcome).observe(event.waited_seconds)
        if event.within_service_level and event.outcome == "connected":
            self._within(event.queue).inc()

    def _agent_offered(self, event: AgentOffered) -> None:
        self._offers(event.queue).inc()
        overflow = "yes" if event.overflowed else "no"
        self._decisions(event.queue, event.rule, str(event.choice), overflow).inc()
        self._decision.observe(event.decision_seconds)

    def _offer_failed(self, event: OfferFailed) -> None:
        self._offers_failed(event.queue, event.outcome).inc()

    def _agent_connected(self, event: AgentConnected) -> None:
        self._ring(event.queue).observe(event.ring_seconds)

    def _headset_registered(self, event: HeadsetRegistered) -> None:
        self._registered("refreshed" if event.refreshed else "new").inc()

    def _headset_unregistered(self, event: HeadsetUnregistered) -> None:
        self._unregistered("expired" if event.expired else "unregistered").inc()

    def _config_reloaded(self, event: ConfigurationReloaded) -> None:
        self._config_reloads("applied").inc()

    def _config_rejected(self, event: ConfigurationRejected) -> None:
        self._config_reloads("rejected").inc()

    def _guessing_banned(self, event: GuessingBanned) -> None:
        self._bans(event.subject).inc()

    def _worker_died(self, event: WorkerDied) -> None:
        self._worker_deaths.inc()
