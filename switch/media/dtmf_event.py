"""PURE: key presses as RTP events (RFC 4733)."""

from __future__ import annotations

KEYS = "0123456789*#ABCD"
"""Event code -> key (RFC 4733 3.2)."""

_LATE_SAMPLES = 2 * 8000
"""A timestamp this little earlier than the last is late; an earlier one begins anew."""


class DtmfReceiver:
    """Tells each key press once, however many of its packets come or are lost.

    All packets of one press carry the timestamp of its beginning, so a new timestamp is
    a new press; the three end packets repeat it (RFC 4733 2.5.1.4).
    """

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: tuple[int, int] | None = None
        """Timestamp and event of the press told last."""

    def receive(self, timestamp: int, payload: bytes) -> str:
        """Return the key when a press begins with this packet, else an empty string."""
        if len(payload) < 4 or payload[0] >= len(KEYS):
            return ""
        press = timestamp, payload[0]
        if press == self._last:
            return ""
        if self._last is not None and 0 < (self._last[0] - timestamp) % 2**32 < _LATE_SAMPLES:
            return ""  # a late packet of an earlier press
        self._last = press
        return KEYS[payload[0]]

    def restart(self) -> None:
        """Forget: the source has changed, and its timestamps with it."""
        self._last = None


def scaled_event(payload: bytes, clock_rate: int, to_clock_rate: int) -> bytes:
    """Return an event whose duration counts at another clock rate (RFC 4733 2.3.5)."""
    if clock_rate == to_clock_rate or len(payload) < 4:
        return payload
    duration = int.from_bytes(payload[2:4], "big") * to_clock_rate // clock_rate
    return payload[:2] + min(duration, 0xFFFF).to_bytes(2, "big") + payload[4:]
