"""PURE: a caller's message: what is said, until silence, and nothing of the silence.

Speech is told by its energy, over a floor that follows the line's own noise: quiet lines and
noisy ones alike. What was only silence is never handed out, so that a message ends where the
caller's voice does.
"""

from __future__ import annotations

from enum import StrEnum

from switch.media.g711 import ULAW_SAMPLES
from switch.media.recorder import CLOCK_RATE, Track
from switch.media.rtp_packet import FRAME_SAMPLES

_LATE_SAMPLES = CLOCK_RATE // 10
"""How late a packet may come and still find its place."""
_LEAST_ENERGY = 120.0**2
"""Mean square below which nothing is speech, about -49 dB of full scale."""
_OVER_FLOOR = 6.0
"""Speech has so many times the energy of the noise: 8 dB."""
_FLOOR_RISES = 1.01
"""By this much a frame: a noise that stays is the floor after some seconds."""
_SPEECH_FRAMES = 4
"""Loud frames one after another that are a voice; fewer are a click."""
_TAIL_SAMPLES = CLOCK_RATE // 4
"""Kept after the last loud frame: soft ends of words."""

_SQUARES = tuple(float(sample * sample) for sample in ULAW_SAMPLES)


class MessageEnd(StrEnum):
    """Why a message ended by itself."""

    SILENCE = "silence"
    MAX_SECONDS = "max_seconds"


class VoiceDetector:
    """Tells speech from silence, frame by frame of 20 ms in mu-law."""

    __slots__ = ("_floor", "_loud")

    def __init__(self) -> None:
        self._floor = _LEAST_ENERGY / _OVER_FLOOR
        self._loud = 0

    def is_speech(self, frame: bytes) -> bool:
        """Take the next frame; True while somebody speaks."""
        energy = sum(map(_SQUARES.__getitem__, frame)) / len(frame)
        loud = energy > max(_LEAST_ENERGY, self._floor * _OVER_FLOOR)
        self._floor = min(energy, self._floor * _FLOOR_RISES)
        self._floor = max(self._floor, 1.0)
        self._loud = self._loud + 1 if loud else 0
        return self._loud >= _SPEECH_FRAMES


class VoiceMessage:
    """One message under way. Packets go into `track`; `take` hands out what is to be kept."""

    __slots__ = (
        "_began",
        "_detector",
        "_end_samples",
        "_kept",
        "_pending",
        "_quiet",
        "_silence_samples",
        "end",
        "said",
        "track",
    )

    def __init__(self, now: float, max_seconds: float, silence_seconds: float) -> None:
        self._began = now
        self._end_samples = int(max_seconds * CLOCK_RATE)
        self._silence_samples = int(silence_seconds * CLOCK_RATE)
        self._detector = VoiceDetector()
        self._pending = bytearray()
        """Heard, and perhaps only silence: kept back until somebody speaks again."""
        self._quiet = 0
        """Samples since somebody spoke, or since the beginning."""
        self._kept = 0
        self.said = False
        """Somebody has spoken."""
        self.end: MessageEnd | None = None
        self.track = Track()

    @property
    def seconds(self) -> float:
        """Length of what has been handed out."""
        return self._kept / CLOCK_RATE

    def clock(self, now: float) -> int:
        """Return samples since the beginning."""
        return int((now - self._began) * CLOCK_RATE)

    def put(self, samples: bytes, timestamp: int, now: float) -> None:
        """Take a packet in mu-law."""
        self.track.put(samples, timestamp, self.clock(now))

    def take(self, now: float) -> bytes:
        """Return what is certain to belong to the message; `end` says when it is over."""
        if self.end is not None:
            return b""
        heard_until = min(self.clock(now) - _LATE_SAMPLES, self._end_samples)
        while self.track.start + FRAME_SAMPLES <= heard_until:
            frame = self.track.take(FRAME_SAMPLES)
            self._pending += frame
            if self._detector.is_speech(frame):
                self.said = True
                self._quiet = 0
            else:
                self._quiet += FRAME_SAMPLES
            if self._quiet >= self._silence_samples:
                self.end = MessageEnd.SILENCE
                return self.take_rest()
        if heard_until >= self._end_samples:
            self.end = MessageEnd.MAX_SECONDS
            return self.take_rest()
        return self._hand_out(0)

    def take_rest(self, cut_seconds: float = 0.0) -> bytes:
        """Return the last that belongs to the message, which is over.

        Args:
            cut_seconds: not to be kept: the sound of the key that ended it.
        """
        cut = int(cut_seconds * CLOCK_RATE)
        if cut:
            self._quiet = max(self._quiet, cut + _TAIL_SAMPLES)
        return self._hand_out(_TAIL_SAMPLES)

    def _hand_out(self, tail: int) -> bytes:
        """Return what was said and not yet handed out, and so much of the silence after it."""
        if not self.said:
            return b""
        count = len(self._pending) - max(0, self._quiet - tail)
        if count <= 0:
            return b""
        found = bytes(self._pending[:count])
        del self._pending[:count]
        self._quiet = min(self._quiet, len(self._pending))
        self._kept += count
        return found
