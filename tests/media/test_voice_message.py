"""A message is what somebody says: it ends with the voice, on quiet lines and noisy ones."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from switch.media.g711 import linear_to_ulaw
from switch.media.voice_message import MessageEnd, VoiceDetector, VoiceMessage

FRAME = 160


def sound(seconds: float, level: float, noise: float = 0.0, seed: int = 1) -> bytes:
    """Return a buzz like a voice's, in mu-law; level and noise as peak samples."""
    dice = random.Random(seed)
    return bytes(
        linear_to_ulaw(
            round(level * math.sin(2 * math.pi * 180 * n / 8000) + noise * dice.uniform(-1, 1))
        )
        for n in range(int(seconds * 8000))
    )


class Line:
    """Feeds a message in real order, and keeps what comes out."""

    def __init__(self, max_seconds: float = 60.0, silence_seconds: float = 2.0) -> None:
        self.message = VoiceMessage(0.0, max_seconds, silence_seconds)
        self.now = 0.0
        self.kept = b""

    def hear(self, samples: bytes) -> None:
        for at in range(0, len(samples), FRAME):
            stamp = round(self.now * 8000)
            self.now += 0.02
            self.message.put(samples[at : at + FRAME], stamp, self.now)
            self.kept += self.message.take(self.now)

    def quiet(self, seconds: float) -> None:
        """Nothing comes at all: a phone that sends no silence."""
        for _ in range(round(seconds * 50)):
            self.now += 0.02
            self.kept += self.message.take(self.now)

    @property
    def seconds(self) -> float:
        return len(self.kept) / 8000


@pytest.mark.parametrize("noise", [0.0, 40.0, 400.0], ids=["quiet", "usual", "noisy"])
def test_silence_after_speech_ends_it_and_is_cut_off(noise: float) -> None:
    line = Line()
    line.hear(sound(0.5, 0, noise))
    line.hear(sound(3.0, 6000, noise))
    line.hear(sound(5.0, 0, noise, seed=2))
    assert line.message.end is MessageEnd.SILENCE
    assert line.message.said
    assert line.seconds == pytest.approx(3.75, abs=0.3)  # what was before the voice stays


def test_a_pause_is_part_of_the_message() -> None:
    line = Line()
    line.hear(sound(1.0, 6000))
    line.hear(sound(1.5, 0))
    line.hear(sound(1.0, 6000))
    line.quiet(3.0)
    assert line.message.end is MessageEnd.SILENCE
    assert line.seconds == pytest.approx(3.75, abs=0.2)


def test_nothing_but_silence_is_no_message() -> None:
    line = Line()
    line.hear(sound(4.0, 0, 60))
    assert line.message.end is MessageEnd.SILENCE
    assert not line.message.said
    assert line.kept == b""


def test_a_click_is_no_voice() -> None:
    line = Line(silence_seconds=1.0)
    line.hear(sound(0.3, 0))
    line.hear(sound(0.04, 20_000))
    line.hear(sound(2.0, 0))
    assert not line.message.said


def test_the_longest_length_ends_it() -> None:
    line = Line(max_seconds=2.0)
    line.hear(sound(5.0, 6000))
    assert line.message.end is MessageEnd.MAX_SECONDS
    assert line.seconds == pytest.approx(2.0, abs=0.05)


def test_the_sound_of_the_key_that_ended_it_is_cut_off() -> None:
    line = Line()
    line.hear(sound(2.0, 6000))
    rest = line.message.take_rest(cut_seconds=0.3)
    assert (len(line.kept) + len(rest)) / 8000 <= 2.0
    line = Line()
    line.hear(sound(2.0, 6000))
    line.quiet(1.0)
    line.kept += line.message.take_rest(cut_seconds=0.3)
    assert line.seconds == pytest.approx(2.25, abs=0.2)


def test_a_steady_hum_becomes_the_floor() -> None:
    detector = VoiceDetector()
    hum = sound(20.0, 800)
    frames = [hum[at : at + FRAME] for at in range(0, len(hum), FRAME)]
    heard = [detector.is_speech(frame) for frame in frames]
    assert any(heard[:100])
    assert not any(heard[-100:])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 40)), max_size=6), st.integers(1, 4))
def test_what_is_kept_is_never_longer_than_what_came_and_never_changes(
    parts: list[tuple[bool, int]], silence: int
) -> None:
    line = Line(max_seconds=30, silence_seconds=float(silence))
    came = b""
    for loud, frames in parts:
        part = sound(frames * 0.02, 6000 if loud else 0)
        came += part
        line.hear(part)
    if line.message.end is None:
        line.kept += line.message.take_rest()
    assert came.startswith(line.kept)
    assert line.message.seconds == line.seconds
