"""PURE: what is around a rehearsed call: agents, services, tables, mailboxes.

Answers are looked for in the order in which they were given; one with `times` is used up.
What was not foreseen gets a sound default or, where there is none, is noted as a problem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from switch.ivr.acts import HttpRequest, HttpResult, Scalar, TransferEnd
from switch.ivr.prompt import Prompt
from switch.ivr.waiting import CallbackEnd, QueueEnd, QueueFigures

SPEECH_CHARACTERS_PER_SECOND = 15.0
FILE_SECONDS = 3.0
"""How long a sound file is taken to be when nobody knows."""

Row = Mapping[str, Scalar]


@dataclass(slots=True)
class QueueAnswer:
    """What a queue does with the caller."""

    end: QueueEnd = QueueEnd.CONNECTED
    after_seconds: float | None = None
    """Of waiting. None: at once, 5 s for a connection, the longest wait for a time-out."""
    talks_seconds: float = 60.0
    """Until the agent hangs up."""
    agent: str = "agent"
    queue: str = "*"
    """Pattern."""
    times: int | None = None
    """How often it is given; None: always."""
    old_place: bool = False
    """The caller hung up while waiting there, and is asked whether to go on from that place."""
    status: QueueFigures | None = None
    """How the queue stands for who asks; None: as it ends."""

    def figures(self, expected_wait_seconds: float | None) -> QueueFigures:
        """Return how the queue stands.

        Args:
            expected_wait_seconds: of callers who have to wait, if nobody said for how long.
        """
        if self.status is not None:
            return self.status
        if self.end in (QueueEnd.NO_AGENTS, QueueEnd.CLOSED, QueueEnd.FAILED):
            is_open = self.end is QueueEnd.NO_AGENTS
            return QueueFigures(is_open=is_open, expected_wait_seconds=None)
        if self.end is QueueEnd.CONNECTED and not self.after_seconds:
            return QueueFigures(agents=1, agents_free=1)
        waits = expected_wait_seconds if self.after_seconds is None else self.after_seconds
        is_full = self.end is QueueEnd.FULL
        return QueueFigures(is_full=is_full, waiting=1, expected_wait_seconds=waits, agents=1)


@dataclass(slots=True)
class HttpAnswer:
    """What a service answers."""

    result: HttpResult
    url: str = "*"
    """Pattern, with `*`."""
    method: str = ""
    """Empty: any."""
    takes_seconds: float = 0.1
    times: int | None = None

    def fits(self, request: HttpRequest) -> bool:
        """Return whether it answers this request."""
        return (not self.method or self.method == request.method) and (
            self.url == request.url or fnmatchcase(request.url, self.url)
        )


@dataclass(slots=True)
class TransferAnswer:
    """What becomes of a transfer."""

    end: TransferEnd = TransferEnd.CONNECTED
    to: str = "*"
    """Pattern of the agent's id or the number."""
    talks_seconds: float = 60.0
    times: int | None = None


def text_length(prompt: Prompt) -> float:
    """Return how many seconds a prompt takes, as far as its text tells."""
    if prompt.file:
        return FILE_SECONDS
    return max(0.5, len(prompt.text) / SPEECH_CHARACTERS_PER_SECOND)


@dataclass(slots=True)
class World:
    """All answers. They are used up by one call."""

    queues: Sequence[QueueAnswer] = ()
    http: Sequence[HttpAnswer] = ()
    transfers: Sequence[TransferAnswer] = ()
    callbacks: Sequence[CallbackEnd] = ()
    """In turn; then they are accepted."""
    tables: Mapping[str, Mapping[str, Row]] = field(default_factory=dict)
    """Table -> key -> row."""
    length: Callable[[Prompt], float] = text_length
    """Seconds of a prompt."""
    position: int = 1
    """The caller's place in queues, for announcements."""
    expected_wait_seconds: float | None = 60.0

    def queue(self, name: str) -> QueueAnswer | None:
        """Return what the queue does, or None if nobody said."""
        for answer in self.queues:
            if answer.times != 0 and fnmatchcase(name, answer.queue):
                _use(answer)
                return answer
        return None

    def figures(self, name: str) -> QueueFigures:
        """Return how a queue stands; its answer is not used up by that."""
        for answer in self.queues:
            if answer.times != 0 and fnmatchcase(name, answer.queue):
                return answer.figures(self.expected_wait_seconds)
        return QueueAnswer().figures(self.expected_wait_seconds)

    def has_old_place(self, name: str) -> bool:
        """Return whether the caller has a place in the queue from a call before."""
        for answer in self.queues:
            if answer.times != 0 and fnmatchcase(name, answer.queue):
                return answer.old_place
        return False

    def service(self, request: HttpRequest) -> HttpAnswer | None:
        """Return the answer to a request, or None if nobody said."""
        for answer in self.http:
            if answer.times != 0 and answer.fits(request):
                _use(answer)
                return answer
        return None

    def transfer(self, to: str) -> TransferAnswer:
        """Return what becomes of a transfer."""
        for answer in self.transfers:
            if answer.times != 0 and fnmatchcase(to, answer.to):
                _use(answer)
                return answer
        return TransferAnswer()

    def callback(self, number: int) -> CallbackEnd:
        """Return what comes of the call's request for a callback, counted from 0."""
        return self.callbacks[number] if number < len(self.callbacks) else CallbackEnd.ACCEPTED


def _use(answer: QueueAnswer | HttpAnswer | TransferAnswer) -> None:
    if answer.times is not None:
        answer.times -= 1
