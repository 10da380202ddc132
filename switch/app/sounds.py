"""Which prompts a switch needs, and where each one's rendered file is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from switch.app.feature_codes import CONFIRMATIONS
from switch.ivr.call import Prompt, QueueRequest
from switch.ivr.models import Flow
from switch.media.prompts import PromptStore
from switch.settings import Settings
from switch.settings.fields import Sound


class Sounds:
    """Everything that may be heard here, made ready at the start."""

    def __init__(self, settings: Settings, flows: Iterable[Flow]) -> None:
        self._store = PromptStore(settings.media.prompt_cache, settings.media.voice)
        self._hold_music = _prompt(settings.media.music_on_hold)
        self._queue_music = {
            queue.name: self._hold_music if queue.music is None else _prompt(queue.music)
            for queue in settings.queues
        }
        self._all = [
            self._hold_music,
            *self._queue_music.values(),
            *CONFIRMATIONS.values(),
            *(prompt for flow in flows for prompt in flow.prompts()),
        ]
        self.path: Callable[[Prompt], str] = lru_cache(maxsize=None)(self._path)

    def add(self, flows: Iterable[Flow]) -> None:
        """Make the prompts of flows ready that come into force later. Blocks.

        Raises:
            PromptError: with every prompt that cannot be made.
        """
        self._store.render_all(prompt for flow in flows for prompt in flow.prompts())
        # A sound file may have changed under its name.
        self.path.cache_clear()  # type: ignore[attr-defined]

    def render(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Make every prompt ready. Blocks.

        Raises:
            PromptError: with every prompt that cannot be made.
        """
        self._store.render_all(self._all, progress)

    @property
    def hold_music(self) -> Sequence[str]:
        """Files that are heard, over and over, while someone is held."""
        return (self.path(self._hold_music),)

    def music(self, request: QueueRequest) -> Sequence[str]:
        """Return the files that are heard while waiting."""
        prompt = request.music or self._queue_music[request.queue]
        return (self.path(prompt),)

    def _path(self, prompt: Prompt) -> str:
        return self._store.path(prompt.file, prompt.text, prompt.voice)


def _prompt(sound: Sound) -> Prompt:
    if sound.file is not None:
        return Prompt(file=str(sound.file))
    return Prompt(text=sound.text, voice=sound.voice)
