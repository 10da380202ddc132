"""What the metrics read of the parts of a switch at each scrape."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict

from switch.app.certificates import Certificates
from switch.app.tracing import Tracing
from switch.calls.registry import CallRegistry
from switch.clock import Clock
from switch.media.pool import MediaPool
from switch.outside.mail_spool import MailSpool
from switch.records.store import RecordStore
from switch.routing import Router
from switch.sip.core import SipCore
from switch.sip.events import SipEvent
from switch.telemetry import MqttLink, SipSnapshot, StreamsSnapshot, Watched
from switch.transport import SipDriver


def watch(
    watched: Watched,
    clock: Clock,
    router: Router,
    calls: CallRegistry,
    core: SipCore,
    driver: SipDriver[SipEvent],
    certificates: Certificates,
    media: MediaPool,
    records: RecordStore,
    mqtt: MqttLink | None,
    mail: MailSpool | None,
    trace: Tracing | None,
) -> None:
    """Let the metrics look at all of these."""
    watched.now = clock.now
    watched.router = router.ask
    watched.calls = calls
    watched.sip = lambda: _sip_snapshot(core)
    watched.streams = lambda: _streams_snapshot(driver, certificates)
    watched.tasks = lambda: len(asyncio.all_tasks())
    watched.media_streams = lambda: media.stream_count
    watched.media_workers = lambda: len(media.pids)
    watched.records = records
    watched.mqtt = mqtt
    watched.mail = mail
    watched.trace = trace


def _sip_snapshot(core: SipCore) -> SipSnapshot:
    layer = core.layer
    return SipSnapshot(
        messages=layer.messages,
        transactions_live=len(layer),
        retransmissions=layer.retransmissions,
        bad_datagrams=layer.bad_datagrams,
        unheard=core.door.unheard,
        overload_refusals=core.overload.refused,
        queue_delay_seconds=core.overload.delay_seconds,
    )


def _streams_snapshot(driver: SipDriver[SipEvent], certificates: Certificates) -> StreamsSnapshot:
    open_: Counter[str] = Counter()
    refused: defaultdict[str, Counter[str]] = defaultdict(Counter)
    failures: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for listener in driver.streams():
        open_[listener.transport] += len(listener)
        refused[listener.transport].update(listener.refused)
        failures[listener.transport].update(listener.failures)
    ends = certificates.expires_at
    return StreamsSnapshot(
        open=open_,
        refused=refused,
        failures=failures,
        certificate_expires_at=None if ends is None else ends.timestamp(),
    )
