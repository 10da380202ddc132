"""PURE: what a flow asks of a call besides queues, and what came of it. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from switch.collect_end import CollectEnd
from switch.frozen import frozen
from switch.ivr.prompt import Prompt

Scalar = str | int | float | bool | None
"""A cell of a table, a member of an event's payload."""


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
    """A key stops the prompts; otherwise keys during the prompts are thrown away, and so are
    those that were buffered before (VoiceXML 2.1 4.1.5)."""
    terminator_timeout_seconds: float = 0.0
    """After `max_digits`, how long a terminator is still waited for and swallowed, so that it
    is not the answer to the next question. It ends as `TERMINATED` or as `COMPLETE`."""
    sensitive: bool = False
    """The keys are a secret: they go to no log, event, metric or record."""


@frozen()
class Collected:
    """The keys read, without the terminator, and why reading ended."""

    digits: str
    end: CollectEnd


@frozen()
class RecordMessage:
    """How to take a caller's message."""

    max_seconds: float = 120.0
    silence_seconds: float = 5.0
    """So much silence ends the message, and is cut off."""
    terminators: frozenset[str] = frozenset("#")
    """Keys that end it; their tones are cut off. Other keys are part of nothing."""
    beep: bool = True
    """A tone after the prompts, before the recording begins."""


class RecordEnd(StrEnum):
    """Why a message ended."""

    SILENCE = "silence"
    """Something was said, then silence."""
    TERMINATED = "terminated"
    MAX_SECONDS = "max_seconds"
    HUNG_UP = "hung_up"
    """The caller has gone: what was said until then is the message."""
    NOTHING_SAID = "nothing_said"
    """Nothing but silence; there is no file."""
    FAILED = "failed"
    """It could not be recorded; there is no file, and the log says why."""


@frozen()
class Recorded:
    """A caller's message."""

    end: RecordEnd
    path: str = ""
    """Absolute, a WAV file; empty when there is none."""
    seconds: float = 0.0
    """Its length."""


@frozen()
class Delivery:
    """What is to become of a message. Every delivery is an event with these values as well."""

    path: str
    """As `Recorded.path` told."""
    seconds: float
    box: str
    """Name of the voice mailbox: a folder beside other folders."""
    mail_to: tuple[str, ...] = ()
    """Addresses that get it as an attachment, where the site has a mail server."""
    subject: str = ""
    """Of the mail; empty: who called when."""
    language: str = ""


@frozen()
class TransferRequest:
    """Connect the caller with somebody who is in no queue: exactly one of agent and number."""

    agent: str = ""
    """Id of an agent, whatever that agent's state is but away."""
    number: str = ""
    """E.164, an outside number."""
    trunks: tuple[str, ...] = ()
    """Through which `number` is dialled: the first that allows it and can."""
    ring_seconds: float = 30.0
    show_caller: bool = True
    """Tell the far end the caller's number; otherwise the dialled one."""


class TransferEnd(StrEnum):
    """How a transfer ended; each is an exit of the transfer node."""

    CONNECTED = "connected"
    """They talked, and the far side has hung up."""
    BUSY = "busy"
    """Busy or declined."""
    NO_ANSWER = "no_answer"
    """`ring_seconds` passed."""
    UNREACHABLE = "unreachable"
    """An agent without a headset, a number that is not there."""
    FAILED = "failed"
    """It is not allowed or could not be tried; the log says why."""


@frozen()
class HttpRequest:
    """A request whose answer is JSON. The whole of it, with all retries, is bounded."""

    method: str
    """`GET`, `POST`, `PUT`, `PATCH` or `DELETE`."""
    url: str
    """Absolute, `https` or `http`; its host is among those that the site allows, seen when the
    flow was loaded and once more by whoever sends it. Redirects are not followed."""
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    """Sent as JSON unless None. May hold secrets: never logged, as `headers` are not."""
    timeout_seconds: float = 3.0
    """For one attempt, from the connection to the last byte."""
    retries: int = 0
    """Further attempts after a time-out, a lost connection or a 502, 503 or 504."""
    wait_prompts: tuple[Prompt, ...] = ()
    """What the caller hears, over and over, until the answer is there."""


class HttpFailure(StrEnum):
    """Why there is no usable answer."""

    NONE = ""
    """There is one."""
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    """Name, connection or TLS."""
    BREAKER_OPEN = "breaker_open"
    """It failed too often of late, and was not asked."""
    BUSY = "busy"
    """Too many requests of this site are under way."""
    TOO_LARGE = "too_large"
    """More than 64 KiB."""
    NOT_JSON = "not_json"
    REFUSED = "refused"
    """The host is not allowed."""


@frozen()
class HttpResult:
    """An answer, of whatever status, or why there is none."""

    status: int = 0
    """0 when no answer came."""
    json: Any = None
    """Parsed; None for an empty body."""
    failure: HttpFailure = HttpFailure.NONE


@frozen()
class NodeLeft:
    """What came of a node, for the metrics."""

    flow: str
    node: str
    node_type: str
    exit: str
    """Where it went on, as written in the flow: `next`, a key of a menu, `timeout`, `no_match`,
    `otherwise`, `case 1`, ...; or `end` (the flow is over), `hangup` (the flow hung up),
    `gone` (the caller hung up), `error`. A bounded set for each node."""
    no_input: int = 0
    """How often the caller said nothing."""
    no_match: int = 0
    """How often what the caller pressed meant nothing."""
    incomplete: int = 0
    """How often the caller stopped half-way."""
    error: str = ""
    """Why it failed, where `exit` is `error`; empty too where a flow that it called did."""


class HangupCause(StrEnum):
    """What the caller's side is told when the flow hangs up."""

    NORMAL = "normal"
    BUSY = "busy"
    REJECTED = "rejected"
    UNAVAILABLE = "unavailable"
