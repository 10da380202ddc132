"""G.711: every code survives the way through samples, and into the other law and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.media.g711 import (
    ALAW_TO_ULAW,
    ULAW_TO_ALAW,
    alaw_to_linear,
    linear_to_alaw,
    linear_to_ulaw,
    ulaw_to_linear,
)


@pytest.mark.parametrize("code", range(256))
def test_a_code_is_its_sample_and_back(code: int) -> None:
    assert linear_to_alaw(alaw_to_linear(code)) == code
    # Mu-law has two codes for zero; the encoder gives the positive one.
    assert linear_to_ulaw(ulaw_to_linear(code)) == (0xFF if code == 0x7F else code)


@pytest.mark.parametrize(
    ("sample", "ulaw", "alaw"),
    [(0, 0xFF, 0xD5), (32_767, 0x80, 0xAA), (-32_768, 0x00, 0x2A), (1000, 0xCE, 0xFA)],
)
def test_known_values(sample: int, ulaw: int, alaw: int) -> None:
    """The ends and the middle, as ITU-T G.711 tables 1 and 2 have them."""
    assert linear_to_ulaw(sample) == ulaw
    assert linear_to_alaw(sample) == alaw


@given(st.integers(-32_768, 32_767))
def test_the_error_is_a_small_share_of_the_sample(sample: int) -> None:
    for there, back in ((linear_to_ulaw, ulaw_to_linear), (linear_to_alaw, alaw_to_linear)):
        assert abs(back(there(sample)) - sample) <= max(16, abs(sample) / 16)


@given(st.integers(0, 255))
def test_transcoding_keeps_the_sound(code: int) -> None:
    heard = alaw_to_linear(ULAW_TO_ALAW[code])
    assert abs(heard - ulaw_to_linear(code)) <= max(16, abs(ulaw_to_linear(code)) / 16)
    back = ulaw_to_linear(ALAW_TO_ULAW[code])
    assert abs(back - alaw_to_linear(code)) <= max(16, abs(alaw_to_linear(code)) / 16)
