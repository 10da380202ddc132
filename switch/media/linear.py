"""PURE: G.711 and 16-bit samples, whole arrays at a time."""

from __future__ import annotations

from functools import cache

import numpy

from switch.media.g711 import ULAW_SAMPLES, linear_to_ulaw

Samples = numpy.ndarray
"""16-bit samples, one dimension."""

_SAMPLES = numpy.array(ULAW_SAMPLES, dtype="<i2")


def ulaw_to_samples(ulaw: bytes) -> Samples:
    """Return the 16-bit samples of mu-law."""
    return _SAMPLES[numpy.frombuffer(ulaw, dtype=numpy.uint8)]


def samples_to_ulaw(samples: Samples) -> bytes:
    """Return 16-bit samples as mu-law."""
    return _codes()[samples.astype(numpy.int32) + 32_768].tobytes()


@cache
def _codes() -> numpy.ndarray:
    """Return the mu-law byte of every 16-bit sample, from the lowest on."""
    magnitudes = numpy.array([linear_to_ulaw(each) for each in range(32_768)], dtype=numpy.uint8)
    codes = numpy.empty(65_536, dtype=numpy.uint8)
    codes[32_768:] = magnitudes
    codes[1:32_768] = magnitudes[:0:-1] & 0x7F
    codes[0] = linear_to_ulaw(-32_768)
    return codes
