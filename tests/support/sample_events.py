"""One believable event of every type."""

from __future__ import annotations

from datetime import UTC, datetime

from switch.events import (
    AgentConnected,
    AgentOffered,
    AgentStateChanged,
    AudioStarted,
    CallAnswered,
    CallArrived,
    CallbackEnded,
    CallbackRequested,
    CallEnded,
    CallHeld,
    CallLeftQueue,
    CallQueued,
    CallRejected,
    CallResumed,
    CallTagged,
    CallTakenOver,
    CallTransferred,
    ConfigurationRejected,
    ConfigurationReloaded,
    DecisionAsked,
    DigitPressed,
    Event,
    FlowEvent,
    FlowRejected,
    FlowsReloaded,
    GuessingBanned,
    HeadsetRegistered,
    HeadsetUnregistered,
    LanguageChosen,
    LegMedia,
    NodeEntered,
    NodeLeft,
    OfferFailed,
    OverloadChanged,
    PromptStarted,
    TrunkRegistrationChanged,
    TrunkServerChanged,
    VoicemailLeft,
    WorkerDied,
)
from switch.termination import Reason, Result, Termination

AT = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
CALL = "c0ffee0123456789"
COMPLETED = Termination(Result.COMPLETED, Reason.CALLER_HUNG_UP)
REFUSED = Termination(Result.REJECTED, Reason.UNKNOWN_NUMBER, 404, "nobody has +18005550111")


def state(agent: str, now: str, *, previous: str = "logged_out") -> AgentStateChanged:
    """Return the event of an agent's new state."""
    return AgentStateChanged(at=AT, agent=agent, state=now, previous=previous, reason="registered")


def ended(call: str = CALL) -> CallEnded:
    """Return the last event of a call."""
    leg = LegMedia(
        leg="inbound",
        codec="PCMU",
        packets_received=500,
        packets_sent=510,
        packets_lost=2,
        jitter_ms=1.5,
    )
    return CallEnded(at=AT, call=call, termination=COMPLETED, media=(leg,))


EVENTS: tuple[Event, ...] = (
    CallArrived(
        at=AT,
        call=CALL,
        caller="+12025550147",
        dialled="+18005550100",
        trunk="loopback",
        flow="main",
        sip_call_id="a84b4c76e66710@192.0.2.4",
    ),
    CallAnswered(at=AT, call=CALL, codec="PCMU"),
    NodeEntered(at=AT, call=CALL, flow="main", node="greeting", node_type="menu"),
    NodeLeft(
        at=AT,
        call=CALL,
        flow="main",
        node="greeting",
        node_type="menu",
        exit="1",
        seconds=4.5,
        no_input=1,
    ),
    PromptStarted(at=AT, call=CALL, node="greeting", prompt="Welcome."),
    DigitPressed(at=AT, call=CALL, digit="1", method="rfc4733"),
    LanguageChosen(at=AT, call=CALL, language="mr"),
    CallTagged(at=AT, call=CALL, name="order", value=4711),
    FlowEvent(at=AT, call=CALL, name="order_asked", payload={"order": "4711", "open": True}),
    VoicemailLeft(
        at=AT,
        call=CALL,
        box="orders",
        path="/var/voicemail/orders/a.wav",
        seconds=4.5,
        language="mr",
    ),
    CallTransferred(
        at=AT,
        call=CALL,
        agent="",
        number="+12125550123",
        trunk="carrier",
        outcome="busy",
        sip_code=486,
        talk_seconds=0.0,
    ),
    CallbackRequested(at=AT, call=CALL, callback="c0ffee01", queue="orders", number="+12025550147"),
    CallbackEnded(at=AT, call=CALL, outcome="connected", attempts=1),
    CallQueued(
        at=AT,
        call=CALL,
        queue="orders",
        priority=5,
        skills={"orders": 1},
        position=1,
        expected_wait_seconds=12.5,
        moved_from="sales",
        moved_why="full",
    ),
    AgentOffered(
        at=AT,
        call=CALL,
        queue="orders",
        agent="ravi",
        why="idle longest",
        rule="longest_idle",
        choice=2,
        overflowed=True,
        waited_seconds=0.5,
        decision_seconds=0.00004,
    ),
    OfferFailed(at=AT, call=CALL, queue="orders", agent="ravi", outcome="no_answer", sip_code=0),
    AgentConnected(
        at=AT,
        call=CALL,
        queue="orders",
        agent="asha",
        waited_seconds=16.5,
        ring_seconds=1.25,
        codec="PCMA",
    ),
    CallLeftQueue(
        at=AT,
        call=CALL,
        queue="orders",
        outcome="connected",
        waited_seconds=16.5,
        within_service_level=True,
    ),
    AudioStarted(at=AT, call=CALL, leg="inbound", direction="received"),
    CallHeld(at=AT, call=CALL, leg="outbound"),
    CallResumed(at=AT, call=CALL, leg="outbound"),
    CallTakenOver(at=AT, call=CALL, down_seconds=1.5),
    ended(),
    state("asha", "ready"),
    HeadsetRegistered(
        at=AT, agent="asha", contact="sip:asha@127.0.0.1:5071", expires_seconds=300, refreshed=False
    ),
    HeadsetUnregistered(at=AT, agent="asha", contact="sip:asha@127.0.0.1:5071", expired=True),
    CallRejected(
        at=AT,
        source="192.0.2.9:5060",
        dialled="+18005550111",
        caller="",
        sip_call_id="f81d4fae",
        termination=REFUSED,
    ),
    WorkerDied(at=AT, worker=0, exit_code=-9, streams=4),
    TrunkServerChanged(
        at=AT,
        trunk="carrier",
        peer="sip:sip.carrier.example",
        address="udp:192.0.2.1:5060",
        up=False,
        problem="no answer",
    ),
    TrunkRegistrationChanged(at=AT, trunk="carrier", registered=True, problem=""),
    GuessingBanned(at=AT, subject="source", name="203.0.113.9", failures=6, seconds=10.0),
    OverloadChanged(
        at=AT,
        overloaded=False,
        limit="queue",
        refused=120,
        seconds=4.5,
        delay_seconds=0.062,
    ),
    DecisionAsked(
        at=AT,
        number=17,
        queue="orders",
        call=CALL,
        agent="",
        candidates=("asha", "ben"),
        within_seconds=0.2,
    ),
    ConfigurationReloaded(at=AT, changed=("agent asha", "queue orders"), needs_restart=("sip",)),
    ConfigurationRejected(at=AT, problems=("queues.yaml:3:5: unknown key `ringseconds`",)),
    FlowsReloaded(at=AT, flows=("helpdesk", "main"), changed=("main",), seconds=1.5),
    FlowRejected(at=AT, problems=("main.yaml:4:11: there is no node `ende`",)),
)
