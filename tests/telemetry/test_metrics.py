"""Every metric, read back with Prometheus's own parser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families

from switch.events import CallAnswered, CallArrived, Event, EventBus
from switch.media.messages import StreamStats
from switch.telemetry import Metrics, SipSnapshot, StreamsSnapshot
from switch.telemetry.trunk_metrics import PeerSnapshot, TrunkSnapshot, TrunksSnapshot
from tests.support.sample_events import AT, CALL, EVENTS, ended

METRICS_PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


def read(metrics: Metrics) -> dict[str, float]:
    """Return every sample as `name{label="value",...}` -> value."""
    samples = {}
    for family in text_string_to_metric_families(generate_latest(metrics.registry).decode()):
        for sample in family.samples:
            labels = ",".join(f'{key}="{value}"' for key, value in sorted(sample.labels.items()))
            samples[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return samples


class RouterStub:
    """A router's view with two queues."""

    queue_names = ("orders", "helpdesk")

    def queue_length(self, queue: str) -> int:
        return {"orders": 3, "helpdesk": 0}[queue]

    def oldest_wait_seconds(self, queue: str, now: float) -> float:
        return now - 90 if queue == "orders" else 0.0

    def service_level(self, queue: str) -> float | None:
        return 0.75 if queue == "orders" else None

    def recent_service_level(self, queue: str, minutes: int, now: float) -> float | None:
        return minutes / 100 if queue == "orders" else None

    def expected_wait_seconds(self, queue: str, now: float) -> float:
        return 45.0 if queue == "orders" else 0.0

    def agents_by_state(self) -> Mapping[str, int]:
        return {"ready": 2, "talking": 1}


@dataclass
class CallsStub:
    leg_count: int = 5

    def __len__(self) -> int:
        return 3


@dataclass
class RecordsStub:
    written: int = 10
    dropped: int = 1
    queued: int = 2


@dataclass
class MqttStub:
    connected: bool = True
    published: int = 20
    dropped: int = 3
    waiting: int = 4
    commands: int = 5
    choices: dict[str, int] = field(default_factory=lambda: {"followed": 7, "too_late": 1})
    commands_refused: int = 6


@dataclass
class TraceStub:
    strangers_left_out: int = 5
    not_written: int = 1
    hep_sent: int = 70
    hep_dropped: int = 2


@dataclass
class MailStub:
    sent: int = 8
    failures: int = 2
    refused: int = 1
    waiting: int = 3


@dataclass
class LogStub:
    dropped: int = 7


def watch_everything(metrics: Metrics) -> None:
    watched = metrics.watched
    watched.now = lambda: 100.0
    watched.router = RouterStub()
    watched.calls = CallsStub()
    watched.records = RecordsStub()
    watched.mqtt = MqttStub()
    watched.mail = MailStub()
    watched.trace = TraceStub()
    watched.log = LogStub()
    watched.tasks = lambda: 9
    watched.trunks = lambda: TrunksSnapshot(
        trunks=(
            TrunkSnapshot(
                name="carrier",
                registered=True,
                calls_out=1,
                calls_in=2,
                peers={"sip:one.example": PeerSnapshot(up=True, round_trip_seconds=0.02)},
                failovers={"timeout": 3},
            ),
        ),
        lookups={"found": 4},
    )
    watched.media_streams = lambda: 5
    watched.media_workers = lambda: 2
    watched.streams = lambda: StreamsSnapshot(
        open={"tls": 3},
        refused={"tcp": {"slow": 2}},
        failures={"tls": {"cipher": 4}},
        certificate_expires_at=1.8e9,
    )
    watched.sip = lambda: SipSnapshot(
        messages={("in", "INVITE", ""): 4, ("out", "INVITE", "200"): 3, ("in", "FOO", ""): 1},
        transactions_live=9,
        retransmissions={"out": 2},
        bad_datagrams={"no_call_id": 1},
    )


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("1.2.3")


def publish(metrics: Metrics, *events: Event) -> None:
    bus = EventBus(lambda event, error: pytest.fail(f"{event}: {error}"))
    bus.subscribe_each(metrics.readers)
    for event in events:
        bus.publish(event)


def test_a_call_is_counted_from_its_events(metrics: Metrics) -> None:
    publish(metrics, *EVENTS)
    samples = read(metrics)
    for name in (
        'freeline_calls_arrived_total{flow="main",trunk="loopback"}',
        'freeline_calls_total{reason="caller_hung_up",result="completed"}',
        'freeline_calls_total{reason="unknown_number",result="rejected"}',
        'freeline_digits_total{method="rfc4733"}',
        'freeline_queue_entered_total{queue="orders"}',
        'freeline_queue_left_total{outcome="connected",queue="orders"}',
        'freeline_queue_answered_in_time_total{queue="orders"}',
        'freeline_queue_moved_total{queue="sales",to="orders",why="full"}',
        "freeline_routing_decisions_total"
        '{choice="2",overflow="yes",queue="orders",rule="longest_idle"}',
        'freeline_agent_offers_total{queue="orders"}',
        'freeline_agent_offers_failed_total{outcome="no_answer",queue="orders"}',
        'freeline_headset_registrations_total{kind="new"}',
        'freeline_headset_removals_total{cause="expired"}',
        "freeline_media_worker_deaths_total",
        "freeline_call_setup_seconds_count",
        "freeline_routing_decision_seconds_count",
    ):
        assert samples[name] == 1, name
    wait = 'freeline_queue_wait_seconds_bucket{le="%s",outcome="connected",queue="orders"}'
    assert (samples[wait % "10.0"], samples[wait % "20.0"]) == (0, 1)
    assert samples['freeline_agent_ring_seconds_sum{queue="orders"}'] == 1.25
    assert sum(name.startswith("freeline_build_info{python=") for name in samples) == 1


def test_calls_that_end_unanswered_leave_nothing_behind(metrics: Metrics) -> None:
    arrived = EVENTS[0]
    assert isinstance(arrived, CallArrived)
    publish(metrics, arrived, ended(), CallAnswered(at=AT, call=CALL, codec="PCMU"))
    assert read(metrics)["freeline_call_setup_seconds_count"] == 0


def test_what_is_watched_is_read_at_the_scrape(metrics: Metrics) -> None:
    watch_everything(metrics)
    samples = read(metrics)
    assert samples["freeline_calls_live"] == 3
    assert samples["freeline_legs_live"] == 5
    assert samples['freeline_queue_length{queue="orders"}'] == 3
    assert samples['freeline_queue_oldest_wait_seconds{queue="orders"}'] == 10
    assert samples['freeline_queue_service_level_ratio{queue="orders"}'] == 0.75
    assert 'freeline_queue_service_level_ratio{queue="helpdesk"}' not in samples
    assert samples['freeline_agents{state="ready"}'] == 2
    assert samples['freeline_sip_messages_total{code="200",direction="out",method="INVITE"}'] == 3
    assert samples['freeline_sip_messages_total{code="",direction="in",method="other"}'] == 1
    assert samples["freeline_sip_transactions_live"] == 9
    assert samples['freeline_sip_retransmissions_total{direction="out"}'] == 2
    assert samples['freeline_sip_bad_datagrams_total{reason="no_call_id"}'] == 1
    assert samples['freeline_sip_connections{transport="tls"}'] == 3
    assert samples['freeline_sip_connections_cut_total{reason="slow",transport="tcp"}'] == 2
    assert samples['freeline_sip_handshakes_failed_total{reason="cipher",transport="tls"}'] == 4
    assert samples["freeline_tls_certificate_expiry_timestamp_seconds"] == 1.8e9
    assert samples["freeline_media_streams_live"] == 5
    assert samples["freeline_event_loop_tasks"] == 9
    assert samples["freeline_media_workers_live"] == 2
    assert samples["freeline_records_written_total"] == 10
    assert samples["freeline_records_dropped_total"] == 1
    assert samples["freeline_records_waiting"] == 2
    assert samples["freeline_mqtt_connected"] == 1
    assert samples["freeline_mqtt_published_total"] == 20
    assert samples["freeline_mqtt_dropped_total"] == 3
    assert samples['freeline_mqtt_commands_total{outcome="refused"}'] == 6
    assert samples["freeline_mail_sent_total"] == 8
    assert samples["freeline_mail_failures_total"] == 2
    assert samples["freeline_mail_refused_total"] == 1
    assert samples["freeline_mail_waiting"] == 3
    assert samples["freeline_log_lines_dropped_total"] == 7


def test_what_is_not_watched_has_no_samples(metrics: Metrics) -> None:
    parts = ("freeline_mqtt", "freeline_mail")
    assert not any(name.startswith(parts) for name in read(metrics))


def test_strangers_cannot_make_series_grow(metrics: Metrics) -> None:
    metrics.watched.sip = lambda: SipSnapshot(
        messages=Counter({("in", f"M{number}", ""): 1 for number in range(500)}),
        bad_datagrams={f"reason {number}": 1 for number in range(500)},
    )
    samples = read(metrics)
    assert samples['freeline_sip_messages_total{code="",direction="in",method="other"}'] == 500
    reasons = [name for name in samples if name.startswith("freeline_sip_bad_datagrams_total")]
    assert len(reasons) == 51
    assert samples['freeline_sip_bad_datagrams_total{reason="other"}'] == 450


def test_streams_are_summed_live_and_closed(metrics: Metrics) -> None:
    media = metrics.media
    media.count("a", StreamStats(packets_received=100, packets_sent=90, packets_lost=4))
    media.count("b", StreamStats(packets_received=10, packets_sent=10, packets_refused=3))
    media.count("a", StreamStats(packets_received=150, packets_sent=140, packets_lost=6))
    media.count(
        "a",
        StreamStats(packets_received=160, packets_sent=150, packets_lost=5, jitter_ms=4.0),
        closed=True,
    )
    samples = read(metrics)
    assert samples["freeline_rtp_packets_received_total"] == 170
    assert samples["freeline_rtp_packets_sent_total"] == 160
    assert samples["freeline_rtp_packets_lost_total"] == 6
    assert samples["freeline_rtp_packets_refused_total"] == 3
    assert samples["freeline_rtp_jitter_seconds_count"] == 1
    assert samples["freeline_rtp_jitter_seconds_sum"] == 0.004


def test_a_stream_of_a_dead_worker_is_forgotten_with_what_it_had(metrics: Metrics) -> None:
    metrics.media.count("a", StreamStats(packets_received=100))
    metrics.media.forget("a")
    metrics.media.count("a", StreamStats(packets_received=1), closed=True)
    assert read(metrics)["freeline_rtp_packets_received_total"] == 101


def test_lag_and_broken_readers_are_counted(metrics: Metrics) -> None:
    metrics.observe_loop_lag(0.003)
    metrics.subscriber_failed()
    samples = read(metrics)
    assert samples["freeline_event_loop_lag_seconds_count"] == 1
    assert samples["freeline_event_subscriber_errors_total"] == 1


def _families(metrics: Metrics) -> Iterable[str]:
    for family in (*metrics.registry.collect(), *metrics.in_parts.collect()):
        if family.name.startswith("freeline_"):
            suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
            yield family.name + suffix


def test_every_metric_is_explained_on_its_page_and_no_other(metrics: Metrics) -> None:
    watch_everything(metrics)
    page = METRICS_PAGE.read_text()
    told = {
        line.split("`")[1].split("{")[0] for line in page.splitlines() if line.startswith("| `")
    }
    assert told == set(_families(metrics))


def test_names_carry_units_and_help(metrics: Metrics) -> None:
    watch_everything(metrics)
    for family in metrics.registry.collect():
        assert family.documentation, family.name
        if family.type == "histogram" and family.name.startswith("freeline_"):
            assert family.name.endswith("_seconds")


def test_it_is_openmetrics_too(metrics: Metrics) -> None:
    publish(metrics, *EVENTS)
    watch_everything(metrics)
    text = generate_openmetrics(metrics.registry).decode()  # type: ignore[no-untyped-call]
    assert len(list(parse_openmetrics(text))) > 40  # type: ignore[no-untyped-call]
