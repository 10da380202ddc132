"""PURE: RTP packets (RFC 3550 5.1)."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

HEADER = Struct("!BBHII")
"""V/P/X/CC, M/PT, sequence number, timestamp, SSRC."""

HEADER_BYTES = HEADER.size
VERSION_2 = 0x80
MARKER = 0x80

FRAME_SAMPLES = 160
"""20 ms at 8000 Hz: what we send in one packet."""


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """A packet that came."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse_rtp(data: bytes | memoryview) -> RtpPacket | None:
    """Return the packet, or None when this is not RTP version 2."""
    if len(data) < HEADER_BYTES:
        return None
    first, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
    if first & 0xC0 != VERSION_2:
        return None
    start = HEADER_BYTES + 4 * (first & 0x0F)
    end = len(data)
    if first & 0x10:  # header extension
        if end < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if first & 0x20:  # padding; its last byte tells its length
        end -= data[end - 1]
    if start > end:
        return None
    return RtpPacket(
        second & 0x7F, bool(second & MARKER), sequence, timestamp, ssrc, bytes(data[start:end])
    )


def build_rtp(
    payload_type: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    *,
    marker: bool = False,
) -> bytes:
    """Return the bytes of a packet; numbers are taken modulo their width."""
    second = payload_type | MARKER if marker else payload_type
    header = HEADER.pack(
        VERSION_2, second, sequence & 0xFFFF, timestamp & 0xFFFF_FFFF, ssrc & 0xFFFF_FFFF
    )
    return header + payload
