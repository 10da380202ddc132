"""What a caller hears while waiting: music, and messages that interrupt it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from switch.app.announcements import Announcements
from switch.calls.leg_events import LegPlayed
from switch.calls.session import CallSession
from switch.errors import FlowRunError, PromptError
from switch.frozen import frozen
from switch.ivr.call import Prompt, Render

_LATER_SECONDS = 1.0
"""A message that is due while an agent is being rung is put off for so long."""


@frozen()
class _Due:
    """A message may be due."""


@frozen()
class _Ready:
    """The files of a message are there; none of them when it cannot be said."""

    files: Sequence[str]


class WaitingAudio:
    """Plays towards the caller of one wait, from `start` to `stop`.

    Everything from the call's mailbox goes through `handle` meanwhile.
    """

    def __init__(
        self,
        session: CallSession,
        music: Sequence[str],
        announcements: Announcements,
        standing: Callable[[], tuple[int, float | None] | None],
        path: Callable[[Prompt], Awaitable[str]],
    ) -> None:
        """Prepare.

        Args:
            standing: place in the queue and expected wait in seconds; None while no message
                should be heard.
            path: finds the file of a prompt, or makes it.
        """
        self._session = session
        self._music = music
        self._announcements = announcements
        self._standing = standing
        self._path = path
        self._playing = 0
        """The play that is on: music or a message."""
        self._saying = False
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin with the music."""
        self._play_music()
        self._arm()

    def part(self) -> None:
        """Be silent for good, and know the visit no more: a circle would outlive it."""
        self.stop()
        self._standing = _nowhere

    def stop(self) -> None:
        """Be silent; safe to call again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._playing:
            self._session.inbound.stop_playing(self._playing)
            self._playing = 0

    def handle(self, event: object) -> None:
        """Take what has happened to the call; most of it is nothing to do with sound."""
        match event:
            case _Due():
                self._begin()
            case _Ready(files=files) if files:
                self._saying = True
                self._playing = self._session.inbound.play(files)
            case _Ready():
                self._end()
            case LegPlayed(leg=leg, play=play) if (
                self._saying and play == self._playing and leg is self._session.inbound
            ):
                self._saying = False
                self._play_music()
                self._end()
            case _:
                pass

    def _play_music(self) -> None:
        self._playing = self._session.inbound.play(self._music, loop=True) if self._music else 0

    def _arm(self, at: float | None = None) -> None:
        due = self._announcements.deadline if at is None else at
        if due is not None:
            delay = max(0.0, due - self._now())
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(delay, self._session.mailbox.put, _Due())

    def _begin(self) -> None:
        standing = self._standing()
        if standing is None:
            self._arm(self._now() + _LATER_SECONDS)
            return
        message = self._announcements.take_due(self._now())
        if message is None:
            self._arm()
            return
        prepare = self._prepare(message, *standing)
        self._task = asyncio.get_running_loop().create_task(prepare)

    async def _prepare(self, message: Render, position: int, wait_seconds: float | None) -> None:
        files = []
        try:
            for prompt in message(position, wait_seconds):
                files.append(await self._path(prompt))
        except (FlowRunError, PromptError) as error:
            self._session.log.warning("announcement_failed", error=str(error))
            files = []
        self._session.mailbox.put(_Ready(tuple(files)))

    def _end(self) -> None:
        self._announcements.ended(self._now())
        self._arm()

    def _now(self) -> float:
        return self._session.services.endpoint.now()


def _nowhere() -> None:
    """The caller waits no more."""
