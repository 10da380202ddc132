"""PURE: the one RTP stream towards a party, whatever it is made of.

Prompts, music and what the other party says follow each other under one SSRC, with
sequence numbers that go up by one and timestamps that follow the clock, so that the
party's phone never has a reason to drop anything.
"""

from __future__ import annotations

from switch.media.rtp_packet import FRAME_SAMPLES, HEADER, MARKER, VERSION_2

_FRAMES = -1
"""As source: our own frames; otherwise the SSRC that is relayed."""
_NOTHING = -2


class RtpSender:
    """Numbers packets. `clock` is the time in samples since some beginning of ours."""

    __slots__ = (
        "_last_timestamp",
        "_sequence",
        "_sequence_offset",
        "_source",
        "_timestamp_base",
        "_timestamp_offset",
        "frame_samples",
        "octets",
        "packets",
        "ssrc",
    )

    def __init__(self, ssrc: int, sequence: int, timestamp: int) -> None:
        """Begin a stream; all three are random (RFC 3550 5.1)."""
        self.ssrc = ssrc
        self.frame_samples = FRAME_SAMPLES
        """Of timestamps, in 20 ms."""
        self.packets = 0
        self.octets = 0
        self._sequence = sequence
        """Of the packet sent last."""
        self._timestamp_base = timestamp
        self._last_timestamp = timestamp
        self._source = _NOTHING
        self._sequence_offset = 0
        self._timestamp_offset = 0

    def timestamp_at(self, clock: int) -> int:
        """Return the timestamp of this moment."""
        return (self._timestamp_base + clock) & 0xFFFF_FFFF

    @property
    def last_timestamp(self) -> int:
        """Timestamp of the packet sent last."""
        return self._last_timestamp

    def frame(self, payload_type: int, payload: bytes, clock: int) -> bytes:
        """Return the packet of our own next 20 ms."""
        second = payload_type
        if self._source != _FRAMES:
            self._source = _FRAMES
            second |= MARKER
            timestamp = self._later(clock)
        else:
            timestamp = (self._last_timestamp + self.frame_samples) & 0xFFFF_FFFF
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._last_timestamp = timestamp
        self.packets += 1
        self.octets += len(payload)
        return HEADER.pack(VERSION_2, second, self._sequence, timestamp, self.ssrc) + payload

    def relayed(
        self,
        payload_type: int,
        marker: int,
        sequence: int,
        timestamp: int,
        ssrc: int,
        payload: bytes,
        clock: int,
    ) -> bytes:
        """Return a packet of the other party under our numbers; gaps stay gaps.

        Args:
            marker: 0x80 or 0.
        """
        if self._source != ssrc:
            self._source = ssrc
            self._sequence_offset = self._sequence + 1 - sequence
            self._timestamp_offset = self._later(clock) - timestamp
            marker = MARKER
        ours = (sequence + self._sequence_offset) & 0xFFFF
        stamp = (timestamp + self._timestamp_offset) & 0xFFFF_FFFF
        if (ours - self._sequence) & 0xFFFF < 0x8000:
            self._sequence = ours
            self._last_timestamp = stamp
        self.packets += 1
        self.octets += len(payload)
        return HEADER.pack(VERSION_2, payload_type | marker, ours, stamp, self.ssrc) + payload

    def event(self, payload_type: int, marker: int, timestamp: int, payload: bytes) -> bytes:
        """Return a packet of a key press (RFC 4733) between our own frames.

        Args:
            timestamp: of the beginning of the press, from `event_begins`.
        """
        self._sequence = (self._sequence + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        second = payload_type | marker
        return HEADER.pack(VERSION_2, second, self._sequence, timestamp, self.ssrc) + payload

    def event_begins(self, clock: int) -> int:
        """Return the timestamp of a key press that begins now."""
        return self._later(clock)

    def change_clock(self, clock: int, frame_samples: int) -> None:
        """Let timestamps go on from the last one at another rate; `clock` counts at it, too."""
        self.frame_samples = frame_samples
        self._timestamp_base = self._last_timestamp - clock
        self.pause()

    @property
    def last_sequence(self) -> int:
        """Sequence number of the packet sent last."""
        return self._sequence

    @property
    def offsets(self) -> tuple[int, int]:
        """What is added to sequence numbers and timestamps of the source that is relayed."""
        return self._sequence_offset, self._timestamp_offset

    def add(self, packets: int, octets: int, sequence: int, timestamp: int) -> None:
        """Take over what was relayed elsewhere, with these offsets, up to this packet."""
        self.packets += packets
        self.octets += octets
        self._sequence = sequence
        self._last_timestamp = timestamp

    def skip_relayed(self) -> None:
        """Leave out a packet of the other party without leaving a gap."""
        self._sequence_offset -= 1

    def pause(self) -> None:
        """What comes next begins anew: a talkspurt with a marker."""
        self._source = _NOTHING

    def _later(self, clock: int) -> int:
        """Return the timestamp of now, but at least a frame after the last."""
        timestamp = self.timestamp_at(clock)
        least = (self._last_timestamp + self.frame_samples) & 0xFFFF_FFFF
        if self.packets and (timestamp - least) & 0xFFFF_FFFF >= 0x8000_0000:
            return least
        return timestamp
