"""PURE: G.711 mu-law and A-law (ITU-T G.711), and each into the other byte by byte."""

from __future__ import annotations

ULAW_SILENCE = 0xFF
ALAW_SILENCE = 0xD5

_ULAW_BIAS = 0x84
_ULAW_CLIP = 32_635
_ALAW_ENDS = (0x1F, 0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF)


def ulaw_to_linear(code: int) -> int:
    """Return the 16-bit sample of a mu-law byte."""
    code = ~code & 0xFF
    sample = (((code & 0x0F) << 3) + _ULAW_BIAS) << ((code & 0x70) >> 4)
    return _ULAW_BIAS - sample if code & 0x80 else sample - _ULAW_BIAS


def linear_to_ulaw(sample: int) -> int:
    """Return the mu-law byte of a 16-bit sample."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _ULAW_CLIP) + _ULAW_BIAS
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | (exponent << 4) | mantissa) & 0xFF


def alaw_to_linear(code: int) -> int:
    """Return the 16-bit sample of an A-law byte."""
    code ^= 0x55
    segment = (code & 0x70) >> 4
    sample = (code & 0x0F) << 4
    sample = sample + 8 if segment == 0 else (sample + 0x108) << (segment - 1)
    return sample if code & 0x80 else -sample


def linear_to_alaw(sample: int) -> int:
    """Return the A-law byte of a 16-bit sample."""
    sample >>= 3
    mask = 0xD5
    if sample < 0:
        mask = 0x55
        sample = -sample - 1
    for segment, end in enumerate(_ALAW_ENDS):
        if sample <= end:
            shift = 1 if segment < 2 else segment
            return ((segment << 4) | ((sample >> shift) & 0x0F)) ^ mask
    return 0x7F ^ mask


ULAW_TO_ALAW = bytes(linear_to_alaw(ulaw_to_linear(code)) for code in range(256))
"""For `bytes.translate`."""

ALAW_TO_ULAW = bytes(linear_to_ulaw(alaw_to_linear(code)) for code in range(256))
"""For `bytes.translate`."""

ULAW_SAMPLES = tuple(ulaw_to_linear(code) for code in range(256))
"""The 16-bit sample of every mu-law byte."""
