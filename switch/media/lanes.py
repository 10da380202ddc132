"""`Poll` with a fast lane for the plain packets of bridged calls.

A stream opens its lane when it has relayed a packet in Python and nothing stands in the
way; it closes it, and learns what has passed, before anything about it changes or is asked.
"""

from __future__ import annotations

import resource

import numpy

from switch.media.fast_relay import (
    EPOLL_EVENT,
    LANE,
    MAX_EVENTS,
    MAX_PACKET_BYTES,
    relay_ready,
)
from switch.media.g711 import ALAW_TO_ULAW, ULAW_TO_ALAW
from switch.media.messages import Codec
from switch.media.poll import Passed, Poll

_MOST_DESCRIPTORS = 1 << 20
_TABLES = numpy.frombuffer(
    bytes(range(256)) + ULAW_TO_ALAW + ALAW_TO_ULAW, dtype=numpy.uint8
).reshape(3, 256)
_TRANSCODING = {
    (Codec.PCMU, Codec.PCMU): 0,
    (Codec.PCMA, Codec.PCMA): 0,
    (Codec.G722, Codec.G722): 0,
    (Codec.PCMU, Codec.PCMA): 1,
    (Codec.PCMA, Codec.PCMU): 2,
}


class Lanes(Poll):
    """Descriptors that are waited for, and lanes by descriptor."""

    def __init__(self) -> None:
        super().__init__()
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if most < 0 or most > _MOST_DESCRIPTORS:
            most = _MOST_DESCRIPTORS
        self._lanes = numpy.zeros(most, LANE)
        self._events = numpy.zeros(MAX_EVENTS, EPOLL_EVENT)
        self._packets = numpy.zeros((MAX_EVENTS, MAX_PACKET_BYTES), numpy.uint8)
        self._rest = numpy.zeros((MAX_EVENTS, 2), numpy.int32)
        self._times = numpy.zeros(2, numpy.int64)
        self.wait(0)  # compiles what is not compiled yet

    def wait(self, seconds: float) -> list[tuple[int, bytes | None]]:
        """Relay what is plain, for one pass; return the rest."""
        left = relay_ready(
            self._poll.fileno(),
            max(0, int(seconds * 1000 + 0.999)),
            self._lanes,
            _TABLES,
            self._events,
            self._packets,
            self._rest,
            self._times,
        )
        if not left:
            return []
        return [
            (fd, None if size < 0 else self._packets[row, :size].tobytes())
            for row, (fd, size) in enumerate(self._rest[:left].tolist())
        ]

    def open(
        self,
        fd: int,
        partner: int,
        *,
        in_codec: Codec,
        in_type: int,
        in_ssrc: int,
        out_codec: Codec,
        out_type: int,
        out_ssrc: int,
        sequence_offset: int,
        timestamp_offset: int,
        so_far: Passed,
    ) -> bool:
        """Open the lane from one socket to another."""
        transcoding = _TRANSCODING.get((in_codec, out_codec))
        if transcoding is None or fd >= len(self._lanes):
            return False  # Opus counts time at another clock, other pairs want a codec
        self._lanes[fd] = (
            *(1, in_type, out_type, transcoding, partner),
            *(in_ssrc, out_ssrc, sequence_offset, timestamp_offset),
            *(so_far.highest_sequence, so_far.transit, so_far.jitter, 0, 0),
            *(so_far.last_sequence, so_far.last_timestamp, so_far.heard_at),
        )
        return True

    def close(self, fd: int) -> Passed:
        """Close the lane, and return what has passed."""
        lane = self._lanes[fd]
        lane["open"] = 0
        return Passed(
            received=int(lane["received"]),
            octets=int(lane["octets"]),
            highest_sequence=int(lane["highest_sequence"]),
            transit=int(lane["transit"]),
            jitter=float(lane["jitter"]),
            heard_at=float(lane["heard_at"]),
            last_sequence=int(lane["last_sequence"]),
            last_timestamp=int(lane["last_timestamp"]),
        )
