"""Events of calls, for the tests of records: one call's story told in short lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

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
    DigitPressed,
    LegMedia,
    NodeEntered,
    OfferFailed,
)
from switch.records.call_fold import CallFold
from switch.records.call_record import CallRecord
from switch.termination import Reason, Result, Termination

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

COMPLETED = Termination(Result.COMPLETED, Reason.AGENT_HUNG_UP)

MEDIA = (
    LegMedia(
        leg="inbound",
        codec="PCMU",
        packets_received=1500,
        packets_sent=1490,
        packets_lost=3,
        jitter_ms=2.5,
        remote_lost=1,
        round_trip_ms=20.0,
    ),
    LegMedia(
        leg="outbound",
        codec="PCMA",
        packets_received=900,
        packets_sent=910,
        packets_lost=0,
        jitter_ms=0.5,
    ),
)


def at(seconds: float) -> datetime:
    """Return so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


class Story:
    """The events of one call, in the order told."""

    def __init__(self, call: str = "c1") -> None:
        self.call = call
        self.events: list[CallEvent] = []

    def tell(self, seconds: float, kind: type[CallEvent], **fields: Any) -> Story:
        self.events.append(kind(at=at(seconds), call=self.call, **fields))
        return self

    def arrived(self, seconds: float = 0, **fields: Any) -> Story:
        return self.tell(
            seconds,
            CallArrived,
            caller="+15550001",
            dialled="+18005550100",
            trunk="carrier",
            flow="main",
            sip_call_id="abc@192.0.2.1",
            **fields,
        )

    def answered(self, seconds: float) -> Story:
        return self.tell(seconds, CallAnswered, codec="PCMU")

    def node(self, seconds: float, node: str, node_type: str = "play") -> Story:
        return self.tell(seconds, NodeEntered, flow="main", node=node, node_type=node_type)

    def digit(self, seconds: float, digit: str) -> Story:
        return self.tell(seconds, DigitPressed, digit=digit, method="rfc4733")

    def queued(self, seconds: float, queue: str = "orders", **fields: Any) -> Story:
        told = {"queue": queue, "priority": 5, "position": 1, "expected_wait_seconds": None}
        return self.tell(seconds, CallQueued, **(told | fields))

    def offered(self, seconds: float, agent: str, waited: float = 0) -> Story:
        return self.tell(
            seconds,
            AgentOffered,
            queue="orders",
            agent=agent,
            why="longest idle",
            rule="longest_idle",
            choice=1,
            overflowed=False,
            waited_seconds=waited,
            decision_seconds=0.0,
        )

    def refused(self, seconds: float, agent: str, outcome: str, code: int = 0) -> Story:
        return self.tell(
            seconds, OfferFailed, queue="orders", agent=agent, outcome=outcome, sip_code=code
        )

    def connected(self, seconds: float, agent: str, ring: float = 0) -> Story:
        return self.tell(
            seconds,
            AgentConnected,
            queue="orders",
            agent=agent,
            waited_seconds=0,
            ring_seconds=ring,
            codec="PCMA",
        )

    def left(self, seconds: float, outcome: str, waited: float, *, queue: str = "orders") -> Story:
        return self.tell(
            seconds,
            CallLeftQueue,
            queue=queue,
            outcome=outcome,
            waited_seconds=waited,
            within_service_level=outcome == "connected" and waited <= 20,
        )

    def audio(self, seconds: float, leg: str, direction: str) -> Story:
        return self.tell(seconds, AudioStarted, leg=leg, direction=direction)

    def held(self, seconds: float, leg: str = "outbound") -> Story:
        return self.tell(seconds, CallHeld, leg=leg)

    def resumed(self, seconds: float, leg: str = "outbound") -> Story:
        return self.tell(seconds, CallResumed, leg=leg)

    def ended(self, seconds: float, termination: Termination = COMPLETED, **fields: Any) -> Story:
        return self.tell(seconds, CallEnded, termination=termination, **fields)

    def record(self) -> CallRecord:
        """Fold the story into its record."""
        *before, last = self.events
        assert isinstance(last, CallEnded)
        fold = CallFold(self.call)
        for event in before:
            fold.apply(event)
        return fold.finish(last)


def whole_call(call: str = "c1", start: float = 0, agent: str = "ben") -> Story:
    """Return a call with everything: a menu, a queue, a busy agent, a talk with a hold."""
    return (
        Story(call)
        .arrived(start)
        .answered(start + 0.1)
        .node(start + 0.1, "greeting")
        .node(start + 2, "choose", "menu")
        .digit(start + 4, "1")
        .node(start + 4, "orders", "queue")
        .queued(start + 4, skills={"english": 3})
        .offered(start + 5, "asha", waited=1)
        .refused(start + 6, "asha", "busy", 486)
        .offered(start + 6, agent, waited=2)
        .connected(start + 9, agent, ring=3)
        .left(start + 9, "connected", 5)
        .audio(start + 9.1, "outbound", "received")
        .held(start + 20)
        .resumed(start + 26)
        .ended(start + 39, media=MEDIA, recording="/var/recordings/c1.wav")
    )


def rejected(call_id: str = "x@192.0.2.9", seconds: float = 0) -> CallRejected:
    """Return a call to a number that we do not know."""
    return CallRejected(
        at=at(seconds),
        source="192.0.2.9:5060",
        dialled="+18005550199",
        caller="+15550002",
        sip_call_id=call_id,
        termination=Termination(Result.REJECTED, Reason.UNKNOWN_NUMBER, 404),
    )
