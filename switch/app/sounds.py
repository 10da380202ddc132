"""What can be heard here: prompts made ready at the start, and those made during calls."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from switch.app.feature_codes import CONFIRMATIONS
from switch.ivr.call import Prompt, QueueRequest
from switch.ivr.models import Flow
from switch.media.live_prompts import LivePrompts
from switch.media.prompts import PromptKey, PromptStore
from switch.media.tones import beep, ringback, waiting
from switch.settings import Settings
from switch.settings.fields import Sound


class Sounds:
    """Where the file of each prompt is.

    What is known at the start stays ready for ever. A prompt whose text comes up in a call is
    made ahead of its time (`prepare`) as soon as its text is known, asked for by `path_now` when
    its turn has come, and if it is not there, awaited by `path_soon`.
    """

    def __init__(self, settings: Settings, flows: Iterable[Flow]) -> None:
        media = settings.media
        self._store = PromptStore(media.prompt_cache, media.voice)
        self._live = LivePrompts(media.prompt_cache, media.voice, media.spoken_megabytes * 10**6)
        self._hold_music = _prompt(media.music_on_hold)
        self._queue_music = self._music_of(settings)
        waiting_sound = media.waiting_sound
        self._waiting_sound = None if waiting_sound is None else _prompt(waiting_sound)
        self._all = [
            self._hold_music,
            *([] if self._waiting_sound is None else [self._waiting_sound]),
            *self._queue_music.values(),
            *CONFIRMATIONS.values(),
            *(prompt for flow in flows for prompt in flow.prompts()),
        ]
        self.beep = str(media.prompt_cache / "beep.ulaw")
        """The tone after which a message begins."""
        self.ringing = str(media.prompt_cache / "ringing.ulaw")
        """The tone while somebody is rung."""
        self._waiting_tone = str(media.prompt_cache / "waiting.ulaw")
        self.path: Callable[[Prompt], str] = lru_cache(maxsize=None)(self._path)

    def made(self) -> dict[PromptKey, Path]:
        """Return where all prompts are that have been made ready."""
        return self._store.made()

    def learn(self, made: Mapping[PromptKey, Path]) -> None:
        """Know where prompts are that another process has `made` ready."""
        self._store.learn(made)
        # A sound file may have changed under its name.
        self.path.cache_clear()  # type: ignore[attr-defined]

    def render(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Make every prompt ready. Blocks.

        Raises:
            PromptError: with every prompt that cannot be made.
        """
        self._store.render_all(self._all, progress)
        tones = ((self.beep, beep), (self.ringing, ringback), (self._waiting_tone, waiting))
        for path, tone in tones:
            part = Path(f"{path}.{os.getpid()}.part")
            part.write_bytes(tone())
            part.replace(path)

    async def take_over(self, settings: Settings) -> None:
        """Make the music of changed queues ready, and use it from now on.

        Raises:
            PromptError: it cannot be made; the old one stays.
        """
        music = self._music_of(settings)
        new = set(music.values()) - set(self._queue_music.values())
        await asyncio.to_thread(self._store.render_all, list(new), None)
        self._queue_music |= music  # who waits in a queue that is leaving still hears its own

    @property
    def hold_music(self) -> Sequence[str]:
        """Files that are heard, over and over, while someone is held."""
        return (self.path(self._hold_music),)

    @property
    def waiting(self) -> str:
        """The file that is heard, over and over, until a sentence is ready."""
        sound = self._waiting_sound
        return self._waiting_tone if sound is None else self.path(sound)

    def music(self, request: QueueRequest) -> Sequence[str]:
        """Return the files that are heard while waiting."""
        prompt = request.music or self._queue_music[request.queue]
        return (self.path(prompt),)

    def path_now(self, prompt: Prompt) -> str | None:
        """Return a prompt's file if it is ready. No input or output."""
        found = self._store.find(prompt.file, prompt.text, prompt.voice)
        if found is None and not prompt.file:
            return self._live.path_now(prompt.text, prompt.voice)
        return found

    async def path_soon(self, prompt: Prompt, owner: str = "") -> str:
        """Return a prompt's file, made in the background if it is not ready.

        Args:
            owner: the call that wants it.

        Raises:
            PromptError: it cannot be made in time, or too many wait already.
        """
        found = self._store.find(prompt.file, prompt.text, prompt.voice)
        return found or await self._live.path_soon(prompt.file, prompt.text, prompt.voice, owner)

    def prepare(self, prompt: Prompt, owner: str) -> bool:
        """Have a text made ready in the background that a call will probably want.

        Returns:
            Whether that had to be: False when it is there.
        """
        if self.path_now(prompt) is not None or prompt.file:
            return False
        self._live.prepare(prompt.text, prompt.voice, owner)
        return True

    def forget(self, owner: str) -> None:
        """Make nothing ready any more for a call that is over."""
        self._live.forget(owner)

    def count_in(self, on_made: Callable[[bool, bool], None]) -> None:
        """Have counted what is made during calls: whether somebody waited, and whether it could."""
        self._live.on_made = on_made

    @property
    def being_made(self) -> int:
        """How many prompts are being made during calls, or wait for it."""
        return self._live.waiting

    async def close(self) -> None:
        """Forget what was made during calls, and remove its files."""
        await self._live.close()

    def _music_of(self, settings: Settings) -> dict[str, Prompt]:
        return {
            queue.name: self._hold_music if queue.music is None else _prompt(queue.music)
            for queue in settings.queues
        }

    def _path(self, prompt: Prompt) -> str:
        return self._store.path(prompt.file, prompt.text, prompt.voice)


def _prompt(sound: Sound) -> Prompt:
    if sound.file is not None:
        return Prompt(file=str(sound.file))
    return Prompt(text=sound.text, voice=sound.voice)
