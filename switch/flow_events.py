"""What flows tell and do besides queues: events as in `events.py`, which lists these too."""

from __future__ import annotations

from typing import ClassVar

from switch.event import CallEvent
from switch.frozen import frozen

Scalar = str | int | float | bool | None
"""What a flow may tell."""


@frozen(kw_only=True)
class NodeLeft(CallEvent):
    """The flow went on from a node, or the call ended in it."""

    kind: ClassVar[str] = "node_left"
    flow: str
    node: str
    node_type: str
    exit: str
    """`next`, a menu's key, `timeout`, ...; or `end`, `hangup`, `gone`, `error`."""
    seconds: float
    """Spent in it."""
    no_input: int = 0
    """How often the caller said nothing."""
    no_match: int = 0
    """How often what the caller pressed meant nothing."""
    incomplete: int = 0
    """How often the caller stopped half-way."""
    error: str = ""
    """Why it failed, where `exit` is `error`."""


@frozen(kw_only=True)
class LanguageChosen(CallEvent):
    """The caller speaks this language, as far as the flow knows."""

    kind: ClassVar[str] = "language"
    language: str


@frozen(kw_only=True)
class CallTagged(CallEvent):
    """The flow wrote on the call's record."""

    kind: ClassVar[str] = "tagged"
    name: str
    value: Scalar


@frozen(kw_only=True)
class FlowEvent(CallEvent):
    """The flow has something to tell, on `call/<call>/flow/<name>`."""

    kind: ClassVar[str] = "flow"
    name: str
    payload: dict[str, Scalar]


@frozen(kw_only=True)
class VoicemailLeft(CallEvent):
    """The caller has left a message."""

    kind: ClassVar[str] = "voicemail"
    box: str
    """Name of the mailbox."""
    path: str
    """Where the WAV file is, or will be in a moment."""
    seconds: float
    language: str


@frozen(kw_only=True)
class CallTransferred(CallEvent):
    """The caller was brought to somebody, by the flow or by an agent; or to be, in vain."""

    kind: ClassVar[str] = "transferred"
    agent: str
    """Empty for an outside number."""
    number: str
    """E.164; empty for an agent."""
    trunk: str
    """The one through which it was dialled, or tried last."""
    outcome: str
    """`connected`, `busy`, `no_answer`, `unreachable`, `failed` or `abandoned`."""
    sip_code: int
    """Of the far end's refusal; 0 without one."""
    talk_seconds: float
    by: str = ""
    """The agent who handed the caller on, or called; empty: the flow did."""
    queue: str = ""
    """An agent may hand a caller on to a queue: `outcome` is `queued` then; or to the agent whom a
    queue has found, after talking to that one: `agent` is told too then."""
    reason: str = ""
    """Why the far end refused or hung up, as it told in Reason: `Q.850 17 (User busy)`."""


@frozen(kw_only=True)
class CallbackRequested(CallEvent):
    """The caller will be rung back by a call of its own."""

    kind: ClassVar[str] = "callback_requested"
    callback: str
    """Id of that call."""
    queue: str
    number: str


@frozen(kw_only=True)
class CallbackEnded(CallEvent):
    """A callback is over; `call` is the one that asked for it, which has ended before."""

    kind: ClassVar[str] = "callback_ended"
    outcome: str
    """`connected`, `no_answer` (after every attempt), `refused` (the number, the trunk or the
    queue cannot be had any more), `stopped` (with the switch), or `lost` (the switch was away
    for longer than `routing.journal.resume_within_seconds`)."""
    attempts: int
    """How often the caller was rung."""
