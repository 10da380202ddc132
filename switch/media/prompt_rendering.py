"""A prompt made: a sound file converted, or a text spoken, to mu-law at 8 kHz."""

from __future__ import annotations

import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy
import soundfile
import soxr

from switch.errors import PromptError
from switch.media.linear import samples_to_ulaw

SAMPLE_RATE = 8000
SPEAK_SECONDS = 60.0
_QUIET_PEAK = 0.7
"""Spoken texts are brought to this peak; files stay as loud as they were made."""


def convert(file: str) -> bytes:
    """Return a sound file of any common kind as mu-law.

    Raises:
        PromptError: it cannot be read.
    """
    return _to_ulaw(_decode(file))


def speak(text: str, voice: str, seconds: float = SPEAK_SECONDS) -> bytes:
    """Return a text, spoken by espeak-ng, as mu-law. Blocks.

    Args:
        seconds: how long espeak-ng may take.

    Raises:
        PromptError: it cannot be spoken.
    """
    return _to_ulaw(_speak(text, voice, seconds))


def check_file(file: str) -> None:
    """See that a file holds sound, without reading all of it.

    Raises:
        PromptError: it does not.
    """
    try:
        soundfile.info(file)
    except (soundfile.SoundFileError, OSError) as error:
        raise PromptError(f"cannot read the prompt {file}: {error}") from error


@lru_cache(maxsize=256)
def _why_not(voice: str) -> str:
    try:
        done = subprocess.run(
            ["espeak-ng", "-q", "-v", voice, ""], capture_output=True, timeout=10, check=False
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return ""  # whether the voice is there is not known
    return f"espeak-ng has no voice `{voice}`" if done.returncode else ""


def check_voice(voice: str) -> None:
    """See that espeak-ng, where it is installed, has a voice.

    Raises:
        PromptError: it has not.
    """
    if why := _why_not(voice):
        raise PromptError(f"{why} (`espeak-ng --voices` lists them)")


def _to_ulaw(samples: numpy.ndarray) -> bytes:
    return samples_to_ulaw(numpy.clip(samples * 32_768, -32_768, 32_767).astype(numpy.int32))


def _decode(file: str) -> numpy.ndarray:
    """Return a sound file as mono floats at 8 kHz."""
    try:
        samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise PromptError(f"cannot read the prompt {file}: {error}") from error
    mono: numpy.ndarray = samples.mean(axis=1)
    if rate != SAMPLE_RATE and len(mono):
        mono = soxr.resample(mono, rate, SAMPLE_RATE)
    return mono


def _speak(text: str, voice: str, seconds: float) -> numpy.ndarray:
    """Return a spoken text as mono floats at 8 kHz."""
    with tempfile.TemporaryDirectory(prefix="freeline-") as directory:
        wav = f"{directory}/speech.wav"
        try:
            done = subprocess.run(
                ["espeak-ng", "-v", voice, "-w", wav, "--stdin"],
                input=text.encode(),
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except FileNotFoundError:
            raise PromptError(
                f"cannot speak {text[:60]!r}: espeak-ng is not installed "
                "(on Debian: apt-get install espeak-ng)"
            ) from None
        except subprocess.TimeoutExpired:
            raise PromptError(f"espeak-ng took over {seconds:g} s to speak {text[:60]!r}") from None
        said = done.stderr.decode(errors="replace").strip()
        if done.returncode or not Path(wav).exists():
            why = said.splitlines()[-1] if said else f"exit code {done.returncode}"
            raise PromptError(f"espeak-ng cannot speak {text[:60]!r} as {voice!r}: {why}")
        samples = _decode(wav)
    peak = float(numpy.abs(samples).max()) if len(samples) else 0.0
    return samples * (_QUIET_PEAK / peak) if peak else samples
