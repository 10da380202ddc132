"""What one caller hears: prompts as they are ready, and a soft sound where one is not.

A sentence with values of the call is made ahead of its time where these are known in time. Where
they are not, it is made when its turn comes: what goes before it is heard meanwhile, and after
that, if it takes longer than `PATIENCE_SECONDS`, the waiting sound. Nobody waits in silence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from switch.calls.leg_events import LegDigit
from switch.calls.prompting import play
from switch.calls.session import CallSession
from switch.frozen import frozen
from switch.ivr.call import Prompt

PATIENCE_SECONDS = 0.15
"""Of silence, before the waiting sound begins: most sentences are ready sooner."""

_MOST_NOTED = 256
"""Sentences made ahead that a call remembers, to count them when they are heard."""


class SoundSource(Protocol):
    """Where the files of prompts are: `sounds.Sounds`."""

    @property
    def waiting(self) -> str: ...
    def path_now(self, prompt: Prompt) -> str | None: ...
    async def path_soon(self, prompt: Prompt, owner: str = "") -> str: ...
    def prepare(self, prompt: Prompt, owner: str) -> bool: ...
    def forget(self, owner: str) -> None: ...


class SpeechCounts(Protocol):
    """What is counted of sentences with values: `telemetry.speech_metrics.SpeechMetrics`."""

    def ready(self, *, ahead: bool) -> None: ...
    def waited(self, seconds: float) -> None: ...


@frozen()
class _Made:
    """A sentence is ready, or cannot be made."""

    making: asyncio.Future[str]


@frozen()
class _Impatient:
    """The caller has heard nothing for long enough."""

    making: asyncio.Future[str]


_Coming = str | asyncio.Future[str]
"""The file of a prompt, or what brings it."""


class CallerSounds:
    """The sounds of one call. Its mailbox is read while the caller waits."""

    __slots__ = ("_ahead", "_asked", "_counts", "_session", "_sounds")

    def __init__(self, session: CallSession, sounds: SoundSource, counts: SpeechCounts) -> None:
        self._session = session
        self._sounds = sounds
        self._counts = counts
        self._ahead: set[Prompt] | None = None
        """Made for this call before they were to be heard; None: none so far."""
        self._asked = False
        """Something was to be made ahead."""

    def prepare(self, prompts: Iterable[Prompt]) -> None:
        """Have made what the caller will probably hear soon. Returns at once."""
        for prompt in prompts:
            if self._sounds.prepare(prompt, self._session.id):
                self._asked = True
                self._note(prompt)

    def part(self) -> None:
        """Want nothing more: the call is over."""
        if self._asked:
            self._sounds.forget(self._session.id)

    async def lead(
        self,
        prompts: Sequence[Prompt],
        *,
        barge_in: bool,
        begin: Callable[[Sequence[Prompt]], None],
    ) -> Sequence[str]:
        """Let prompts be heard, as far as there are others that must be made meanwhile.

        Args:
            begin: told which prompts the caller begins to hear.

        Returns:
            The files of the last ones, still to be played: all of them where all are ready,
            none where a key has ended it.

        Raises:
            PromptError: one cannot be made, after what goes before it was heard.
            CallOver, FaxHeard: instead of waiting on.
        """
        if not prompts or (barge_in and self._session.keys):
            return ()
        files: list[str] = []
        for prompt in prompts:
            path = self._sounds.path_now(prompt)
            if path is None:
                return await self._lead(prompts, barge_in, begin)
            files.append(path)
        self._count(prompts)
        begin(prompts)
        return files

    async def _lead(
        self, prompts: Sequence[Prompt], barge_in: bool, begin: Callable[[Sequence[Prompt]], None]
    ) -> Sequence[str]:
        """Do as `lead` where not all are ready."""
        coming = [self._find(prompt) for prompt in prompts]
        start = 0
        try:
            while True:
                first = coming[start]
                late = not isinstance(first, str) and not first.done()
                if not isinstance(first, str) and not await self._wait(first, barge_in):
                    return ()
                end = start + 1
                while end < len(coming) and _is_ready(coming[end]):
                    end += 1
                files = [_path(each) for each in coming[start:end]]
                self._count(prompts[start + late : end])
                begin(prompts[start:end])
                if end == len(coming):
                    return files
                await play(self._session, files, barge_in=barge_in)
                if barge_in and self._session.keys:
                    return ()
                start = end
        finally:
            for each in coming:
                if not isinstance(each, str):
                    each.cancel()

    def _find(self, prompt: Prompt) -> _Coming:
        path = self._sounds.path_now(prompt)
        if path is not None:
            return path
        making = asyncio.ensure_future(self._sounds.path_soon(prompt, self._session.id))
        making.add_done_callback(_quietly)
        self._note(prompt)
        return making

    def _note(self, prompt: Prompt) -> None:
        if self._ahead is None:
            self._ahead = set()
        if len(self._ahead) < _MOST_NOTED:
            self._ahead.add(prompt)

    async def _wait(self, making: asyncio.Future[str], barge_in: bool) -> bool:
        """Wait until a prompt is ready, not in silence for long; False: a key came instead."""
        if making.done():
            return True
        session = self._session
        mailbox, loop = session.mailbox, asyncio.get_running_loop()
        began, number = loop.time(), 0
        making.add_done_callback(lambda made: mailbox.put(_Made(made)))
        timer = loop.call_later(PATIENCE_SECONDS, mailbox.put, _Impatient(making))
        try:
            while not making.done():
                match await mailbox.next():
                    case _Impatient(making=late) if late is making and not making.done():
                        number = session.inbound.play((self._sounds.waiting,), loop=True)
                    case LegDigit(leg=leg) if barge_in and leg is session.inbound:
                        return False
                    case _:
                        pass
            return True
        finally:
            timer.cancel()
            if number:
                session.inbound.stop_playing(number)
            self._counts.waited(loop.time() - began)

    def _count(self, prompts: Sequence[Prompt]) -> None:
        """Count those with values that are ready as their turn comes."""
        for prompt in prompts:
            if prompt.made_for_call:
                noted = self._ahead is not None and prompt in self._ahead
                self._counts.ready(ahead=noted)
                if noted and self._ahead is not None:
                    self._ahead.remove(prompt)


def _is_ready(coming: _Coming) -> bool:
    if isinstance(coming, str):
        return True
    return coming.done() and not coming.cancelled() and coming.exception() is None


def _path(coming: _Coming) -> str:
    return coming if isinstance(coming, str) else coming.result()


def _quietly(made: asyncio.Future[str]) -> None:
    """Take note of an error that nobody waits for any more."""
    if not made.cancelled():
        made.exception()
