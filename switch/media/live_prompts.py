"""Prompts whose text is known only in the call: spoken in the background, never in the loop.

For a sentence of twenty words espeak-ng needs 10 ms of a CPU, and the conversion to mu-law
another 10 (measured on a small machine; the first sentence takes 0.1 s, to load libraries;
with 100 sentences at once on two CPUs, the last is ready after 1 s, and the loop is held for
5 ms at most). So a caller does not notice a sentence that is made when it is wanted. Many
callers at once do: ask for a prompt as soon as its text is known, before what goes first is
played.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from switch.errors import PromptError
from switch.media.prompts import content_name, read_sound
from switch.media.spoken_files import SpokenFiles

MAX_TEXT = 4000
"""Characters of one prompt."""
MAX_WAITING = 500
"""Prompts being made or waiting for it; with more, callers would hear silence anyway."""
SPEAK_SECONDS = 10.0

_Key = tuple[str, str, str]


class LivePrompts:
    """Makes prompts during calls; each text once, however many callers wait for it."""

    def __init__(self, cache: Path, default_voice: str = "en-us", max_bytes: int = 2**26) -> None:
        """Make nothing yet.

        Args:
            cache: directory below which files are kept until `close`.
            max_bytes: of all files; those used longest ago go first.
        """
        self._default_voice = default_voice
        self._files = SpokenFiles(cache, max_bytes)
        self._making: dict[_Key, asyncio.Future[str]] = {}
        self._threads: ThreadPoolExecutor | None = None

    @property
    def waiting(self) -> int:
        """How many prompts are being made or wait for it."""
        return len(self._making)

    def path_now(self, text: str, voice: str = "") -> str | None:
        """Return where a spoken text is, if it is ready. No input or output."""
        return self._files.path(content_name(text, voice or self._default_voice))

    async def path_soon(self, file: str = "", text: str = "", voice: str = "") -> str:
        """Return where a text or a sound file is once it has been made ready.

        A caller who stops waiting takes nothing from the others who wait for the same.

        Raises:
            PromptError: it cannot be made, or too many wait already.
        """
        key = (file, "", "") if file else ("", text, voice or self._default_voice)
        if not file and (ready := self.path_now(text, voice)) is not None:
            return ready
        making = self._making.get(key)
        if making is None:
            if len(self._making) >= MAX_WAITING:
                raise PromptError(f"{MAX_WAITING} prompts are waiting to be spoken already")
            making = asyncio.get_running_loop().run_in_executor(self._pool(), self._make, *key)
            self._making[key] = making
            making.add_done_callback(lambda made: self._made(key, made))
        return await asyncio.shield(making)

    async def close(self) -> None:
        """Wait for what is being made, drop what waits, remove all files."""
        threads, self._threads = self._threads, None
        if threads is not None:
            await asyncio.to_thread(threads.shutdown, cancel_futures=True)
        await asyncio.to_thread(self._files.close)

    def _make(self, file: str, text: str, voice: str) -> str:
        """Make one prompt. Runs in a thread."""
        # Loaded here: a site whose prompts never change does without.
        from switch.media.prompt_rendering import convert, speak

        if len(text) > MAX_TEXT:
            raise PromptError(f"a prompt of {len(text)} characters is too long: {text[:60]!r}...")
        name = content_name(text, voice, read_sound(file) if file else None)
        ready = self._files.path(name)
        if ready is not None:
            return ready
        return self._files.put(name, convert(file) if file else speak(text, voice, SPEAK_SECONDS))

    def _made(self, key: _Key, made: asyncio.Future[str]) -> None:
        del self._making[key]
        if not made.cancelled():
            made.exception()  # seen, even if nobody waits any more

    def _pool(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="prompts")
        return self._threads
