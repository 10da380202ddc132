"""PURE: the tones a caller hears: one to speak after, and those of waiting."""

from __future__ import annotations

import math
from collections.abc import Sequence

from switch.media.g711 import ULAW_SILENCE, linear_to_ulaw

_RATE = 8000
_RAMP_SAMPLES = 80
"""Softly in and out, or it clicks."""
_SOFT_SAMPLES = 400


def beep() -> bytes:
    """Return the tone after which a message begins, in mu-law at 8 kHz."""
    return _tone((1000,), 0.25, 8000)


def ringback() -> bytes:
    """Return one round of North America's ringing tone (ITU-T E.180): 2 s on, 4 s off."""
    return _tone((440, 480), 2.0, 4000) + bytes((ULAW_SILENCE,)) * (4 * _RATE)


def waiting() -> bytes:
    """Return one round of what says that it goes on in a moment: two soft notes, 1 s in all."""
    notes = _tone((440,), 0.3, 1200, _SOFT_SAMPLES) + _tone((554,), 0.3, 1200, _SOFT_SAMPLES)
    return notes + bytes((ULAW_SILENCE,)) * (4 * _RATE // 10)


def _tone(
    hertz: Sequence[int], seconds: float, level: int, ramp_samples: int = _RAMP_SAMPLES
) -> bytes:
    count = int(seconds * _RATE)
    found = bytearray()
    for n in range(count):
        swing = sum(math.sin(2 * math.pi * each * n / _RATE) for each in hertz)
        ramp = min(1.0, n / ramp_samples, (count - n) / ramp_samples)
        found.append(linear_to_ulaw(round(level * ramp * swing)))
    return bytes(found)
