"""Connecting a caller with an agent or an outside number, past all queues, by the flow."""

from __future__ import annotations

from switch.app.conversation import Conversations
from switch.app.destinations import Destination
from switch.app.queue_visit import Recordings
from switch.app.ringing import Reservation, ring
from switch.calls.ending import told_reason
from switch.calls.session import CallSession
from switch.errors import MediaError, WorkerLost
from switch.events import CallTransferred
from switch.ivr.call import Facts, TransferEnd, TransferRequest

_RANG_OUT = 'SIP;cause=408;text="No answer"'


class _Attempt:
    """What came of one transfer."""

    __slots__ = ("end", "joined_at", "parted_at", "reason", "sip_code", "trunk")

    def __init__(self) -> None:
        self.end: TransferEnd | None = None
        self.sip_code = 0
        self.reason = ""
        """Why it was refused, as the far end's Reason header told."""
        self.trunk = ""
        self.joined_at = 0.0
        self.parted_at = 0.0
        """When the party handed the caller on to another."""


class Transfers:
    """Conducts the `transfer` nodes of all calls."""

    def __init__(self, conversations: Conversations, recordings: Recordings, ringing: str) -> None:
        """Prepare.

        Args:
            ringing: the file that the caller hears meanwhile.
        """
        self._conversations = conversations
        self._recordings = recordings
        self._ringing = ringing

    async def conduct(
        self, session: CallSession, facts: Facts, request: TransferRequest
    ) -> TransferEnd:
        """Ring, connect, and return when the far side is gone.

        Raises:
            CallOver: the caller has gone.
        """
        attempt = _Attempt()
        try:
            to = Destination(agent=request.agent)
            if not request.agent:
                attempt.trunk, *others = request.trunks or ("",)
                to = Destination("", "", request.number, attempt.trunk, tuple(others))
            reserved = self._conversations.destinations.reserve(
                *(session, to, facts.caller, facts.dialled), shows=request.show_caller
            )
            if isinstance(reserved, TransferEnd):
                attempt.end = reserved
            else:
                await self._connect(session, facts, request, reserved, attempt)
        finally:
            now = session.services.endpoint.now()
            session.publish(
                CallTransferred,
                agent=request.agent,
                number="" if request.agent else request.number,
                trunk=attempt.trunk,
                outcome=self._outcome(session, attempt),
                sip_code=attempt.sip_code,
                reason=told_reason(attempt.reason),
                talk_seconds=(attempt.parted_at or now) - attempt.joined_at
                if attempt.joined_at
                else 0.0,
            )
        return attempt.end or TransferEnd.FAILED

    def _outcome(self, session: CallSession, attempt: _Attempt) -> str:
        if attempt.joined_at:
            return TransferEnd.CONNECTED.value
        if session.termination is not None:
            return "abandoned"
        return (attempt.end or TransferEnd.FAILED).value

    async def _connect(
        self,
        session: CallSession,
        facts: Facts,
        request: TransferRequest,
        reserved: Reservation,
        attempt: _Attempt,
    ) -> None:
        """Dial, and wait for what comes of it; then let them talk."""
        try:
            leg = await session.open_outbound(reserved.address)
        except MediaError as error:
            reserved.release()
            if isinstance(error, WorkerLost):
                raise
            session.log.warning("no_media_for_transfer", error=str(error))
            return
        leg.afterwards = reserved.release
        try:
            rung = await ring(session, leg, reserved, request.ring_seconds, self._ringing)
            attempt.end, attempt.sip_code, attempt.reason = rung.end, rung.sip_code, rung.reason
            if rung.end is TransferEnd.CONNECTED:
                attempt.joined_at = session.services.endpoint.now()
        finally:
            attempt.trunk = reserved.trunk()
            if not attempt.joined_at:
                session.drop_outbound(_RANG_OUT)
        if attempt.joined_at:
            try:
                await self._talk(session, facts, request, attempt)
            finally:
                session.drop_outbound("")
                session.keys.clear()

    async def _talk(
        self, session: CallSession, facts: Facts, request: TransferRequest, attempt: _Attempt
    ) -> None:
        session.join()
        path = self._recordings.path(session)
        if path and not session.recording:
            session.recording = path
            session.inbound.record(path)
        now = session.services.endpoint.now

        def handed_on() -> None:
            attempt.parted_at = now()

        await self._conversations.talk(session, facts, request.agent, handed_on)
