"""PURE: the call as a flow sees it, and nothing more of telephony than that.

The interpreter awaits these methods; whoever implements them owns time, media and SIP.
Every method that waits raises `CallOver` when the caller has gone, which ends the
flow. Tests implement it in memory (`tests/support/fake_call.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Protocol

from switch.frozen import frozen


@frozen()
class Prompt:
    """Something to hear: a sound file or a text to speak. Rendered before any call."""

    file: str = ""
    """Absolute path of a sound file, or empty."""
    text: str = ""
    """Text to speak, or empty."""
    voice: str = ""
    """espeak-ng voice for `text`, for example `en-us`; empty for the site's default."""

    @property
    def title(self) -> str:
        """What a person calls it: the file's name or the text."""
        return self.text or self.file.rpartition("/")[2]


@frozen()
class Facts:
    """What is known of the call when the flow starts; `call.*` in expressions."""

    id: str
    caller: str
    """E.164, as received, or empty when withheld; `call.from` in expressions."""
    dialled: str
    trunk: str


@frozen()
class CollectDigits:
    """How to read keys."""

    max_digits: int
    terminators: frozenset[str] = frozenset("#")
    """Keys that end the input and are not part of it."""
    first_digit_timeout_seconds: float = 5.0
    """Counted from the end of the prompts."""
    inter_digit_timeout_seconds: float = 3.0
    barge_in: bool = True
    """A key stops the prompts; otherwise keys during the prompts are thrown away."""


class CollectEnd(StrEnum):
    """Why reading keys ended."""

    COMPLETE = "complete"
    """`max_digits` were read."""
    TERMINATED = "terminated"
    """A terminator was pressed."""
    NO_INPUT = "no_input"
    """No key within the first-digit timeout."""
    STOPPED_HALF_WAY = "stopped_half_way"
    """Some keys, then silence for the inter-digit timeout."""


@frozen()
class Collected:
    """The keys read, without the terminator, and why reading ended."""

    digits: str
    end: CollectEnd


@frozen()
class QueueRequest:
    """How to wait for an agent."""

    queue: str
    skills: Mapping[str, int] = field(default_factory=dict)
    """Required on top of the queue's own: skill to lowest level."""
    priority: int | None = None
    """Higher is served first; None for the queue's own."""
    max_wait_seconds: float | None = None
    """None for the queue's own."""
    music: Prompt | None = None
    """None for the queue's or the site's."""


class QueueEnd(StrEnum):
    """How waiting ended; each is an exit of the queue node."""

    CONNECTED = "connected"
    """An agent answered, they talked, and the agent's side has hung up."""
    TIMEOUT = "timeout"
    """`max_wait_seconds` passed."""
    NO_AGENTS = "no_agents"
    """Nobody who is logged in could ever take this call."""
    FAILED = "failed"
    """The queue could not be used; the log says why."""


@frozen()
class QueueOutcome:
    """What came of `Call.queue`."""

    end: QueueEnd
    agent: str = ""
    waited_seconds: float = 0.0


class HangupCause(StrEnum):
    """What the caller's side is told when the flow hangs up."""

    NORMAL = "normal"
    BUSY = "busy"
    REJECTED = "rejected"
    UNAVAILABLE = "unavailable"


class Call(Protocol):
    """What a flow can do with a call."""

    @property
    def facts(self) -> Facts: ...

    def enter_node(self, flow: str, node: str, node_type: str) -> None:
        """Note that the flow stepped to this node."""
        ...

    async def answer(self) -> None:
        """Answer if that has not been done; media can flow afterwards."""
        ...

    async def play(self, prompts: Sequence[Prompt], *, barge_in: bool) -> None:
        """Play to the end, or until a key is pressed if that may interrupt.

        The interrupting key stays buffered and is read by the next `collect`.
        """
        ...

    async def collect(self, prompts: Sequence[Prompt], how: CollectDigits) -> Collected:
        """Play prompts and read keys, buffered ones first."""
        ...

    async def queue(self, request: QueueRequest) -> QueueOutcome:
        """Wait for an agent, be connected, and return when the agent's side is gone."""
        ...

    async def hangup(self, cause: HangupCause) -> None:
        """End the call."""
        ...
