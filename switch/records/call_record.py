"""PURE: what is kept of a call; `call_fold.py` makes it of the call's events."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from switch.events import CallRejected, LegMedia, Scalar
from switch.records.told import Transfer, VoiceMessage
from switch.records.waiting import Offer, QueueWait


@dataclass(slots=True)
class NodeStep:
    """The flow was at a node."""

    at: datetime
    flow: str
    node: str
    node_type: str
    keys: int = 0
    """How many keys it read; those of secrets are not counted."""
    choice: str = ""
    """The first of them, at a menu only."""


@dataclass(slots=True)
class AudioStart:
    """The first audio of a leg, one way."""

    at: datetime
    leg: str
    direction: str


@dataclass(slots=True, kw_only=True)
class CallRecord:
    """Everything kept of one call, or of an INVITE that was refused."""

    id: str
    """The switch's call id; for a refused INVITE, made of its Call-ID, source and time."""
    arrived_at: datetime
    ended_at: datetime
    result: str
    reason: str
    sip_code: int = 0
    detail: str = ""
    caller: str = ""
    dialled: str = ""
    source: str = ""
    """Name of the trunk; for a refused INVITE, `address:port` it came from."""
    flow: str = ""
    sip_call_id: str = ""
    answered_at: datetime | None = None
    queued_at: datetime | None = None
    """When the call entered a queue for the first time."""
    connected_at: datetime | None = None
    """When an agent was connected for the first time."""
    queue: str = ""
    """The last queue the call was in."""
    agent: str = ""
    """The last agent the caller talked to."""
    wait_seconds: float = 0.0
    """In queues, all together."""
    talk_seconds: float = 0.0
    """With agents, all together, hold included."""
    hold_seconds: float = 0.0
    """While either party held the other."""
    keys: int = 0
    """How many keys of the caller's were read; those of secrets are not counted."""
    inbound_codec: str = ""
    outbound_codec: str = ""
    """Of the last agent connected."""
    recording: str = ""
    recording_error: str = ""
    path: tuple[NodeStep, ...] = ()
    queues: tuple[QueueWait, ...] = ()
    offers: tuple[Offer, ...] = ()
    audio: tuple[AudioStart, ...] = ()
    media: tuple[LegMedia, ...] = ()
    origin: str = ""
    """A callback: the call that asked for it."""
    verstat: str = "none"
    """A trusted carrier's verdict on the caller's number: `passed`, `failed` or `none`."""
    attestation: str = ""
    """How far it vouches for the caller (SHAKEN): `A`, `B` or `C`; else empty."""
    language: str = ""
    """The last that the caller chose; empty when there was no choice."""
    tags: dict[str, Scalar] = field(default_factory=dict)
    """What the flow wrote."""
    transfers: tuple[Transfer, ...] = ()
    messages: tuple[VoiceMessage, ...] = ()

    @property
    def seconds(self) -> float:
        """From arrival to the end."""
        return seconds_between(self.arrived_at, self.ended_at)


def rejected_record(event: CallRejected) -> CallRecord:
    """Return the short record of an INVITE that was refused before there was a call."""
    told = f"{event.sip_call_id}\n{event.source}\n{event.at.isoformat()}"
    return CallRecord(
        id="r" + hashlib.blake2b(told.encode(), digest_size=8).hexdigest(),
        arrived_at=event.at,
        ended_at=event.at,
        result=event.termination.result.value,
        reason=event.termination.reason.value,
        sip_code=event.termination.sip_code,
        detail=event.termination.detail,
        caller=event.caller,
        dialled=event.dialled,
        source=event.source,
        sip_call_id=event.sip_call_id,
    )


def seconds_between(begin: datetime, end: datetime) -> float:
    """Return the seconds between two times; none if the clock was set back between them."""
    return max(0.0, (end - begin).total_seconds())
