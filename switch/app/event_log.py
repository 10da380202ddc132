"""What happens, as lines of the log: the story of a call for who reads it next to others."""

from __future__ import annotations

from switch.events import (
    AgentConnected,
    AgentOffered,
    AgentStateChanged,
    CallAnswered,
    CallArrived,
    CallEnded,
    CallQueued,
    CallRejected,
    Event,
    GuessingBanned,
    HeadsetRegistered,
    HeadsetUnregistered,
    NodeEntered,
    OfferFailed,
    TrunkRegistrationChanged,
    TrunkServerChanged,
)
from switch.log import get_logger


class EventLog:
    """A subscriber of the event bus. Keys pressed are never logged: they may be secrets."""

    def __init__(self) -> None:
        # Bound once: a logger that is not bound yet is bound anew at every line.
        self._log = get_logger().bind()

    def handle(self, event: Event) -> None:
        """Write the line of an event, if it has one."""
        log = self._log
        match event:
            case CallArrived():
                log.info(
                    "call_arrived",
                    call=event.call,
                    caller=event.caller,
                    dialled=event.dialled,
                    trunk=event.trunk,
                    flow=event.flow,
                    sip_call_id=event.sip_call_id,
                )
            case CallEnded(termination=termination):
                log.info(
                    "call_ended",
                    call=event.call,
                    result=termination.result.value,
                    reason=termination.reason.value,
                    detail=termination.detail,
                )
            case CallRejected(termination=termination):
                log.info(
                    "call_rejected",
                    source=event.source,
                    dialled=event.dialled,
                    reason=termination.reason.value,
                    sip_code=termination.sip_code,
                    sip_call_id=event.sip_call_id,
                )
            case GuessingBanned():
                log.warning(
                    "guessing_banned",
                    subject=event.subject,
                    name=event.name,
                    failures=event.failures,
                    seconds=event.seconds,
                )
            case CallAnswered():
                log.debug("call_answered", call=event.call, codec=event.codec)
            case NodeEntered():
                log.debug("node", call=event.call, node=event.node, type=event.node_type)
            case CallQueued():
                log.debug("queued", call=event.call, queue=event.queue, position=event.position)
            case AgentOffered():
                log.debug("offered", call=event.call, agent=event.agent, why=event.why)
            case OfferFailed():
                log.info("offer_failed", call=event.call, agent=event.agent, outcome=event.outcome)
            case AgentConnected():
                log.debug("connected", call=event.call, agent=event.agent)
            case AgentStateChanged():
                log.debug("agent_state", agent=event.agent, state=event.state, reason=event.reason)
            case HeadsetRegistered(refreshed=False):
                log.info("headset_registered", agent=event.agent, contact=event.contact)
            case HeadsetUnregistered():
                log.info("headset_unregistered", agent=event.agent, expired=event.expired)
            case TrunkServerChanged(up=up):
                write = log.info if up else log.warning
                write(
                    "trunk_server_up" if up else "trunk_server_down",
                    trunk=event.trunk,
                    peer=event.peer,
                    address=event.address,
                    problem=event.problem,
                )
            case TrunkRegistrationChanged(registered=registered, problem=problem):
                write = log.warning if problem or not registered else log.info
                write(
                    "trunk_registered" if registered else "trunk_not_registered",
                    trunk=event.trunk,
                    problem=problem,
                )
            case _:
                pass
