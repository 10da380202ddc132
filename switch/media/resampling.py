"""PURE: speech from one sample rate to another, packet by packet, by whole factors."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import numpy

from switch.media.linear import Samples

_TAPS_PER_FACTOR = 32
"""Lets pass up to 0.45 of the lower rate, and nothing of what would fold back below it."""


class Resampler(Protocol):
    """Remembers what it needs of the packets before."""

    def resample(self, samples: Samples) -> Samples:
        """Return the next samples at the other rate."""
        ...


class Decimator:
    """Every `factor`-th sample, after a low pass."""

    def __init__(self, factor: int) -> None:
        self._factor = factor
        self._taps = _low_pass(factor)
        self._before = numpy.zeros(len(self._taps) - factor, dtype=numpy.float32)

    def resample(self, samples: Samples) -> Samples:
        """Return the next samples at the lower rate."""
        taps, factor = self._taps, self._factor
        known = numpy.concatenate((self._before, samples))
        count = max(0, (len(known) - len(taps)) // factor + 1)
        self._before = known[count * factor :]
        if not count:
            return numpy.empty(0, dtype=numpy.int16)
        windows = numpy.lib.stride_tricks.sliding_window_view(known, len(taps))
        return _as_samples(windows[: count * factor : factor] @ taps)


class Doubler:
    """A sample between each two."""

    def __init__(self) -> None:
        taps = 2 * _low_pass(2)
        self._even, self._odd = taps[::2], taps[1::2]
        self._before = numpy.zeros(len(self._even) - 1, dtype=numpy.float32)

    def resample(self, samples: Samples) -> Samples:
        """Return twice as many samples."""
        known = numpy.concatenate((self._before, samples))
        self._before = known[len(samples) :]
        doubled = numpy.empty(2 * len(samples), dtype=numpy.float32)
        doubled[::2] = numpy.convolve(known, self._even, "valid")
        doubled[1::2] = numpy.convolve(known, self._odd, "valid")
        return _as_samples(doubled)


def resampler(rate: int, to_rate: int) -> Resampler:
    """Return what changes one rate into another.

    Raises:
        ValueError: neither rate is a multiple of the other, or more than doubled.
    """
    if rate % to_rate == 0 and rate > to_rate:
        return Decimator(rate // to_rate)
    if to_rate == 2 * rate:
        return Doubler()
    raise ValueError(f"no way from {rate} Hz to {to_rate} Hz")


@lru_cache(maxsize=8)
def _low_pass(factor: int) -> numpy.ndarray:
    """Return an even number of taps that add up to 1 (a windowed sinc)."""
    count = _TAPS_PER_FACTOR * factor
    at = numpy.arange(count) - (count - 1) / 2
    taps = numpy.sinc(at * 0.92 / factor) * numpy.hamming(count)
    found: numpy.ndarray = (taps / taps.sum()).astype(numpy.float32)
    return found


def _as_samples(values: numpy.ndarray) -> Samples:
    samples: Samples = numpy.clip(numpy.rint(values), -32_768, 32_767).astype(numpy.int16)
    return samples
