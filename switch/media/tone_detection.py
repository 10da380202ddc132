"""PURE: what short windows of a sound are: one of the sixteen keys, a fax machine, or neither.

Windows of many streams are looked at together. Each is compared with nine frequencies
(Goertzel's algorithm, as one matrix product). The phase between a window and the one before
tells a frequency far closer than one window can, which is what keeps speech from being
taken for keys; so does that a key is two tones and hardly anything else. Tolerances are those
of ITU-T Q.24 for keys and T.30 for fax machines.
"""

from __future__ import annotations

import numpy

WINDOW = 128
"""Samples, 16 ms."""
HOP = 48
"""Samples from one window to the next, 6 ms."""
NOTHING = -1
FAX = 16
KEYS = "123A456B789C*0#D"
"""What a window is -> its key."""

_RATE = 8000
_ROWS = (697.0, 770.0, 852.0, 941.0)
_COLUMNS = (1209.0, 1336.0, 1477.0, 1633.0)
_CNG = 1100.0
HERTZ = numpy.array((*_ROWS, *_COLUMNS, _CNG))

_LEAST_SQUARE = (32_768 * 10 ** (-40 / 20)) ** 2 / 2
"""Mean square of a tone 40 dB below full scale: what is quieter is nothing."""
_MOST_DEVIATION = 0.026 * HERTZ
"""From a key's frequency, in hertz: 1.5 % has to be taken, 3.5 % must not be."""
_MOST_CNG_DEVIATION = 45.0
"""In hertz; T.30 allows 38."""
_KEY_PURITY = 0.76
"""Share of the energy that is in the two tones: noise 12 dB below leaves more."""
_CNG_PURITY = 0.85
_ROW_OVER_COLUMN = 10 ** (9.5 / 10)
_COLUMN_OVER_ROW = 10 ** (8.5 / 10)
"""Twist: 8 dB and 4 dB have to be taken."""

_WEIGHTS = numpy.hanning(WINDOW + 2)[1:-1]
_AT = numpy.arange(WINDOW)[:, None]
_BASIS = _WEIGHTS[:, None] * numpy.exp(-2j * numpy.pi * HERTZ * _AT / _RATE)
_TO_SQUARE = 2 / _WEIGHTS.sum() ** 2
"""|X|^2 of a tone at its frequency -> its mean square."""
_SQUARE_WEIGHTS = _WEIGHTS**2 / (_WEIGHTS**2).sum()
_TURN = numpy.exp(-2j * numpy.pi * HERTZ * HOP / _RATE)
_RADIANS_TO_HERTZ = _RATE / (2 * numpy.pi * HOP)
_HALF_WIDTH = 2 * _RATE / WINDOW
"""From a frequency to where a window answers no more, in hertz."""


def spectra(windows: numpy.ndarray) -> numpy.ndarray:
    """Return what windows answer to each frequency.

    Args:
        windows: n rows of `WINDOW` 16-bit samples.

    Returns:
        n rows of complex numbers.
    """
    answers: numpy.ndarray = windows @ _BASIS
    return answers


def classify(
    windows: numpy.ndarray, answers: numpy.ndarray, before: numpy.ndarray
) -> numpy.ndarray:
    """Return for each window the index of its key in `KEYS`, `FAX` or `NOTHING`.

    Args:
        answers: of the windows, from `spectra`.
        before: of the windows one `HOP` earlier.
    """
    square = (windows.astype(numpy.float64) ** 2) @ _SQUARE_WEIGHTS
    deviation = numpy.angle(answers * numpy.conj(before) * _TURN) * _RADIANS_TO_HERTZ
    # Off its frequency a window answers less, by the shape of its main lobe.
    off = numpy.minimum(numpy.abs(deviation) / _HALF_WIDTH, 0.7)
    answer = numpy.abs(answers) ** 2
    power = answer * _TO_SQUARE / _main_lobe(off)
    lines = numpy.arange(len(windows))
    row = answer[:, :4].argmax(axis=1)
    column = answer[:, 4:8].argmax(axis=1)
    low, high = power[lines, row], power[lines, column + 4]
    true = numpy.abs(deviation) <= _MOST_DEVIATION
    is_key = (
        (square > _LEAST_SQUARE)
        & true[lines, row]
        & true[lines, column + 4]
        & (low + high > _KEY_PURITY * square)
        & (low < _ROW_OVER_COLUMN * high)
        & (high < _COLUMN_OVER_ROW * low)
    )
    is_fax = (
        (square > _LEAST_SQUARE)
        & (numpy.abs(deviation[:, 8]) <= _MOST_CNG_DEVIATION)
        & (power[:, 8] > _CNG_PURITY * square)
    )
    found = numpy.where(is_key, row * 4 + column, NOTHING)
    windows_are: numpy.ndarray = numpy.where(is_fax, FAX, found)
    return windows_are


def _main_lobe(off: numpy.ndarray) -> numpy.ndarray:
    """Return by how much a Hann window's answer is less, in power; `off` is 1 at its end."""
    bins = 2 * off
    shape: numpy.ndarray = (numpy.sinc(bins) / (1 - numpy.minimum(bins, 0.999) ** 2)) ** 2
    return shape + 1e-9
