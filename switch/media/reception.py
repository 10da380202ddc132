"""PURE: what is counted of the RTP packets that come: RFC 3550 A.1, A.3 and A.8."""

from __future__ import annotations

CLOCK_RATE = 8000
_MAX_DROPOUT = 3000
"""Sequence numbers that may be missing before it is a new beginning (RFC 3550 A.1)."""


class Reception:
    """One source's packets; a new SSRC goes on counting where the old one stopped."""

    __slots__ = (
        "_base",
        "_expected_before",
        "_highest",
        "_jitter",
        "_lost_before",
        "_prior_expected",
        "_prior_received",
        "_received_here",
        "_transit",
        "clock_rate",
        "received",
        "ssrc",
    )

    def __init__(self) -> None:
        self.received = 0
        self.clock_rate = CLOCK_RATE
        """Of the timestamps, in Hz."""
        self.ssrc = -1
        """Of the present source; -1 before the first packet."""
        self._base = 0
        self._highest = 0
        self._received_here = 0
        self._transit: int | None = None
        self._jitter = 0.0
        self._expected_before = 0
        self._lost_before = 0
        self._prior_expected = 0
        self._prior_received = 0

    def receive(self, sequence: int, timestamp: int, ssrc: int, now: float) -> None:
        """Count a packet."""
        self.received += 1
        step = (sequence - self._highest) & 0xFFFF
        if ssrc != self.ssrc or _MAX_DROPOUT < step < 0x10000 - _MAX_DROPOUT:
            self._restart(sequence, ssrc)
        elif step < 0x8000:
            self._highest += step
        self._received_here += 1
        transit = int(now * self.clock_rate) - timestamp
        if self._transit is not None:
            difference = abs((transit - self._transit + 2**31) % 2**32 - 2**31)
            self._jitter += (difference - self._jitter) / 16
        self._transit = transit

    def receive_event(self, sequence: int, ssrc: int) -> None:
        """Count a packet whose timestamp stands still (RFC 4733): it tells no jitter."""
        self.received += 1
        step = (sequence - self._highest) & 0xFFFF
        if ssrc != self.ssrc or _MAX_DROPOUT < step < 0x10000 - _MAX_DROPOUT:
            self._restart(sequence, ssrc)
        elif step < 0x8000:
            self._highest += step
        self._received_here += 1

    @property
    def transit(self) -> int:
        """Arrival less timestamp of the packet that came last, in timestamp units."""
        return self._transit or 0

    @property
    def jitter_exact(self) -> float:
        """Interarrival jitter as it is carried on."""
        return self._jitter

    def add(self, received: int, highest_sequence: int, transit: int, jitter: float) -> None:
        """Take over what was counted elsewhere since `highest_sequence` was read from here."""
        self.received += received
        self._received_here += received
        self._highest = highest_sequence
        self._transit = transit
        self._jitter = jitter

    def change_clock(self, clock_rate: int) -> None:
        """Timestamps count at another rate from now on."""
        self._jitter *= clock_rate / self.clock_rate
        self.clock_rate = clock_rate
        self._transit = None

    def _restart(self, sequence: int, ssrc: int) -> None:
        self._lost_before = self.lost
        self._expected_before += self._expected_here
        self.ssrc = ssrc
        self._base = self._highest = sequence
        self._received_here = 0
        self._transit = None

    @property
    def _expected_here(self) -> int:
        return self._highest - self._base + 1 if self._received_here else 0

    @property
    def lost(self) -> int:
        """Packets expected and not received, so far."""
        return self._lost_before + max(0, self._expected_here - self._received_here)

    @property
    def jitter(self) -> int:
        """Interarrival jitter in timestamp units."""
        return int(self._jitter)

    @property
    def jitter_ms(self) -> float:
        """Interarrival jitter in milliseconds."""
        return self._jitter * 1000 / self.clock_rate

    @property
    def highest_sequence(self) -> int:
        """Extended highest sequence number of the present source."""
        return self._highest

    def take_fraction_lost(self) -> int:
        """Return the share lost since the last time this was asked, of 256 (A.3)."""
        expected = self._expected_before + self._expected_here
        expected_interval = expected - self._prior_expected
        received_interval = self.received - self._prior_received
        self._prior_expected, self._prior_received = expected, self.received
        lost = expected_interval - received_interval
        if expected_interval <= 0 or lost <= 0:
            return 0
        return (lost << 8) // expected_interval & 0xFF
