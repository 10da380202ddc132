"""PURE: comfort noise (RFC 3389): how loud a party's silence is."""

from __future__ import annotations

from functools import lru_cache

from switch.media.g711 import ULAW_SILENCE, linear_to_ulaw

PAYLOAD_TYPE = 13
"""RFC 3551 6: also without a word in the description."""

_PATTERN_SAMPLES = 4001
"""Half a second: a repeat is not heard in a noise."""
_FULL_SCALE = 32_768
_QUIETEST_DB = 78
"""Below this it is silence in G.711."""


def noise_level(payload: bytes) -> int:
    """Return the level in dB below full scale, 0 to 127 (RFC 3389 3.1); 127 without one.

    The shape of the spectrum that may follow is passed over.
    """
    return payload[0] & 0x7F if payload else 127


@lru_cache(maxsize=128)
def noise(level: int) -> bytes:
    """Return half a second of white noise so loud, as mu-law at 8 kHz."""
    if level > _QUIETEST_DB:
        return bytes((ULAW_SILENCE,)) * _PATTERN_SAMPLES
    # Evenly spread over +-a, the mean square is a*a/3; full scale is that of a square wave.
    swing = _FULL_SCALE * 10 ** (-level / 20) * 3**0.5
    state = 1
    found = bytearray()
    for _ in range(_PATTERN_SAMPLES):
        state = (state * 1_103_515_245 + 12_345) & 0x7FFF_FFFF
        found.append(linear_to_ulaw(int((state / 0x4000_0000 - 1) * swing)))
    return bytes(found)
