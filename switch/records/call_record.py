"""PURE: what is kept of a call, folded from its events.

A `CallFold` takes the events of one call in any order the switch may send them, with
some missing or doubled, and yields one `CallRecord` at `CallEnded`. It never raises
over what events say.

Keys are private: what a caller types may be a card number. Kept is how many keys were
pressed at each node, and the first key at a `menu`, which is the caller's choice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from switch.events import (
    AgentConnected,
    AgentOffered,
    AudioStarted,
    CallAnswered,
    CallArrived,
    CallEnded,
    CallEvent,
    CallHeld,
    CallLeftQueue,
    CallQueued,
    CallRejected,
    CallResumed,
    CallTagged,
    CallTransferred,
    DigitPressed,
    LanguageChosen,
    LegMedia,
    NodeEntered,
    OfferFailed,
    Scalar,
    VoicemailLeft,
)
from switch.records.told import Transfer, VoiceMessage
from switch.records.waiting import Offer, QueueWait

STEP_LIMIT = 500
"""Entries kept of each list; a flow that goes round for hours must not fill memory."""

TAG_LIMIT = 64
"""Tags kept of a call."""

_MENU = "menu"


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
    language: str = ""
    """The last that the caller chose; empty when there was no choice."""
    tags: dict[str, Scalar] = field(default_factory=dict)
    """What the flow wrote."""
    transfers: tuple[Transfer, ...] = ()
    messages: tuple[VoiceMessage, ...] = ()

    @property
    def seconds(self) -> float:
        """From arrival to the end."""
        return _between(self.arrived_at, self.ended_at)


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


@dataclass(slots=True)
class CallFold:
    """What is known of a call that goes on. Feed it with `apply`, end it with `finish`."""

    call: str
    arrived: CallArrived | None = None
    first_at: datetime | None = None
    """Of the first event of any kind, in case `CallArrived` is missing."""
    answered_at: datetime | None = None
    connected_at: datetime | None = None
    agent: str = ""
    inbound_codec: str = ""
    outbound_codec: str = ""
    keys: int = 0
    talk_since: datetime | None = None
    talk_seconds: float = 0.0
    holding: set[str] = field(default_factory=set)
    """Legs that hold the other."""
    hold_since: datetime | None = None
    hold_seconds: float = 0.0
    path: list[NodeStep] = field(default_factory=list)
    queues: list[QueueWait] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    audio: list[AudioStart] = field(default_factory=list)
    language: str = ""
    tags: dict[str, Scalar] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    messages: list[VoiceMessage] = field(default_factory=list)

    def apply(self, event: CallEvent) -> None:
        """Take in one event of this call; one that says nothing to a record is passed over."""
        if self.first_at is None:
            self.first_at = event.at
        match event:
            case NodeEntered():
                self._end_talk(event.at)
                step = NodeStep(event.at, event.flow, event.node, event.node_type)
                _append(self.path, step)
            case DigitPressed():
                self._press(event)
            case CallArrived():
                self.arrived = self.arrived or event
            case CallAnswered():
                self.answered_at = self.answered_at or event.at
                self.inbound_codec = event.codec
            case CallQueued():
                self._end_talk(event.at)
                _append(self.queues, QueueWait.of(event))
            case AgentOffered():
                _append(self.offers, Offer.of(event))
            case OfferFailed():
                rang = self._rang(event.agent, event.at)
                self._close_offer(event.agent, event.outcome, event.sip_code, rang)
            case AgentConnected():
                self._connect(event)
            case CallLeftQueue():
                self._leave_queue(event)
            case AudioStarted():
                _append(self.audio, AudioStart(event.at, event.leg, event.direction))
            case CallHeld():
                self.holding.add(event.leg)
                self.hold_since = self.hold_since or event.at
            case CallResumed():
                self.holding.discard(event.leg)
                if not self.holding:
                    self._end_hold(event.at)
            case _:
                self._apply_told(event)

    def _apply_told(self, event: CallEvent) -> None:
        """Take in what a flow tells of its own accord."""
        match event:
            case LanguageChosen():
                self.language = event.language
            case CallTagged() if event.name in self.tags or len(self.tags) < TAG_LIMIT:
                self.tags[event.name] = event.value
            case CallTransferred():
                transfer = Transfer(
                    event.at,
                    event.agent,
                    event.number,
                    event.trunk,
                    event.outcome,
                    event.sip_code,
                    event.talk_seconds,
                    event.by,
                    event.queue,
                    event.reason,
                )
                _append(self.transfers, transfer)
                if event.by and event.talk_seconds:
                    # The agent's talk was over when the next party's began.
                    self._end_talk(event.at - timedelta(seconds=event.talk_seconds))
            case VoicemailLeft():
                left = VoiceMessage(event.at, event.box, event.path, event.seconds)
                _append(self.messages, left)
            case _:
                pass

    def finish(self, event: CallEnded) -> CallRecord:
        """Return the record of the call, which is over."""
        self._end_talk(event.at)
        for offer in [offer for offer in self.offers if not offer.outcome]:
            self._close_offer(offer.agent, "call_ended", 0, _between(offer.at, event.at))
        arrived = self.arrived
        codecs = {leg.leg: leg.codec for leg in event.media}
        return CallRecord(
            id=self.call,
            arrived_at=self.first_at or event.at if arrived is None else arrived.at,
            ended_at=event.at,
            result=event.termination.result.value,
            reason=event.termination.reason.value,
            sip_code=event.termination.sip_code,
            detail=event.termination.detail,
            caller="" if arrived is None else arrived.caller,
            dialled="" if arrived is None else arrived.dialled,
            source="" if arrived is None else arrived.trunk,
            flow="" if arrived is None else arrived.flow,
            sip_call_id="" if arrived is None else arrived.sip_call_id,
            answered_at=self.answered_at,
            queued_at=self.queues[0].at if self.queues else None,
            connected_at=self.connected_at,
            queue=self.queues[-1].queue if self.queues else "",
            agent=self.agent,
            wait_seconds=sum(wait.waited_seconds for wait in self.queues),
            talk_seconds=self.talk_seconds,
            hold_seconds=self.hold_seconds,
            keys=self.keys,
            inbound_codec=self.inbound_codec or codecs.get("inbound", ""),
            outbound_codec=self.outbound_codec or codecs.get("outbound", ""),
            recording=event.recording,
            recording_error=event.recording_error,
            path=tuple(self.path),
            queues=tuple(self.queues),
            offers=tuple(self.offers),
            audio=tuple(self.audio),
            media=event.media,
            origin="" if arrived is None else arrived.origin,
            language=self.language,
            tags=dict(self.tags),
            transfers=tuple(self.transfers),
            messages=tuple(self.messages),
        )

    def _press(self, event: DigitPressed) -> None:
        self.keys += 1
        if self.path:
            step = self.path[-1]
            if step.node_type == _MENU and not step.keys:
                step.choice = event.digit
            step.keys += 1

    def _connect(self, event: AgentConnected) -> None:
        self._close_offer(event.agent, "connected", 0, event.ring_seconds)
        if self.talk_since is None:
            self.talk_since = event.at
        self.connected_at = self.connected_at or event.at
        self.agent = event.agent
        self.outbound_codec = event.codec

    def _leave_queue(self, event: CallLeftQueue) -> None:
        for wait in reversed(self.queues):
            if wait.queue == event.queue and not wait.outcome:
                wait.outcome = event.outcome
                wait.waited_seconds = event.waited_seconds
                wait.within_service_level = event.within_service_level
                return

    def _rang(self, agent: str, until: datetime) -> float:
        offer = next((o for o in reversed(self.offers) if o.agent == agent), None)
        return 0.0 if offer is None else _between(offer.at, until)

    def _close_offer(self, agent: str, outcome: str, code: int, rang: float) -> None:
        for offer in reversed(self.offers):
            if offer.agent == agent and not offer.outcome:
                offer.outcome, offer.sip_code, offer.ring_seconds = outcome, code, rang
                return

    def _end_talk(self, at: datetime) -> None:
        """The agent's side is gone: the flow goes on, or the call ends."""
        self.holding.clear()
        self._end_hold(at)
        if self.talk_since is not None:
            self.talk_seconds += _between(self.talk_since, at)
            self.talk_since = None

    def _end_hold(self, at: datetime) -> None:
        if self.hold_since is not None:
            self.hold_seconds += _between(self.hold_since, at)
            self.hold_since = None


def _between(begin: datetime, end: datetime) -> float:
    """Return the seconds between two times; none if the clock was set back between them."""
    return max(0.0, (end - begin).total_seconds())


_Entry = TypeVar("_Entry")


def _append(entries: list[_Entry], entry: _Entry) -> None:
    if len(entries) < STEP_LIMIT:
        entries.append(entry)
