"""Connecting a caller with an agent or an outside number, past all queues, by the flow."""

from __future__ import annotations

from switch.app.conversation import Conversations
from switch.app.destination import Destination
from switch.app.queue_visit import Recordings
from switch.app.ringing import Reservation, reach
from switch.app.run_memory import TransferTalk
from switch.calls.ending import told_reason
from switch.calls.session import CallSession
from switch.events import CallTransferred
from switch.ivr.call import Facts, TransferEnd, TransferRequest


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
        self._talks: dict[str, tuple[TransferRequest, _Attempt]] = {}
        """Call -> the transfer by which its parties talk."""

    def talk_of(self, session: CallSession) -> TransferTalk | None:
        """Return the transfer by which a call's parties talk; None: it is by none."""
        if session.id not in self._talks:
            return None
        request, attempt = self._talks[session.id]
        services = session.services
        shift = services.utc().timestamp() - services.endpoint.now()
        return TransferTalk(
            request.agent,
            "" if request.agent else request.number,
            attempt.trunk,
            attempt.joined_at + shift,
            attempt.parted_at + shift if attempt.parted_at else 0.0,
        )

    async def go_on(self, session: CallSession, facts: Facts, talk: TransferTalk) -> None:
        """Let them talk on whom another core has connected, until the far side is gone.

        Raises:
            CallOver: the caller has gone.
        """
        services = session.services
        shift = services.endpoint.now() - services.utc().timestamp()
        attempt = _Attempt()
        attempt.trunk = talk.trunk
        attempt.joined_at = talk.joined_at + shift
        attempt.parted_at = talk.parted_at + shift if talk.parted_at else 0.0
        request = TransferRequest(talk.agent, talk.number)
        try:
            await self._converse(session, facts, request, attempt)
        finally:
            session.drop_outbound("")
            session.keys.clear()
            self._tell(session, request, attempt)

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
            self._tell(session, request, attempt)
        return attempt.end or TransferEnd.FAILED

    def _tell(self, session: CallSession, request: TransferRequest, attempt: _Attempt) -> None:
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
            rung, leg = await reach(session, reserved, request.ring_seconds, self._ringing)
            attempt.end, attempt.sip_code, attempt.reason = rung.end, rung.sip_code, rung.reason
            if leg is not None:
                attempt.joined_at = session.services.endpoint.now()
        finally:
            attempt.trunk = reserved.trunk()
        if attempt.joined_at:
            try:
                await self._talk(session, facts, request, attempt)
            finally:
                session.drop_outbound("")
                session.keys.clear()

    async def _talk(
        self, session: CallSession, facts: Facts, request: TransferRequest, attempt: _Attempt
    ) -> None:
        session.answer()
        session.join()
        self._recordings.begin(session)
        await self._converse(session, facts, request, attempt)

    async def _converse(
        self, session: CallSession, facts: Facts, request: TransferRequest, attempt: _Attempt
    ) -> None:
        def handed_on() -> None:
            attempt.parted_at = session.services.endpoint.now()

        self._talks[session.id] = request, attempt
        try:
            await self._conversations.talk(session, facts, request.agent, handed_on)
        finally:
            del self._talks[session.id]
