"""What a caller hears while waiting: music, and messages that interrupt it.

The music goes on until a message is ready to be heard. So that it is when it is due, it is made a
little earlier, with the values of then: they hold while the caller's place is the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from switch.app.announcements import Announcements
from switch.app.caller_sounds import SoundSource
from switch.calls.leg_events import LegPlayed
from switch.calls.session import CallSession
from switch.errors import FlowRunError, PromptError
from switch.frozen import frozen
from switch.ivr.call import Prompt, Render

_LATER_SECONDS = 1.0
"""A message that is due while an agent is being rung is put off for so long."""
AHEAD_SECONDS = 5.0
"""So long before it is due a message is made."""


@frozen()
class _Due:
    """A message may be due."""


@frozen()
class _Soon:
    """A message will be due."""


@frozen()
class _Ahead:
    """A message that was made before it was due."""

    message: Render
    position: int
    prompts: Sequence[Prompt]


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
        sounds: SoundSource,
    ) -> None:
        """Prepare.

        Args:
            standing: place in the queue and expected wait in seconds; None while no message
                should be heard.
        """
        self._session = session
        self._music = music
        self._announcements = announcements
        self._standing = standing
        self._sounds = sounds
        self._ahead: _Ahead | None = None
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
        self._ahead = None
        if self._playing:
            self._session.inbound.stop_playing(self._playing)
            self._playing = 0

    def handle(self, event: object) -> None:
        """Take what has happened to the call; most of it is nothing to do with sound."""
        match event:
            case _Soon():
                self._make_ahead()
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

    def _arm(self) -> None:
        """Wait until a message is to be made, or is due where there is no time for that."""
        due = self._announcements.deadline
        if due is not None:
            early = due - AHEAD_SECONDS
            if self._announcements.upcoming_has_values and early > self._now():
                self._call_at(early, _Soon())
            else:
                self._call_at(due, _Due())

    def _call_at(self, when: float, event: object) -> None:
        delay = max(0.0, when - self._now())
        mailbox = self._session.mailbox
        self._timer = asyncio.get_running_loop().call_later(delay, mailbox.put, event)

    def _make_ahead(self) -> None:
        announcements = self._announcements
        message, due, standing = announcements.upcoming, announcements.deadline, self._standing()
        if message is not None and standing is not None:
            try:
                prompts = message(*standing)
            except FlowRunError:
                pass  # told when it is due
            else:
                self._ahead = _Ahead(message, standing[0], prompts)
                for prompt in prompts:
                    self._sounds.prepare(prompt, self._session.id)
        if due is not None:
            self._call_at(due, _Due())

    def _begin(self) -> None:
        standing = self._standing()
        if standing is None:
            self._call_at(self._now() + _LATER_SECONDS, _Due())
            return
        message = self._announcements.take_due(self._now())
        if message is None:
            self._arm()
            return
        self._task = asyncio.get_running_loop().create_task(self._prepare(message, *standing))

    async def _prepare(self, message: Render, position: int, wait_seconds: float | None) -> None:
        ahead, self._ahead = self._ahead, None
        files: Sequence[str] = ()
        try:
            if ahead is not None and ahead.message is message and ahead.position == position:
                prompts = ahead.prompts
            else:
                prompts = message(position, wait_seconds)
            sounds, owner = self._sounds, self._session.id
            files = await asyncio.gather(*(sounds.path_soon(each, owner) for each in prompts))
        except (FlowRunError, PromptError) as error:
            self._session.log.warning("announcement_failed", error=str(error))
        self._session.mailbox.put(_Ready(tuple(files)))

    def _end(self) -> None:
        self._announcements.ended(self._now())
        self._arm()

    def _now(self) -> float:
        return self._session.services.endpoint.now()


def _nowhere() -> None:
    """The caller waits no more."""
