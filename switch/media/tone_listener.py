"""PURE: a party's keys and fax calls by their tones, from the windows of `tone_detection`."""

from __future__ import annotations

import numpy

from switch.media.g711 import ULAW_SILENCE
from switch.media.linear import ulaw_to_samples
from switch.media.tone_detection import FAX, HERTZ, HOP, KEYS, NOTHING, WINDOW

_MOST_FILLED_SAMPLES = 1600
"""Of what is missing, silence takes the place; after a longer pause it is a new beginning."""
_MOST_WAITING_SAMPLES = 8000
_HITS = 4
"""Windows in a row that are a key: 40 ms have them always, 23 ms never."""
_MISSES = 5
"""Windows in a row without it that end a key: a pause of 40 ms, not one of 10."""
_SECONDS_PER_HOP = HOP / 8000
_CNG_SECONDS = (0.38, 0.62)
"""T.30: 0.5 s, give or take 15 %; its ends are not seen sharply."""
_PAUSE_HOPS = 17
"""100 ms without the tone: nobody's whistle, and not the beginning of a longer one."""


class ToneListener:
    """One stream. Packets go in; `windows` and `hear` are for whoever looks at many."""

    __slots__ = (
        "_due",
        "_ended_for",
        "_fax_hops",
        "_hits",
        "_key",
        "_last",
        "_misses",
        "_waiting",
        "before",
        "digits",
        "fax",
    )

    def __init__(self, *, digits: bool, fax: bool) -> None:
        self.digits = digits
        self.fax = fax
        """Turned off once a fax machine has been heard."""
        self.before = numpy.zeros(len(HERTZ), dtype=complex)
        """What the window heard last has answered to each frequency."""
        self._waiting = bytearray()
        self._due: int | None = None
        """Timestamp that comes next if nothing is missing."""
        self._last = NOTHING
        self._hits = 0
        self._misses = 0
        self._key = NOTHING
        """The one that is being pressed, and has been told."""
        self._fax_hops = 0
        self._ended_for = 0

    @property
    def sounding(self) -> bool:
        """Whether a key is heard now, or may be about to be."""
        return self._key != NOTHING or self._hits > 0

    def put(self, ulaw: bytes, timestamp: int) -> None:
        """Take a packet of 8 kHz mu-law; what comes late is left out."""
        missing = 0
        if self._due is not None:
            missing = (timestamp - self._due + 2**31) % 2**32 - 2**31
        if -_MOST_FILLED_SAMPLES < missing < 0:
            return
        if 0 < missing <= _MOST_FILLED_SAMPLES:
            self._waiting += bytes((ULAW_SILENCE,)) * missing
        self._due = timestamp + len(ulaw)
        self._waiting += ulaw
        if len(self._waiting) > _MOST_WAITING_SAMPLES:
            del self._waiting[:-_MOST_WAITING_SAMPLES]

    def windows(self) -> numpy.ndarray:
        """Return the windows that are complete, a row each, and forget what is not needed."""
        count = (len(self._waiting) - WINDOW) // HOP + 1
        if count <= 0:
            return numpy.empty((0, WINDOW), dtype=numpy.int16)
        samples = ulaw_to_samples(bytes(self._waiting))
        del self._waiting[: count * HOP]
        return numpy.lib.stride_tricks.sliding_window_view(samples, WINDOW)[: count * HOP : HOP]

    def hear(self, window: int) -> str:
        """Take what the next window is; return the key that is pressed with it, or `fax`."""
        if self.fax and self._is_fax(window):
            self.fax = False
            return "fax"
        if not self.digits:
            return ""
        key = window if window != FAX else NOTHING
        self._hits = self._hits + 1 if key == self._last and key != NOTHING else int(key != NOTHING)
        self._last = key
        if key == NOTHING or key != self._key:
            self._misses += 1
            if self._misses >= _MISSES:
                self._key = NOTHING
        else:
            self._misses = 0
        if self._hits >= _HITS and key != self._key:
            self._key = key
            self._misses = 0
            return KEYS[key]
        return ""

    def _is_fax(self, window: int) -> bool:
        """A tone of the right length, and silence after it."""
        if window == FAX:
            if self._ended_for > 3:
                self._fax_hops = 0
            self._fax_hops += self._ended_for + 1 if self._fax_hops else 1
            self._ended_for = 0
            return False
        if not self._fax_hops:
            return False
        self._ended_for += 1
        if self._ended_for < _PAUSE_HOPS:
            return False
        seconds = self._fax_hops * _SECONDS_PER_HOP
        self._fax_hops = self._ended_for = 0
        return _CNG_SECONDS[0] <= seconds <= _CNG_SECONDS[1]
