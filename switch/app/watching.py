"""What the metrics read of the parts of a switch at each scrape."""

from __future__ import annotations

from switch.calls.registry import CallRegistry
from switch.clock import Clock
from switch.media.pool import MediaPool
from switch.outside.mail_spool import MailSpool
from switch.records.store import RecordStore
from switch.routing import Router
from switch.sip.core import SipCore
from switch.telemetry import MqttLink, SipSnapshot, Watched


def watch(
    watched: Watched,
    clock: Clock,
    router: Router,
    calls: CallRegistry,
    core: SipCore,
    media: MediaPool,
    records: RecordStore,
    mqtt: MqttLink | None,
    mail: MailSpool | None,
) -> None:
    """Let the metrics look at all of these."""
    watched.now = clock.now
    watched.router = router.ask
    watched.calls = calls
    watched.sip = lambda: _sip_snapshot(core)
    watched.media_streams = lambda: media.stream_count
    watched.media_workers = lambda: len(media.pids)
    watched.records = records
    watched.mqtt = mqtt
    watched.mail = mail


def _sip_snapshot(core: SipCore) -> SipSnapshot:
    layer = core.layer
    return SipSnapshot(
        messages=layer.messages,
        transactions_live=len(layer),
        retransmissions=layer.retransmissions,
        bad_datagrams=layer.bad_datagrams,
    )
