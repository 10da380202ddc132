"""Test tones: make one, and find one in a recording."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy
import soundfile

from switch.errors import PhoneError

Samples = numpy.ndarray


@dataclass(frozen=True, slots=True)
class Heard:
    """The strongest tone of a stretch of sound."""

    hertz: float
    level: float
    """Amplitude of that tone, 0 to 1."""
    seconds: float
    """How long such a tone was heard, all stretches together."""


def write_tone(path: Path, hertz: float, seconds: float = 2.0, rate: int = 8000) -> None:
    """Write a sine of half the full amplitude; its end fits its beginning, for loops."""
    periods = max(1, round(hertz * seconds))
    count = round(periods * rate / hertz)
    at = numpy.arange(count)
    samples = 0.5 * numpy.sin(2 * math.pi * periods * at / count)
    soundfile.write(path, samples, rate, subtype="PCM_16")


def find_tone(path: Path, channel: int = 0, least_level: float = 0.05) -> Heard:
    """Return the tone that a channel of a recording holds longest.

    Args:
        least_level: what is softer counts as silence.

    Raises:
        PhoneError: the file cannot be read, or has no such channel.
    """
    try:
        samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise PhoneError(f"cannot read the recording {path}: {error}") from error
    if channel >= samples.shape[1]:
        raise PhoneError(f"{path} has {samples.shape[1]} channels")
    return strongest(samples[:, channel], rate, least_level)


def strongest(samples: Samples, rate: int, least_level: float = 0.05) -> Heard:
    """Return the tone that is heard longest, judged window by window of a tenth of a second."""
    size = rate // 10
    window = numpy.hanning(size)
    found: dict[int, list[tuple[float, float]]] = {}
    for start in range(0, len(samples) - size + 1, size):
        part = samples[start : start + size]
        spectrum = numpy.abs(numpy.fft.rfft(part * window))
        peak = int(numpy.argmax(spectrum[1:])) + 1
        level = float(spectrum[peak] / (window.sum() / 2))
        if level >= least_level:
            hertz = _between(spectrum, peak) * rate / size
            found.setdefault(round(hertz / 20), []).append((hertz, level))
    if not found:
        return Heard(0.0, 0.0, 0.0)
    longest = max(found.values(), key=len)
    return Heard(
        hertz=float(numpy.median([hertz for hertz, _ in longest])),
        level=float(numpy.median([level for _, level in longest])),
        seconds=len(longest) / 10,
    )


def _between(spectrum: Samples, peak: int) -> float:
    """Return where between the bins the peak lies, by a parabola through its neighbours."""
    if peak + 1 >= len(spectrum):
        return float(peak)
    left, middle, right = (
        math.log(float(value) + 1e-12) for value in spectrum[peak - 1 : peak + 2]
    )
    bend = left - 2 * middle + right
    return peak + (0.5 * (left - right) / bend if bend else 0.0)
