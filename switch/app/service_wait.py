"""What a caller hears while a web service is asked: the flow's prompts, or the waiting sound."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from switch.app.caller_sounds import PATIENCE_SECONDS, SoundSource
from switch.calls.leg import LegState
from switch.calls.session import CallSession
from switch.errors import PromptError
from switch.ivr.call import Prompt

_SPEECHLESS_SECONDS = 1.0
"""Without prompts, before the waiting sound begins: most services have answered by then."""


class ServiceWait:
    """From `start` to `stop`, while nobody reads the call's mailbox."""

    __slots__ = ("_number", "_prompts", "_session", "_sounds", "_task", "_timer")

    def __init__(
        self, session: CallSession, sounds: SoundSource, prompts: Sequence[Prompt]
    ) -> None:
        self._session = session
        self._sounds = sounds
        self._prompts = prompts
        self._number = 0
        """Of the play that is on."""
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin with what is ready."""
        session, prompts = self._session, self._prompts
        if session.mailbox.closed:
            return
        loop = asyncio.get_running_loop()
        if not prompts:
            if session.inbound.state is LegState.ANSWERED:
                self._timer = loop.call_later(_SPEECHLESS_SECONDS, self._fill)
            return
        ready = [self._sounds.path_now(prompt) for prompt in prompts]
        files = [path for path in ready if path is not None]
        if len(files) == len(ready):
            self._play(files)
            return
        self._timer = loop.call_later(PATIENCE_SECONDS, self._fill)
        self._task = loop.create_task(self._make())

    def stop(self) -> None:
        """Be silent."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
        if self._number:
            self._session.inbound.stop_playing(self._number)

    async def _make(self) -> None:
        sounds, owner = self._sounds, self._session.id
        try:
            files = await asyncio.gather(
                *(sounds.path_soon(prompt, owner) for prompt in self._prompts)
            )
        except PromptError as error:
            self._session.log.warning("wait_prompts_failed", error=str(error))
            return  # the waiting sound goes on instead
        if self._timer is not None:
            self._timer.cancel()
        self._play(files)

    def _fill(self) -> None:
        self._play((self._sounds.waiting,))

    def _play(self, files: Sequence[str]) -> None:
        if not self._session.mailbox.closed:
            self._number = self._session.inbound.play(files, loop=True)
