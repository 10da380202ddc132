"""What happens, as lines of the log: the story of a call for who reads it next to others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

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
    OverloadChanged,
    TrunkRegistrationChanged,
    TrunkServerChanged,
)
from switch.log import get_logger


class EventLog:
    """Reads from the event bus. Keys pressed are never logged: they may be secrets."""

    def __init__(self) -> None:
        # Bound once: a logger that is not bound yet is bound anew at every line.
        self._log = get_logger().bind()
        self.readers: dict[type[Event], Callable[[Any], None]] = {
            CallArrived: self._call_arrived,
            CallEnded: self._call_ended,
            CallRejected: self._call_rejected,
            OfferFailed: self._offer_failed,
            HeadsetRegistered: self._headset_registered,
            HeadsetUnregistered: self._headset_unregistered,
            GuessingBanned: self._guessing_banned,
            OverloadChanged: self._overload_changed,
            TrunkServerChanged: self._trunk_server_changed,
            TrunkRegistrationChanged: self._trunk_registration_changed,
        }
        """What writes the line of an event; for those that have one at this level of the log."""
        if self._log.is_enabled_for(logging.DEBUG):
            self.readers |= self._details()

    def _call_arrived(self, event: CallArrived) -> None:
        self._log.info(
            "call_arrived",
            call=event.call,
            caller=event.caller,
            dialled=event.dialled,
            trunk=event.trunk,
            flow=event.flow,
            sip_call_id=event.sip_call_id,
        )

    def _call_ended(self, event: CallEnded) -> None:
        self._log.info(
            "call_ended",
            call=event.call,
            result=event.termination.result.value,
            reason=event.termination.reason.value,
            detail=event.termination.detail,
        )

    def _call_rejected(self, event: CallRejected) -> None:
        self._log.info(
            "call_rejected",
            source=event.source,
            dialled=event.dialled,
            reason=event.termination.reason.value,
            sip_code=event.termination.sip_code,
            sip_call_id=event.sip_call_id,
        )

    def _offer_failed(self, event: OfferFailed) -> None:
        self._log.info("offer_failed", call=event.call, agent=event.agent, outcome=event.outcome)

    def _headset_registered(self, event: HeadsetRegistered) -> None:
        if not event.refreshed:
            self._log.info("headset_registered", agent=event.agent, contact=event.contact)

    def _headset_unregistered(self, event: HeadsetUnregistered) -> None:
        self._log.info("headset_unregistered", agent=event.agent, expired=event.expired)

    def _guessing_banned(self, event: GuessingBanned) -> None:
        self._log.warning(
            "guessing_banned",
            subject=event.subject,
            name=event.name,
            failures=event.failures,
            seconds=event.seconds,
        )

    def _overload_changed(self, event: OverloadChanged) -> None:
        write = self._log.warning if event.overloaded else self._log.info
        write(
            "overload_began" if event.overloaded else "overload_ended",
            limit=event.limit,
            refused=event.refused,
            seconds=event.seconds,
            delay_seconds=event.delay_seconds,
        )

    def _trunk_server_changed(self, event: TrunkServerChanged) -> None:
        write = self._log.info if event.up else self._log.warning
        write(
            "trunk_server_up" if event.up else "trunk_server_down",
            trunk=event.trunk,
            peer=event.peer,
            address=event.address,
            problem=event.problem,
        )

    def _trunk_registration_changed(self, event: TrunkRegistrationChanged) -> None:
        write = self._log.warning if event.problem or not event.registered else self._log.info
        write(
            "trunk_registered" if event.registered else "trunk_not_registered",
            trunk=event.trunk,
            problem=event.problem,
        )

    def _details(self) -> Mapping[type[Event], Callable[[Any], None]]:
        """What only a log of level `debug` tells."""

        def line(name: str, *fields: str) -> Callable[[Event], None]:
            def write(event: Event) -> None:
                self._log.debug(name, **{field: getattr(event, field) for field in fields})

            return write

        return {
            CallAnswered: line("call_answered", "call", "codec"),
            NodeEntered: line("node", "call", "node", "node_type"),
            CallQueued: line("queued", "call", "queue", "position"),
            AgentOffered: line("offered", "call", "agent", "why"),
            AgentConnected: line("connected", "call", "agent"),
            AgentStateChanged: line("agent_state", "agent", "state", "reason"),
        }
