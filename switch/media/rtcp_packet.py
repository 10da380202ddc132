"""PURE: RTCP reports (RFC 3550 6): sender and receiver reports, SDES and BYE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

_HEADER = Struct("!BBH")
_SENDER_INFO = Struct("!IIIIII")
"""SSRC, NTP seconds and fraction, RTP timestamp, packets, bytes."""
_BLOCK = Struct("!IIIIII")
"""SSRC, fraction lost and cumulative lost, highest sequence, jitter, LSR, DLSR."""

SR, RR, SDES, BYE = 200, 201, 202, 203
_CNAME = 1
_NTP_EPOCH = 2_208_988_800
"""Seconds from 1900 to 1970."""


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What one side tells of the packets it received from a source."""

    ssrc: int
    """The source reported on."""
    fraction_lost: int
    """Of 256, since the report before."""
    lost: int
    """Cumulative; may be negative after duplicates."""
    highest_sequence: int
    """Extended by cycles."""
    jitter: int
    """In timestamp units."""
    last_sr: int
    """Middle 32 bits of the NTP time of the last sender report; 0 for none."""
    delay_since_last_sr: int
    """In units of 1/65536 s."""


@dataclass(frozen=True, slots=True)
class Report:
    """A sender or receiver report."""

    ssrc: int
    ntp_middle: int
    """Middle 32 bits of the sender's NTP time; 0 in a receiver report."""
    blocks: tuple[ReportBlock, ...]


@dataclass(frozen=True, slots=True)
class SenderInfo:
    """What a sender report tells of the sender."""

    unix_seconds: float
    timestamp: int
    packets: int
    octets: int


def ntp_middle(unix_seconds: float) -> int:
    """Return the middle 32 bits of the NTP time (RFC 3550 4)."""
    return int((unix_seconds + _NTP_EPOCH) * 65_536) & 0xFFFF_FFFF


def build_report(
    ssrc: int, sender: SenderInfo | None, block: ReportBlock | None, cname: str
) -> bytes:
    """Return a compound packet: SR or RR, then SDES with the CNAME."""
    blocks = b""
    if block is not None:
        lost = max(-(2**23), min(block.lost, 2**23 - 1)) & 0xFF_FFFF
        blocks = _BLOCK.pack(
            block.ssrc,
            (block.fraction_lost & 0xFF) << 24 | lost,
            block.highest_sequence & 0xFFFF_FFFF,
            block.jitter & 0xFFFF_FFFF,
            block.last_sr,
            block.delay_since_last_sr & 0xFFFF_FFFF,
        )
    if sender is not None:
        ntp = sender.unix_seconds + _NTP_EPOCH
        body = _SENDER_INFO.pack(
            ssrc,
            int(ntp) & 0xFFFF_FFFF,
            int(ntp % 1 * 2**32) & 0xFFFF_FFFF,
            sender.timestamp & 0xFFFF_FFFF,
            sender.packets & 0xFFFF_FFFF,
            sender.octets & 0xFFFF_FFFF,
        )
        kind = SR
    else:
        body = ssrc.to_bytes(4, "big")
        kind = RR
    count = 0 if block is None else 1
    return _packet(kind, count, body + blocks) + _source_description(ssrc, cname)


def build_bye(ssrc: int) -> bytes:
    """Return a BYE."""
    return _packet(BYE, 1, ssrc.to_bytes(4, "big"))


def parse_rtcp(data: bytes | memoryview) -> list[Report]:
    """Return the reports of a compound packet; what is malformed ends it."""
    reports = []
    for kind, count, body in _packets(data):
        if kind == SR and len(body) >= _SENDER_INFO.size:
            ssrc, seconds, fraction, *_ = _SENDER_INFO.unpack_from(body)
            middle = (seconds & 0xFFFF) << 16 | fraction >> 16
            reports.append(Report(ssrc, middle, _blocks(body[_SENDER_INFO.size :], count)))
        elif kind == RR and len(body) >= 4:
            ssrc = int.from_bytes(body[:4], "big")
            reports.append(Report(ssrc, 0, _blocks(body[4:], count)))
    return reports


def is_bye(data: bytes | memoryview) -> bool:
    """Whether a compound packet says good-bye."""
    return any(kind == BYE for kind, _, _ in _packets(data))


def _packets(data: bytes | memoryview) -> Iterator[tuple[int, int, bytes]]:
    """Yield type, count and body of the packets of a compound."""
    at = 0
    while at + 4 <= len(data):
        first, kind, words = _HEADER.unpack_from(data, at)
        end = at + 4 + 4 * words
        if first & 0xC0 != 0x80 or end > len(data):
            return
        yield kind, first & 0x1F, bytes(data[at + 4 : end])
        at = end


def _blocks(body: bytes, count: int) -> tuple[ReportBlock, ...]:
    blocks = []
    for index in range(min(count, len(body) // _BLOCK.size)):
        ssrc, both, highest, jitter, last, delay = _BLOCK.unpack_from(body, index * _BLOCK.size)
        lost = both & 0xFF_FFFF
        if lost & 0x80_0000:
            lost -= 0x100_0000
        blocks.append(ReportBlock(ssrc, both >> 24, lost, highest, jitter, last, delay))
    return tuple(blocks)


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return _HEADER.pack(0x80 | count, kind, len(body) // 4) + body


def _source_description(ssrc: int, cname: str) -> bytes:
    name = cname.encode()[:255]
    chunk = ssrc.to_bytes(4, "big") + bytes((_CNAME, len(name))) + name
    chunk += bytes(4 - len(chunk) % 4)  # at least one zero ends the items
    return _packet(SDES, 1, chunk)
