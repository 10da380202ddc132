"""RFC 3389: how loud a silence is."""

from __future__ import annotations

import math

import numpy
import pytest

from switch.media.comfort_noise import noise, noise_level
from switch.media.linear import ulaw_to_samples
from switch.media.recorder import Track


def level_db(ulaw: bytes) -> float:
    samples = ulaw_to_samples(ulaw).astype(float) / 32_768
    return float(10 * numpy.log10(numpy.mean(samples**2)))


@pytest.mark.parametrize("level", [25, 40, 55, 65])
def test_noise_is_as_loud_as_it_is_said_to_be(level: int) -> None:
    assert level_db(noise(level)) == pytest.approx(-level, abs=1.5)


def test_the_quietest_is_silence() -> None:
    assert set(noise(127)) == {0xFF}


def test_the_level_is_in_the_first_byte() -> None:
    assert noise_level(b"\x32\x10\x20") == 50
    assert noise_level(b"\xb2") == 50
    assert noise_level(b"") == 127


def test_a_recording_has_it_where_nothing_came() -> None:
    track = Track()
    track.put(b"\x00" * 160, 0, 160)
    track.background = noise(40)
    track.put(b"\x00" * 160, 8000, 8160)
    recorded = track.take(8160)
    assert recorded[:160] == recorded[-160:] == b"\x00" * 160
    assert level_db(recorded[160:8000]) == pytest.approx(-40, abs=1.5)


def test_a_silenced_recording_has_nothing_at_all() -> None:
    track = Track()
    track.background = noise(40)
    track.silent_until = math.inf
    track.put(b"\x00" * 160, 0, 8160)
    assert set(track.take(8160)) == {0xFF}
