"""Prompts: spoken and converted once, kept by content, refused with a reason."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy
import pytest
import soundfile

from switch.errors import PromptError
from switch.media.prompts import PromptStore
from tests.support.rtp_party import linear, strongest


@dataclass(frozen=True)
class Sound:
    file: str = ""
    text: str = ""
    voice: str = ""


def sine(path: Path, rate: int, channels: int = 1, hertz: float = 600) -> str:
    at = numpy.arange(rate)
    samples = 0.5 * numpy.sin(2 * numpy.pi * hertz * at / rate)
    soundfile.write(path, numpy.stack([samples] * channels, axis=1), rate)
    return str(path)


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_file_of_any_rate_becomes_mu_law(tmp_path: Path, rate: int, channels: int) -> None:
    store = PromptStore(tmp_path / "cache")
    made = store.render(file=sine(tmp_path / "tone.wav", rate, channels))
    sound = made.read_bytes()
    assert abs(len(sound) - 8000) <= 10
    hertz, level = strongest(linear(sound))
    assert abs(hertz - 600) < 2
    assert 0.45 < level < 0.55


def test_a_text_is_spoken(tmp_path: Path) -> None:
    store = PromptStore(tmp_path)
    sound = linear(store.render(text="Thank you for calling.").read_bytes())
    assert 0.8 < len(sound) / 8000 < 4
    assert 0.5 < float(numpy.abs(sound).max()) <= 0.75
    assert store.path(text="Thank you for calling.") == str(
        store.render(text="Thank you for calling.")
    )


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    made = PromptStore(tmp_path).render(text="Once.")
    os.utime(made, (1, 1))
    assert PromptStore(tmp_path).render(text="Once.").stat().st_mtime == 1
    assert PromptStore(tmp_path).render(text="Once.", voice="de") != made
    assert PromptStore(tmp_path, "de").render(text="Once.") != made


def test_a_changed_file_is_made_anew(tmp_path: Path) -> None:
    store = PromptStore(tmp_path / "cache")
    file = sine(tmp_path / "tone.wav", 8000)
    first = store.render(file=file)
    sine(tmp_path / "tone.wav", 8000, hertz=900)
    second = store.render(file=file)
    assert first != second
    assert store.path(file=file) == str(second)


@pytest.mark.parametrize(
    ("sound", "message"),
    [
        (Sound(file="/nowhere/x.wav"), "cannot read the prompt /nowhere/x.wav: No such file"),
        (
            Sound(text="Hello.", voice="klingonese"),
            "espeak-ng cannot speak 'Hello.' as 'klingonese'",
        ),
    ],
)
def test_what_cannot_be_made_is_told(tmp_path: Path, sound: Sound, message: str) -> None:
    with pytest.raises(PromptError, match=message):
        PromptStore(tmp_path).render(sound.file, sound.text, sound.voice)


def test_a_file_that_is_no_sound_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_text("nothing to hear")
    with pytest.raises(PromptError, match=r"x\.wav"):
        PromptStore(tmp_path).render(file=str(tmp_path / "x.wav"))


def test_many_are_made_with_progress_and_every_problem_is_told(tmp_path: Path) -> None:
    store = PromptStore(tmp_path)
    seen: list[tuple[int, int]] = []
    sounds = [Sound(text="One."), Sound(text="Two."), Sound(text="One.")]
    store.render_all(sounds, lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]
    bad = [Sound(file="/nowhere/a.wav"), Sound(file="/nowhere/b.wav"), *sounds]
    with pytest.raises(PromptError) as caught:
        store.render_all(bad)
    assert len(str(caught.value).splitlines()) == 2


def test_what_was_never_made_has_no_place(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="never made ready"):
        PromptStore(tmp_path).path(text="Hello.")


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a directory")
    with pytest.raises(PromptError, match="cannot write the prompt cache"):
        PromptStore(tmp_path / "cache").render(file=sine(tmp_path / "tone.wav", 8000))
