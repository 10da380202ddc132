"""What is told of a leg's media when it is over."""

from __future__ import annotations

from switch.calls.leg import Leg
from switch.events import LegMedia
from switch.media.messages import StreamStats


def leg_media(leg: Leg, stats: StreamStats) -> LegMedia:
    """Return what RTP and RTCP measured on a leg."""
    return LegMedia(
        leg=leg.side.value,
        codec=leg.codec,
        packets_received=stats.packets_received,
        packets_sent=stats.packets_sent,
        packets_lost=stats.packets_lost,
        jitter_ms=stats.jitter_ms,
        remote_lost=stats.remote_lost,
        round_trip_ms=None if stats.round_trip_ms < 0 else stats.round_trip_ms,
    )
