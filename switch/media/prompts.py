"""Prompts made ready before any call: spoken or converted once, then kept by content.

A prompt is a G.711 mu-law file, 8 kHz, one channel, no header. Its name is a hash of
everything that went into it, so a changed text or file is made anew and nothing stale
is ever played. Texts known only in the call are the matter of `live_prompts.py`.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from switch.errors import PromptError

_VERSION = b"1"
"""Part of every hash: to be raised when rendering changes."""


class Sound(Protocol):
    """A sound file or a text to speak; `ivr.call.Prompt` is one."""

    @property
    def file(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def voice(self) -> str: ...


PromptKey = tuple[str, str, str]
"""File, text and voice: of a file nothing else."""


class PromptStore:
    """Renders prompts into a cache directory and knows where each one is."""

    def __init__(self, cache: Path, default_voice: str = "en-us") -> None:
        self._cache = cache
        self._default_voice = default_voice
        self._paths: dict[PromptKey, Path] = {}
        self._lock = threading.Lock()

    def render(self, file: str = "", text: str = "", voice: str = "") -> Path:
        """Make a prompt unless it is there, and return its path. Blocks.

        Raises:
            PromptError: the file cannot be read, or the text cannot be spoken.
        """
        voice = voice or self._default_voice
        path = self._cache / content_name(text, voice, read_sound(file) if file else None)
        if not path.exists():
            # Loaded here: most starts find every prompt made already.
            from switch.media.prompt_rendering import convert, speak

            self._write(path, convert(file) if file else speak(text, voice))
        with self._lock:
            self._paths[file, "" if file else text, "" if file else voice] = path
        return path

    def render_all(
        self, sounds: Iterable[Sound], progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Make many prompts, as many at a time as there are processors. Blocks.

        Args:
            progress: called with how many are ready, of how many.

        Raises:
            PromptError: one line for each prompt that cannot be made.
        """
        wanted = dict.fromkeys((sound.file, sound.text, sound.voice) for sound in sounds)
        problems: list[str] = []
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as threads:
            jobs = [threads.submit(self.render, *key) for key in wanted]
            for done, job in enumerate(jobs, 1):
                try:
                    job.result()
                except PromptError as error:
                    problems.append(str(error))
                if progress is not None:
                    progress(done, len(jobs))
        if problems:
            raise PromptError("\n".join(problems))

    def made(self) -> dict[PromptKey, Path]:
        """Return where all are that were rendered."""
        with self._lock:
            return dict(self._paths)

    def learn(self, made: Mapping[PromptKey, Path]) -> None:
        """Know of what was rendered into the same cache elsewhere."""
        with self._lock:
            self._paths.update(made)

    def path(self, file: str = "", text: str = "", voice: str = "") -> str:
        """Return where a rendered prompt is. No input or output.

        Raises:
            PromptError: it was never rendered.
        """
        found = self.find(file, text, voice)
        if found is None:
            raise PromptError(f"the prompt {(file or text)[:60]!r} was never made ready")
        return found

    def find(self, file: str = "", text: str = "", voice: str = "") -> str | None:
        """Return where a prompt is if it was rendered. No input or output."""
        key = (file, "", "") if file else ("", text, voice or self._default_voice)
        found = self._paths.get(key)
        return None if found is None else str(found)

    def _write(self, path: Path, ulaw: bytes) -> None:
        """Write a prompt, whole or not at all."""
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._cache, delete=False) as part:
                part.write(ulaw)
            Path(part.name).replace(path)
        except OSError as error:
            raise PromptError(f"cannot write the prompt cache {self._cache}: {error}") from error


def content_name(text: str, voice: str, sound: bytes | None = None) -> str:
    """Return the file name of a prompt: of a sound file's content, or else of a spoken text."""
    if sound is not None:
        name = hashlib.sha256(_VERSION + b"file\0" + sound).hexdigest()
    else:
        name = hashlib.sha256(_VERSION + f"text\0{voice}\0{text}".encode()).hexdigest()
    return f"{name[:32]}.ulaw"


def read_sound(file: str) -> bytes:
    """Return what a sound file holds.

    Raises:
        PromptError: it cannot be read.
    """
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise PromptError(f"cannot read the prompt {file}: {error.strerror}") from error
