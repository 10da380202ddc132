"""Tones: what is written is found, with frequency, level and length."""

from __future__ import annotations

from pathlib import Path

import numpy
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from switch.errors import PhoneError
from switch.phone.tone import Heard, find_tone, strongest, write_tone


@given(st.floats(200, 3400), st.sampled_from([8000, 16_000]), st.floats(0.1, 1))
def test_a_tone_is_found(hertz: float, rate: int, level: float) -> None:
    at = numpy.arange(rate)
    heard = strongest(level * numpy.sin(2 * numpy.pi * hertz * at / rate), rate)
    assert abs(heard.hertz - hertz) < 2
    assert abs(heard.level - level) < 0.16 * level
    assert heard.seconds > 0.4


def test_silence_and_noise_are_no_tone() -> None:
    assert strongest(numpy.zeros(8000), 8000) == Heard(0.0, 0.0, 0.0)
    noise = numpy.random.default_rng(1).normal(0, 0.05, 8000)
    assert strongest(noise, 8000).seconds == 0


def test_the_longest_of_two_counts(tmp_path: Path) -> None:
    write_tone(tmp_path / "short.wav", 440, 0.5)
    write_tone(tmp_path / "long.wav", 1000, 1.5)
    both = numpy.concatenate(
        [soundfile.read(tmp_path / name)[0] for name in ("short.wav", "long.wav")]
    )
    heard = strongest(both, 8000)
    assert abs(heard.hertz - 1000) < 1
    assert heard.seconds == pytest.approx(1.5, abs=0.1)


def test_channels_are_told_apart(tmp_path: Path) -> None:
    at = numpy.arange(8000) * 2 * numpy.pi / 8000
    stereo = numpy.stack([0.5 * numpy.sin(440 * at), 0.3 * numpy.sin(1000 * at)], axis=1)
    file = tmp_path / "stereo.wav"
    soundfile.write(file, stereo, 8000)
    assert abs(find_tone(file, 0).hertz - 440) < 1
    assert abs(find_tone(file, 1).hertz - 1000) < 1
    with pytest.raises(PhoneError, match="has 2 channels"):
        find_tone(file, 2)


def test_a_file_that_is_no_sound_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_text("nothing")
    with pytest.raises(PhoneError, match="cannot read the recording"):
        find_tone(tmp_path / "x.wav")
