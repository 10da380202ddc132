"""PURE: two tracks of a recording on one time line.

Left is what the party says, right what it hears. Packets are placed by their
timestamps, and a talkspurt by when it came, so that a pause is as long as it was.
"""

from __future__ import annotations

import math

from switch.media.g711 import ULAW_SILENCE

CLOCK_RATE = 8000
_RESYNC_SAMPLES = 1600
"""200 ms: a timestamp that strays further from the clock begins anew."""
CHUNK_SAMPLES = CLOCK_RATE
"""A second is handed on at a time."""
_LATE_SAMPLES = CLOCK_RATE // 2
"""How late a packet may come and still find its place."""

_AFTER_KEY_SAMPLES = CLOCK_RATE
"""A second: keys that are told in the middle of their tone, packets that come late."""

_SILENCE = bytes((ULAW_SILENCE,))


class Track:
    """One direction: mu-law samples from position `start` on."""

    __slots__ = ("_buffer", "_next", "_timestamp", "background", "silent_until", "start")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.background = _SILENCE
        """A pattern to repeat where nothing came: silence, or comfort noise."""
        self.start = 0
        self._next = 0
        """Position after the packet placed last."""
        self._timestamp: int | None = None
        """Timestamp that belongs to `_next`."""
        self.silent_until = 0.0
        """What comes before this position has its time in the recording, and is silence there."""

    def put(self, samples: bytes, timestamp: int, clock: int) -> None:
        """Place a packet.

        Args:
            timestamp: its RTP timestamp.
            clock: samples since the recording began, now.
        """
        if clock < self.silent_until:
            samples = _SILENCE * len(samples)
        expected = clock - len(samples)
        position = expected
        if self._timestamp is not None:
            position = self._next + ((timestamp - self._timestamp + 2**31) % 2**32 - 2**31)
            if abs(position - expected) > _RESYNC_SAMPLES:
                position = max(expected, self.start)
        self._next = position + len(samples)
        self._timestamp = (timestamp + len(samples)) & 0xFFFF_FFFF
        at = position - self.start
        if at < 0:
            samples, at = samples[-at:], 0
        missing = at - len(self._buffer)
        if missing > 0:
            self._buffer += self._nothing(missing)
        self._buffer[at : at + len(samples)] = samples

    def take(self, count: int) -> bytes:
        """Return the first samples, the background where nothing came, and forget them."""
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        self.start += count
        return taken + self._nothing(count - len(taken))

    def _nothing(self, count: int) -> bytes:
        silenced = self.start + len(self._buffer) < self.silent_until
        pattern = _SILENCE if silenced else self.background
        if len(pattern) == 1:
            return pattern * count
        return (pattern * (count // len(pattern) + 1))[:count]


class Recorder:
    """Both tracks; hands out chunks of a second that are complete."""

    __slots__ = ("_began", "heard", "said")

    def __init__(self, now: float) -> None:
        self._began = now
        self.said = Track()
        self.heard = Track()

    def silence(self, on: bool, now: float) -> None:
        """Keep what is said and heard from now on out of the recording, or no longer.

        The secret's last key is known when it is pressed, and may be heard until long after:
        nothing comes into the recording before it has ended, and some time has passed.
        """
        self._silent_until(math.inf if on else self.clock(now) + _AFTER_KEY_SAMPLES)

    def key_sounds(self, now: float) -> None:
        """Learn that a key is being pressed: the end of a silence waits for it."""
        clock = self.clock(now)
        if clock < self.said.silent_until < clock + _AFTER_KEY_SAMPLES:
            self._silent_until(clock + _AFTER_KEY_SAMPLES)

    def _silent_until(self, position: float) -> None:
        self.said.silent_until = self.heard.silent_until = position

    def clock(self, now: float) -> int:
        """Return samples since the beginning."""
        return int((now - self._began) * CLOCK_RATE)

    @property
    def samples(self) -> int:
        """How many samples have been handed out."""
        return self.said.start

    def chunks(self, now: float, *, all_of_it: bool = False) -> list[tuple[bytes, bytes]]:
        """Return what is complete: left and right, of equal length, in mu-law."""
        end = self.clock(now) - (0 if all_of_it else _LATE_SAMPLES)
        found = []
        while end - self.said.start >= CHUNK_SAMPLES:
            found.append((self.said.take(CHUNK_SAMPLES), self.heard.take(CHUNK_SAMPLES)))
        rest = end - self.said.start
        if all_of_it and rest > 0:
            found.append((self.said.take(rest), self.heard.take(rest)))
        return found
