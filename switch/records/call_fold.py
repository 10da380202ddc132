"""PURE: folds the events of one call into its record.

A `CallFold` takes the events of one call in any order the switch may send them, with
some missing or doubled, and yields one `CallRecord` at `CallEnded`. It never raises
over what events say.

Keys are private: what a caller types may be a card number. Kept is how many keys were
pressed at each node, and the first key at a `menu`, which is the caller's choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

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
    CallResumed,
    CallTagged,
    CallTransferred,
    DigitPressed,
    LanguageChosen,
    NodeEntered,
    OfferFailed,
    Scalar,
    VoicemailLeft,
)
from switch.records.call_record import AudioStart, CallRecord, NodeStep, seconds_between
from switch.records.told import Transfer, VoiceMessage
from switch.records.waiting import Offer, QueueWait

STEP_LIMIT = 500
"""Entries kept of each list; a flow that goes round for hours must not fill memory."""

TAG_LIMIT = 64
"""Tags kept of a call."""

_MENU = "menu"


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
        take = _TAKEN.get(type(event))
        if take is not None:
            take(self, event)

    def finish(self, event: CallEnded) -> CallRecord:
        """Return the record of the call, which is over."""
        self._end_talk(event.at)
        for offer in [offer for offer in self.offers if not offer.outcome]:
            self._close_offer(offer.agent, "call_ended", 0, seconds_between(offer.at, event.at))
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
            verstat="none" if arrived is None else arrived.verstat,
            attestation="" if arrived is None else arrived.attestation,
            language=self.language,
            tags=dict(self.tags),
            transfers=tuple(self.transfers),
            messages=tuple(self.messages),
        )

    # One method for each event that says something to a record.

    def _arrive(self, event: CallArrived) -> None:
        self.arrived = self.arrived or event

    def _answer(self, event: CallAnswered) -> None:
        self.answered_at = self.answered_at or event.at
        self.inbound_codec = event.codec

    def _enter_node(self, event: NodeEntered) -> None:
        self._end_talk(event.at)
        _append(self.path, NodeStep(event.at, event.flow, event.node, event.node_type))

    def _queue(self, event: CallQueued) -> None:
        self._end_talk(event.at)
        _append(self.queues, QueueWait.of(event))

    def _offer(self, event: AgentOffered) -> None:
        _append(self.offers, Offer.of(event))

    def _fail_offer(self, event: OfferFailed) -> None:
        rang = self._rang(event.agent, event.at)
        self._close_offer(event.agent, event.outcome, event.sip_code, rang)

    def _start_audio(self, event: AudioStarted) -> None:
        _append(self.audio, AudioStart(event.at, event.leg, event.direction))

    def _hold(self, event: CallHeld) -> None:
        self.holding.add(event.leg)
        self.hold_since = self.hold_since or event.at

    def _resume(self, event: CallResumed) -> None:
        self.holding.discard(event.leg)
        if not self.holding:
            self._end_hold(event.at)

    def _choose_language(self, event: LanguageChosen) -> None:
        self.language = event.language

    def _tag(self, event: CallTagged) -> None:
        if event.name in self.tags or len(self.tags) < TAG_LIMIT:
            self.tags[event.name] = event.value

    def _transfer(self, event: CallTransferred) -> None:
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

    def _leave_message(self, event: VoicemailLeft) -> None:
        _append(self.messages, VoiceMessage(event.at, event.box, event.path, event.seconds))

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
        return 0.0 if offer is None else seconds_between(offer.at, until)

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
            self.talk_seconds += seconds_between(self.talk_since, at)
            self.talk_since = None

    def _end_hold(self, at: datetime) -> None:
        if self.hold_since is not None:
            self.hold_seconds += seconds_between(self.hold_since, at)
            self.hold_since = None


_Entry = TypeVar("_Entry")


def _append(entries: list[_Entry], entry: _Entry) -> None:
    if len(entries) < STEP_LIMIT:
        entries.append(entry)


_TAKEN: Mapping[type[CallEvent], Callable[[CallFold, Any], None]] = {
    CallArrived: CallFold._arrive,
    CallAnswered: CallFold._answer,
    NodeEntered: CallFold._enter_node,
    DigitPressed: CallFold._press,
    CallQueued: CallFold._queue,
    AgentOffered: CallFold._offer,
    OfferFailed: CallFold._fail_offer,
    AgentConnected: CallFold._connect,
    CallLeftQueue: CallFold._leave_queue,
    AudioStarted: CallFold._start_audio,
    CallHeld: CallFold._hold,
    CallResumed: CallFold._resume,
    LanguageChosen: CallFold._choose_language,
    CallTagged: CallFold._tag,
    CallTransferred: CallFold._transfer,
    VoicemailLeft: CallFold._leave_message,
}
