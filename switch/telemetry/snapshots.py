"""Metrics that are read, not fed: counters and states that others keep anyway.

At each scrape the collector asks the parts of the switch how they stand, through the
small views declared here; between scrapes these metrics cost nothing. A part that is
not watched has no samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from switch.telemetry.sip_snapshot import SipSnapshot, sip_metrics
from switch.telemetry.stream_metrics import StreamsSnapshot, stream_families
from switch.telemetry.trunk_metrics import TrunksSnapshot, trunk_metrics

_WINDOWS_MINUTES = (15, 60)


class RouterView(Protocol):
    """What the router tells of itself."""

    @property
    def queue_names(self) -> Iterable[str]: ...
    def queue_length(self, queue: str) -> int: ...
    def oldest_wait_seconds(self, queue: str, now: float) -> float: ...
    def service_level(self, queue: str) -> float | None: ...
    def recent_service_level(self, queue: str, minutes: int, now: float) -> float | None: ...
    def expected_wait_seconds(self, queue: str, now: float) -> float: ...
    def agents_by_state(self) -> Mapping[Any, int]: ...


class CallsView(Protocol):
    """What the registry of live calls tells of itself."""

    def __len__(self) -> int: ...
    @property
    def leg_count(self) -> int: ...


class RecordsView(Protocol):
    """What the writer of call records tells of itself."""

    @property
    def written(self) -> int: ...
    @property
    def dropped(self) -> int: ...
    @property
    def queued(self) -> int: ...


class MqttView(Protocol):
    """What the link to the broker tells of itself."""

    @property
    def connected(self) -> bool: ...
    @property
    def published(self) -> int: ...
    @property
    def dropped(self) -> int: ...
    @property
    def waiting(self) -> int: ...
    @property
    def commands(self) -> int: ...
    @property
    def commands_refused(self) -> int: ...
    @property
    def choices(self) -> Mapping[str, int]: ...


class MailView(Protocol):
    """What the spool of e-mails tells of itself."""

    @property
    def sent(self) -> int: ...
    @property
    def failures(self) -> int: ...
    @property
    def refused(self) -> int: ...
    @property
    def waiting(self) -> int: ...


class TraceView(Protocol):
    """What the traces of SIP tell of themselves."""

    @property
    def strangers_left_out(self) -> int: ...
    @property
    def not_written(self) -> int: ...
    @property
    def hep_sent(self) -> int: ...
    @property
    def hep_dropped(self) -> int: ...


class LogView(Protocol):
    """What the log's writer tells of itself."""

    @property
    def dropped(self) -> int: ...


class StreamCounters(Protocol):
    """Counters of one RTP stream since it was opened."""

    @property
    def packets_received(self) -> int: ...
    @property
    def packets_sent(self) -> int: ...
    @property
    def packets_lost(self) -> int: ...
    @property
    def packets_refused(self) -> int: ...
    @property
    def remote_lost(self) -> int: ...
    @property
    def jitter_ms(self) -> float: ...


class MediaTotals:
    """Adds the counters of all streams, live and closed, into totals that only grow."""

    def __init__(self, observe_jitter: Callable[[float], None]) -> None:
        self.received = 0
        self.sent = 0
        self.lost = 0
        self.refused = 0
        self.remote_lost = 0
        self._observe_jitter = observe_jitter
        self._live: dict[str, tuple[int, int, int, int, int]] = {}

    def count(self, stream: str, counters: StreamCounters, *, closed: bool = False) -> None:
        """Take over what a worker reported of a stream, for the last time if `closed`."""
        before = self._live.get(stream, (0, 0, 0, 0, 0))
        # Lost packets that come late after all lower a stream's count (RFC 3550 A.3);
        # a Prometheus counter may not fall.
        now = (
            counters.packets_received,
            counters.packets_sent,
            max(counters.packets_lost, before[2]),
            counters.packets_refused,
            max(counters.remote_lost, before[4]),
        )
        self.received += now[0] - before[0]
        self.sent += now[1] - before[1]
        self.lost += now[2] - before[2]
        self.refused += now[3] - before[3]
        self.remote_lost += now[4] - before[4]
        if not closed:
            self._live[stream] = now
            return
        self._live.pop(stream, None)
        if counters.packets_received:
            self._observe_jitter(counters.jitter_ms / 1000)

    def forget(self, stream: str) -> None:
        """Drop a stream whose worker died without a last report."""
        self._live.pop(stream, None)


@dataclass(slots=True, kw_only=True)
class Watched:
    """Where the collector looks; None is not looked at."""

    now: Callable[[], float] | None = None
    """Monotonic seconds, for the router's waits."""
    router: RouterView | None = None
    calls: CallsView | None = None
    sip: Callable[[], SipSnapshot] | None = None
    streams: Callable[[], StreamsSnapshot] | None = None
    tasks: Callable[[], int] | None = None
    media_streams: Callable[[], int] | None = None
    media_workers: Callable[[], int] | None = None
    records: RecordsView | None = None
    mqtt: MqttView | None = None
    mail: MailView | None = None
    trace: TraceView | None = None
    log: LogView | None = None
    trunks: Callable[[], TrunksSnapshot] | None = None


class SnapshotCollector(Collector):
    """Turns what is watched into samples, at each scrape."""

    def __init__(self, watched: Watched, media: MediaTotals) -> None:
        self._watched = watched
        self._media = media

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the registry would otherwise collect to learn the names."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every family of which there is something to tell."""
        watched = self._watched
        if watched.calls is not None:
            yield _gauge("calls_live", "Calls being handled now.", len(watched.calls))
            legs = watched.calls.leg_count
            yield _gauge("legs_live", "Legs (a dialog and its media) open now.", legs)
        if watched.tasks is not None:
            tasks = "Tasks of the core's event loop: a few that are always there, and the calls'."
            yield _gauge("event_loop_tasks", tasks, watched.tasks())
        if watched.router is not None:
            yield from _router(watched.router, watched.now)
        if watched.sip is not None:
            yield from sip_metrics(watched.sip())
        if watched.streams is not None:
            yield from stream_families(watched.streams())
        if watched.trunks is not None:
            yield from trunk_metrics(watched.trunks())
        yield from _media(watched, self._media)
        if watched.records is not None:
            yield from _records(watched.records)
        if watched.mqtt is not None:
            yield from _mqtt(watched.mqtt)
        if watched.mail is not None:
            yield from _mail(watched.mail)
        if watched.trace is not None:
            yield from _trace(watched.trace)
        if watched.log is not None:
            yield _counter(
                "log_lines_dropped",
                "Log lines lost because whoever reads stderr was too slow.",
                watched.log.dropped,
            )


def _router(router: RouterView, now: Callable[[], float] | None) -> Iterator[Metric]:
    length = _gauges("queue_length", "Callers waiting in a queue now.", "queue")
    oldest = _gauges(
        "queue_oldest_wait_seconds", "How long the first in a queue has been waiting.", "queue"
    )
    level = _gauges(
        "queue_service_level_ratio",
        "Share of callers answered in time since the start, of those who were answered or "
        "lost too late; absent before the first.",
        "queue",
    )
    recent = _gauges(
        "queue_recent_service_level_ratio",
        "The same of the last 15 and 60 minutes; absent while there is nothing to judge.",
        *("queue", "minutes"),
    )
    expected = _gauges(
        "queue_expected_wait_seconds", "How long who enters now will probably wait.", "queue"
    )
    for queue in router.queue_names:
        length.add_metric((queue,), router.queue_length(queue))
        if now is not None:
            oldest.add_metric((queue,), router.oldest_wait_seconds(queue, now()))
            expected.add_metric((queue,), router.expected_wait_seconds(queue, now()))
            for minutes in _WINDOWS_MINUTES:
                share = router.recent_service_level(queue, minutes, now())
                if share is not None:
                    recent.add_metric((queue, str(minutes)), share)
        ratio = router.service_level(queue)
        if ratio is not None:
            level.add_metric((queue,), ratio)
    agents = _gauges("agents", "Agents in each state.", "state")
    for state, count in router.agents_by_state().items():
        agents.add_metric((str(state),), count)
    yield from (length, oldest, expected, level, recent, agents)


def _media(watched: Watched, totals: MediaTotals) -> Iterator[Metric]:
    if watched.media_streams is not None:
        yield _gauge("media_streams_live", "RTP streams open now.", watched.media_streams())
    if watched.media_workers is not None:
        yield _gauge("media_workers_live", "Media workers at work now.", watched.media_workers())
    for name, text, value in (
        ("received", "RTP packets received and accepted.", totals.received),
        ("sent", "RTP packets sent.", totals.sent),
        ("lost", "RTP packets that were sent to us and did not come.", totals.lost),
        ("refused", "Packets from a wrong source, or not RTP.", totals.refused),
        ("remote_lost", "RTP packets of ours that others report as lost.", totals.remote_lost),
    ):
        yield _counter(f"rtp_packets_{name}", text, value)


def _records(records: RecordsView) -> Iterator[Metric]:
    yield _counter("records_written", "Call records written to the database.", records.written)
    yield _counter("records_dropped", "Call records lost.", records.dropped)
    yield _gauge("records_waiting", "Call records that wait for the database.", records.queued)


def _mqtt(mqtt: MqttView) -> Iterator[Metric]:
    yield _gauge("mqtt_connected", "1 while there is a connection to the broker.", mqtt.connected)
    yield _counter("mqtt_published", "Events published.", mqtt.published)
    yield _counter("mqtt_dropped", "Events dropped because the queue was full.", mqtt.dropped)
    yield _gauge("mqtt_waiting", "Events that wait for the broker.", mqtt.waiting)
    commands = _counters("mqtt_commands", "Agent commands that came by MQTT.", "outcome")
    commands.add_metric(("obeyed",), mqtt.commands)
    commands.add_metric(("refused",), mqtt.commands_refused)
    yield commands
    decisions = _counters("outside_decisions", "Choices that came by MQTT.", "outcome")
    for outcome, count in mqtt.choices.items():
        decisions.add_metric((outcome,), count)
    yield decisions


def _trace(trace: TraceView) -> Iterator[Metric]:
    left_out = trace.strangers_left_out
    yield _counter("trace_strangers_left_out", "Messages of strangers not traced.", left_out)
    yield _counter("trace_frames_dropped", "Parts of traces not on disk.", trace.not_written)
    yield _counter("hep_sent", "Messages sent to Homer.", trace.hep_sent)
    yield _counter("hep_dropped", "Messages not sent to Homer.", trace.hep_dropped)


def _mail(mail: MailView) -> Iterator[Metric]:
    yield _counter("mail_sent", "E-mails that the mail server has taken.", mail.sent)
    yield _counter("mail_failures", "Attempts to send one that are repeated.", mail.failures)
    yield _counter("mail_refused", "E-mails put aside: they can never be sent.", mail.refused)
    yield _gauge("mail_waiting", "E-mails in the spool.", mail.waiting)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"freeline_{name}", text, value=float(value))


def _gauges(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"freeline_{name}", text, labels=labels)


def _counter(name: str, text: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(f"freeline_{name}", text, value=value)


def _counters(name: str, text: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"freeline_{name}", text, labels=labels)
