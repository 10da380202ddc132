"""PURE: what one stream tells and learns by RTCP."""

from __future__ import annotations

from collections.abc import Callable

from switch.media.reception import Reception
from switch.media.rtcp_packet import (
    ReportBlock,
    SenderInfo,
    build_bye,
    build_report,
    ntp_middle,
    parse_rtcp,
)
from switch.media.sender import RtpSender

INTERVAL_SECONDS = 5.0
"""RFC 3550 6.2: between reports, at least."""


class RtcpSession:
    """Reports of one stream and its party."""

    def __init__(
        self,
        cname: str,
        sender: RtpSender,
        reception: Reception,
        wall_clock: Callable[[], float],
    ) -> None:
        self.remote: tuple[str, int] = ("", 0)
        self.remote_lost = 0
        """Packets of ours that the party misses."""
        self.round_trip_ms = -1.0
        self._cname = cname
        self._sender = sender
        self._reception = reception
        self._wall_clock = wall_clock
        self._due_at = 0.0
        self._packets_told = 0
        self._last_sr = 0
        self._last_sr_at = 0.0

    def receive(self, data: bytes, source: tuple[str, int], now: float) -> None:
        """Learn from what the party reports."""
        for report in parse_rtcp(data):
            self.remote = source
            if report.ntp_middle:
                self._last_sr = report.ntp_middle
                self._last_sr_at = now
            for block in report.blocks:
                if block.ssrc == self._sender.ssrc:
                    self.remote_lost = max(0, block.lost)
                    self._measure(block)

    def report(self, clock: int, now: float) -> bytes:
        """Return a report when one is due, else nothing.

        Args:
            clock: samples since the stream was opened.
        """
        if now < self._due_at:
            return b""
        first = not self._due_at
        self._due_at = now + INTERVAL_SECONDS
        if first and not self._sender.packets and not self._reception.received:
            return b""
        return self._compound(clock, now)

    def farewell(self, now: float) -> bytes:
        """Return the last report with a BYE (RFC 3550 6.3.7)."""
        return self._compound(None, now) + build_bye(self._sender.ssrc)

    def _compound(self, clock: int | None, now: float) -> bytes:
        sender = self._sender
        info = None
        if clock is not None and sender.packets != self._packets_told:
            self._packets_told = sender.packets
            timestamp = sender.timestamp_at(clock)
            info = SenderInfo(self._wall_clock(), timestamp, sender.packets, sender.octets)
        return build_report(sender.ssrc, info, self._block(now), self._cname)

    def _block(self, now: float) -> ReportBlock | None:
        reception = self._reception
        if not reception.received:
            return None
        delay = int((now - self._last_sr_at) * 65_536) if self._last_sr else 0
        return ReportBlock(
            reception.ssrc,
            reception.take_fraction_lost(),
            reception.lost,
            reception.highest_sequence,
            reception.jitter,
            self._last_sr,
            delay,
        )

    def _measure(self, block: ReportBlock) -> None:
        """RFC 3550 6.4.1: round trip = now - LSR - DLSR."""
        if not block.last_sr:
            return
        units = ntp_middle(self._wall_clock()) - block.last_sr - block.delay_since_last_sr
        units &= 0xFFFF_FFFF
        if units < 60 * 65_536:
            self.round_trip_ms = round(units * 1000 / 65_536, 3)
