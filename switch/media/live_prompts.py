"""Prompts whose text is known only in the call: spoken in the background, never in the loop.

For a sentence of twenty words espeak-ng needs 10 ms of a CPU, and the conversion to mu-law
another 10 (measured on a small machine; the first sentence takes 0.1 s, to load libraries;
with 100 sentences at once on two CPUs, the last is ready after 1 s, and the loop is held for
5 ms at most). So a caller does not notice a sentence that is made when it is wanted. Many
callers at once do, and so does everybody on a slow machine: ask for a prompt ahead of its time
(`prepare`) as soon as its text is known.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from switch.errors import PromptError
from switch.media.prompts import content_name, read_sound
from switch.media.speech_queue import SpeechQueue, Wanted
from switch.media.spoken_files import SpokenFiles

MAX_TEXT = 4000
"""Characters of one prompt."""
MAX_WAITING = 500
"""Prompts that callers wait for."""
MAX_AHEAD = 500
MAX_AHEAD_OF_ONE = 16
"""Prompts that are to be made ahead of their time, for all calls and for one."""
SPEAK_SECONDS = 10.0
"""One sentence takes no longer, and no caller waits longer for one."""

_Key = tuple[str, str, str]


class _Making:
    """One prompt on its way."""

    __slots__ = ("made", "running", "waiting")

    def __init__(self, made: asyncio.Future[str]) -> None:
        self.made = made
        self.waiting = 0
        """How many callers wait for it."""
        self.running = False


class LivePrompts:
    """Makes prompts during calls; each text once, however many callers wait for it.

    As many at once as there are CPUs, two at least. One of these is always left for what a
    caller waits for: what is made ahead takes the others.
    """

    def __init__(self, cache: Path, default_voice: str = "en-us", max_bytes: int = 2**26) -> None:
        """Make nothing yet.

        Args:
            cache: directory below which files are kept until `close`.
            max_bytes: of all files; those used longest ago go first.
        """
        self.on_made: Callable[[bool, bool], None] = _nobody
        """Told of each one made: whether somebody waited for it, and whether it succeeded."""
        self._default_voice = default_voice
        self._files = SpokenFiles(cache, max_bytes)
        self._queue: SpeechQueue[_Key] = SpeechQueue(MAX_WAITING, MAX_AHEAD, MAX_AHEAD_OF_ONE)
        self._making: dict[_Key, _Making] = {}
        self._threads: ThreadPoolExecutor | None = None
        self._most_running = max(2, os.cpu_count() or 1)
        self._running = 0

    @property
    def waiting(self) -> int:
        """How many prompts are being made or wait for it."""
        return len(self._making)

    def path_now(self, text: str, voice: str = "") -> str | None:
        """Return where a spoken text is, if it is ready. No input or output."""
        return self._files.path(content_name(text, voice or self._default_voice))

    async def path_soon(
        self, file: str = "", text: str = "", voice: str = "", owner: str = ""
    ) -> str:
        """Return where a text or a sound file is once it has been made ready.

        A caller who stops waiting takes nothing from the others who wait for the same.

        Args:
            owner: the call that wants it.

        Raises:
            PromptError: it cannot be made, not within `SPEAK_SECONDS`, or too many wait already.
        """
        if not file and (ready := self.path_now(text, voice)) is not None:
            return ready
        key = self._key(file, text, voice)
        making = self._ask(key, owner, urgent=True)
        if making is None:
            raise PromptError(f"{MAX_WAITING} prompts are waiting to be spoken already")
        making.waiting += 1
        try:
            async with asyncio.timeout(SPEAK_SECONDS):
                return await asyncio.shield(making.made)
        except TimeoutError:
            what = file or text[:60]
            raise PromptError(f"{what!r} was not ready within {SPEAK_SECONDS:g} s") from None
        finally:
            making.waiting -= 1
            if not (making.waiting or making.running or making.made.done()):
                self._queue.drop(key)
                self._forget(key)

    def prepare(self, text: str, voice: str = "", owner: str = "") -> None:
        """Have a text spoken that is probably heard soon. What fails is tried again then."""
        if self.path_now(text, voice) is None:
            self._ask(self._key("", text, voice), owner, urgent=False)

    def forget(self, owner: str) -> None:
        """Make no more ahead for a call that is over."""
        for key in self._queue.forget(owner):
            self._forget(key)

    async def close(self) -> None:
        """Wait for what is being made, drop what waits, remove all files."""
        threads, self._threads = self._threads, None
        self._most_running = 0
        for key, making in tuple(self._making.items()):
            if not making.running:
                self._queue.drop(key)
                self._forget(key)
        if threads is not None:
            await asyncio.to_thread(threads.shutdown)
        await asyncio.to_thread(self._files.close)

    def _key(self, file: str, text: str, voice: str) -> _Key:
        return (file, "", "") if file else ("", text, voice or self._default_voice)

    def _ask(self, key: _Key, owner: str, *, urgent: bool) -> _Making | None:
        """Return a prompt on its way; None: there are too many."""
        making = self._making.get(key)
        if making is not None and making.running:
            return making
        if not self._queue.ask(key, owner, urgent=urgent):
            return None
        if making is None:
            making = self._making[key] = _Making(asyncio.get_running_loop().create_future())
        self._start()
        return making

    def _start(self) -> None:
        """Make as many at once as may be."""
        loop = asyncio.get_running_loop()
        while self._running < self._most_running:
            found = self._queue.take(ahead=self._running < self._most_running - 1)
            if found is None:
                return
            key, wanted = found
            self._running += 1
            self._making[key].running = True
            made = loop.run_in_executor(self._pool(), self._make, *key)
            made.add_done_callback(partial(self._end, key, wanted))

    def _end(self, key: _Key, wanted: Wanted, made: asyncio.Future[str]) -> None:
        self._running -= 1
        waited_for = self._making.pop(key).made
        error = None if made.cancelled() else made.exception()
        self.on_made(wanted.urgent, not made.cancelled() and error is None)
        if made.cancelled():
            waited_for.cancel()
        elif waited_for.done():
            pass
        elif error is not None:
            waited_for.set_exception(error)
            waited_for.exception()  # seen, even if nobody waits any more
        else:
            waited_for.set_result(made.result())
        self._start()

    def _forget(self, key: _Key) -> None:
        making = self._making.pop(key, None)
        if making is not None:
            making.made.cancel()

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

    def _pool(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._most_running, thread_name_prefix="prompts")
        return self._threads


def _nobody(waited: bool, succeeded: bool) -> None:
    """Count nothing."""
