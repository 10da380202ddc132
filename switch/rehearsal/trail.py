"""PURE: what happened in a rehearsed call, moment by moment, for tests and for people."""

from __future__ import annotations

from enum import StrEnum

from switch.frozen import frozen


class Kind(StrEnum):
    """What sort of thing happened; the value is how a trail words it."""

    ENTERS = "enters"
    FAILS = "fails in"
    HEARS = "hears"
    PRESSES = "presses"
    SPEAKS = "speaks"
    FAXES = "sends the tone of a fax machine"
    WAITS = "waits"
    ANSWERED = "answered"
    EARLY = "heard before the answer"
    QUEUE = "queue"
    CALLBACK = "callback"
    TRANSFER = "transfer"
    HTTP = "http"
    LOOKUP = "looks up"
    TAG = "tag"
    EVENT = "event"
    MESSAGE = "message"
    LANGUAGE = "language"
    RECORDING = "recording"
    ENDS = "ends"
    PROBLEM = "problem"


@frozen()
class Moment:
    """One thing that happened."""

    at: float
    """Seconds since the call came in."""
    kind: Kind
    text: str
    """For a person: the node, the prompt, the keys, what came of it."""
    detail: str = ""
    """More of it, such as the node's type."""

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.at:7.1f} s  {self.kind.value} {self.text}{detail}".rstrip()


class End(StrEnum):
    """How a rehearsed call ended."""

    HANGUP = "hangup"
    """The flow hung up in the ordinary way."""
    BUSY = "busy"
    REJECTED = "rejected"
    UNAVAILABLE = "unavailable"
    CALLER = "caller"
    """The caller hung up."""
    OVER = "over"
    """The flow had nothing more to do."""
    ERROR = "error"
    """The flow failed; the trail says why."""
