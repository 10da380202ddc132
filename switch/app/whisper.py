"""What is said to the agent alone who answers: of which queue the call is, who calls, why."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from switch.app.caller_sounds import SoundSource
from switch.calls.leg import Leg
from switch.calls.session import CallSession
from switch.ivr.call import Prompt


class Whisper:
    """The whisper of one wait. It is made while the caller waits, and the headset rings."""

    def __init__(
        self,
        session: CallSession,
        prompts: Sequence[Prompt],
        music: Sequence[str],
        sounds: SoundSource,
    ) -> None:
        """Prepare, and have it made.

        Args:
            music: what the caller hears meanwhile.
        """
        self._session = session
        self._music = music
        coming = [sounds.path_soon(prompt, session.id) for prompt in prompts]
        self._made = asyncio.gather(*coming)
        self._made.add_done_callback(self._tell_failure)

    def begin(self, leg: Leg) -> None:
        """Say it to the headset that has just been joined with the caller."""
        self._made.add_done_callback(lambda made: self._say(leg, made))

    def stop(self) -> None:
        """Forget about it if it is not made yet."""
        self._made.cancel()

    def _tell_failure(self, made: asyncio.Future[list[str]]) -> None:
        if not made.cancelled() and (error := made.exception()) is not None:
            self._session.log.warning("whisper_failed", error=str(error))

    def _say(self, leg: Leg, made: asyncio.Future[list[str]]) -> None:
        session = self._session
        if made.cancelled() or made.exception() is not None:
            return
        if session.outbound is leg and session.pair is not None:
            session.pair.whisper(made.result(), self._music)
