"""Keys and fax machines by their tones: ITU-T Q.24's tolerances, and nobody's voice."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy
import pytest
import soundfile
import soxr

from switch.media.linear import samples_to_ulaw
from switch.media.tone_detection import KEYS, classify, spectra
from switch.media.tone_listener import ToneListener

ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
TONES = dict(zip(KEYS, [(low, high) for low in ROWS for high in COLUMNS], strict=True))
ALL = "0123456789*#ABCD"


def key(
    name: str, seconds: float, *, level_db: float = -10.0, twist_db: float = 0.0, off: float = 0.0
) -> numpy.ndarray:
    """Return a key. `twist_db` is how much louder the low tone is, `off` a share of hertz."""
    at = numpy.arange(int(seconds * 8000)) / 8000
    each = 32_768 * 10 ** ((level_db - 3) / 20)
    low, high = TONES[name]
    return each * 10 ** (twist_db / 40) * numpy.sin(
        2 * numpy.pi * low * (1 + off) * at
    ) + each * 10 ** (-twist_db / 40) * numpy.sin(2 * numpy.pi * high * (1 + off) * at + 1)


def pressed(
    names: str, seconds: float = 0.05, pause: float = 0.05, *, shift: int = 0, **how: float
) -> numpy.ndarray:
    """Return keys one after another."""
    parts = [numpy.zeros(900 + shift)]
    for name in names:
        parts += [key(name, seconds, **how), numpy.zeros(int(pause * 8000))]
    return numpy.concatenate([*parts, numpy.zeros(800)])


def noisy(sound: numpy.ndarray, below_db: float, level_db: float = -10.0) -> numpy.ndarray:
    """Return a sound with white noise so far below a key of that level."""
    scale = 32_768 * 10 ** ((level_db - 3 - below_db) / 20)
    return sound + numpy.random.default_rng(5).normal(0, scale, len(sound))


def tone(hertz: float, seconds: float, level: float = 3000) -> numpy.ndarray:
    return level * numpy.sin(2 * numpy.pi * hertz * numpy.arange(int(seconds * 8000)) / 8000)


def found(sound: numpy.ndarray, *, fax: bool = False, lost: Sequence[int] = ()) -> list[str]:
    """Return what a listener makes of a sound that went through G.711, packet by packet."""
    ulaw = samples_to_ulaw(numpy.clip(numpy.rint(sound), -32_768, 32_767))
    listener = ToneListener(digits=True, fax=fax)
    heard = []
    for number, at in enumerate(range(0, len(ulaw), 160)):
        if number in lost:
            continue
        listener.put(ulaw[at : at + 160], at)
        windows = listener.windows()
        if len(windows):
            answers = spectra(windows)
            before = numpy.vstack((listener.before, answers[:-1]))
            listener.before = answers[-1]
            heard += [listener.hear(each) for each in classify(windows, answers, before).tolist()]
    return [each for each in heard if each]


class TestKeys:
    @pytest.mark.parametrize("level_db", [-3, -10, -20, -30, -34])
    def test_all_sixteen_at_any_level(self, level_db: float) -> None:
        assert "".join(found(pressed(ALL, 0.04, 0.04, level_db=level_db))) == ALL

    @pytest.mark.parametrize("shift", range(0, 160, 23))
    def test_wherever_they_begin(self, shift: int) -> None:
        assert "".join(found(pressed(ALL, 0.04, 0.04, shift=shift))) == ALL

    @pytest.mark.parametrize("below_db", [30, 20, 15, 12])
    def test_in_noise(self, below_db: float) -> None:
        assert "".join(found(noisy(pressed(ALL), below_db))) == ALL

    @pytest.mark.parametrize("twist_db", [-4, 4, 8])
    def test_with_a_line_that_likes_one_tone_better(self, twist_db: float) -> None:
        sound = noisy(pressed(ALL, 0.04, 0.04, twist_db=twist_db), 25)
        assert "".join(found(sound)) == ALL

    @pytest.mark.parametrize("off", [-0.015, 0.015])
    def test_a_little_out_of_tune(self, off: float) -> None:
        assert "".join(found(noisy(pressed(ALL, off=off), 25))) == ALL

    @pytest.mark.parametrize("off", [-0.035, 0.035])
    def test_far_out_of_tune_is_no_key(self, off: float) -> None:
        assert found(pressed(ALL, 0.2, off=off)) == []

    def test_too_short_is_no_key(self) -> None:
        assert found(pressed(ALL, 0.023, 0.06)) == []

    def test_a_long_press_is_one_key(self) -> None:
        assert found(pressed("5", 3.0)) == ["5"]

    def test_a_short_break_does_not_make_it_two(self) -> None:
        assert found(pressed("55", 0.1, 0.01)) == ["5"]

    def test_the_same_key_again_after_a_pause_is_another(self) -> None:
        assert found(pressed("55555", 0.04, 0.04)) == list("55555")

    def test_a_lost_packet_does_not_make_it_two(self) -> None:
        assert found(pressed("7", 0.4), lost=[12]) in (["7"], ["7", "7"])
        assert found(pressed("7", 0.1), lost=[0, 1]) == ["7"]

    def test_one_tone_is_no_key(self) -> None:
        for hertz in (*ROWS, *COLUMNS):
            assert found(tone(hertz, 0.5)) == []

    def test_dial_and_ringing_tones_are_no_keys(self) -> None:
        for pair in ((350, 440), (440, 480), (480, 620)):
            assert found(sum((tone(each, 1.0) for each in pair), numpy.zeros(8000))) == []


TEXTS = {
    "en-us": "The quick brown fox jumps over the lazy dog. Peter Piper picked a peck of pickled "
    "peppers. One two three four five six seven eight nine zero, star, hash. Hello, hello?",
    "en-gb+f3": "She sells sea shells by the sea shore. We were away a year ago. No no, yes.",
    "de": "Fischers Fritz fischt frische Fische. Im Dezember kommt der Schnee, juhu juhu.",
    "hi": "namaste, mera order number nau do ek saat hai, kripya jaldi kijiye",
    "es+m3": "Tres tristes tigres tragaban trigo en un trigal. Uno dos tres cuatro cinco seis.",
    "fr": "Les chaussettes de l'archiduchesse sont-elles seches, archi-seches? Oui, oui, oui.",
}


@pytest.mark.parametrize("voice", TEXTS)
def test_nobodys_speech_is_a_key_or_a_fax(voice: str, tmp_path: Path) -> None:
    wav = tmp_path / "speech.wav"
    for pitch in ("25", "60", "90"):
        command = ["espeak-ng", "-v", voice, "-p", pitch, "-w", str(wav), TEXTS[voice]]
        subprocess.run(command, check=True)
        samples, rate = soundfile.read(wav)
        speech = soxr.resample(samples, rate, 8000)
        for loudness in (0.7, 0.07):
            sound = speech / numpy.abs(speech).max() * loudness * 32_768
            assert found(sound, fax=True) == []


class TestFax:
    def cng(self, seconds: float, hertz: float = 1100) -> numpy.ndarray:
        return numpy.concatenate((numpy.zeros(801), tone(hertz, seconds), numpy.zeros(24_000)))

    @pytest.mark.parametrize("seconds", [0.425, 0.5, 0.575])
    @pytest.mark.parametrize("hertz", [1062, 1100, 1138])
    def test_a_machine_that_calls(self, seconds: float, hertz: float) -> None:
        assert found(self.cng(seconds, hertz), fax=True) == ["fax"]

    def test_in_noise(self) -> None:
        sound = self.cng(0.5)
        noise = numpy.random.default_rng(1).normal(0, 200, len(sound))
        assert found(sound + noise, fax=True) == ["fax"]

    def test_it_is_told_once(self) -> None:
        assert found(numpy.concatenate([self.cng(0.5)] * 3), fax=True) == ["fax"]

    @pytest.mark.parametrize(
        ("seconds", "hertz"), [(0.3, 1100), (0.7, 1100), (3, 1100), (0.5, 1040)]
    )
    def test_what_is_none(self, seconds: float, hertz: float) -> None:
        assert found(self.cng(seconds, hertz), fax=True) == []

    def test_it_is_no_key_and_nobody_asked(self) -> None:
        assert found(self.cng(0.5)) == []
