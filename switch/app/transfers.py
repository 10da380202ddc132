"""Connecting a caller with an agent or an outside number, past all queues."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from switch.app.agent_directory import AgentDirectory
from switch.app.outside_lines import OutsideLines
from switch.app.queue_visit import Recordings
from switch.app.routing_desk import RoutingDesk
from switch.calls.leg import Leg
from switch.calls.leg_events import LegAnswered, LegEnded, LegFailed
from switch.calls.session import CallSession
from switch.errors import MediaError, WorkerLost
from switch.events import CallTransferred
from switch.frozen import frozen
from switch.ivr.call import Facts, TransferEnd, TransferRequest
from switch.routing.agent import AgentState
from switch.sdp.crypto import SrtpTerms
from switch.sip.invite_session import InviteSession

_ENDS = {
    **dict.fromkeys((486, 600, 603), TransferEnd.BUSY),
    **dict.fromkeys((480, 408), TransferEnd.NO_ANSWER),
    **dict.fromkeys((404, 410, 484, 502, 503, 604), TransferEnd.UNREACHABLE),
}
"""Status of the far end; anything else has failed. A redirection is not followed: it would
dial what nobody has looked at."""

_RANG_OUT = 'SIP;cause=408;text="No answer"'
_REASON = "direct_call"
"""Why an agent who is rung directly gets no other calls meanwhile."""

Invite = Callable[[bytes, Leg], InviteSession]


@frozen()
class _RangOut:
    """`ring_seconds` have passed since this leg was dialled."""

    leg: Leg


class _Attempt:
    """What came of one transfer."""

    __slots__ = ("end", "joined_at", "sip_code")

    def __init__(self) -> None:
        self.end: TransferEnd | None = None
        self.sip_code = 0
        self.joined_at = 0.0


class Transfers:
    """Conducts the `transfer` nodes of all calls."""

    def __init__(
        self,
        lines: OutsideLines,
        agents: AgentDirectory,
        desk: RoutingDesk,
        recordings: Recordings,
        ringing: str,
    ) -> None:
        """Prepare.

        Args:
            ringing: the file that the caller hears meanwhile.
        """
        self._lines = lines
        self._agents = agents
        self._desk = desk
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
            if request.agent:
                await self._to_agent(session, facts, request, attempt)
            else:
                await self._to_number(session, facts, request, attempt)
        finally:
            now = session.services.endpoint.now()
            session.publish(
                CallTransferred,
                agent=request.agent,
                number="" if request.agent else request.number,
                trunk="" if request.agent else request.trunk,
                outcome=self._outcome(session, attempt),
                sip_code=attempt.sip_code,
                talk_seconds=now - attempt.joined_at if attempt.joined_at else 0.0,
            )
        return attempt.end or TransferEnd.FAILED

    def _outcome(self, session: CallSession, attempt: _Attempt) -> str:
        if attempt.joined_at:
            return TransferEnd.CONNECTED.value
        if session.termination is not None:
            return "abandoned"
        return (attempt.end or TransferEnd.FAILED).value

    async def _to_agent(
        self, session: CallSession, facts: Facts, request: TransferRequest, attempt: _Attempt
    ) -> None:
        agent = request.agent
        if agent not in self._agents:
            session.log.error("transfer_failed", why=f"there is no agent {agent[:64]!r}")
            return
        target = self._agents.target(agent)
        state = self._desk.state(agent)
        if state is AgentState.LOGGED_OUT or target is None:
            attempt.end = TransferEnd.UNREACHABLE
            return
        if state is not AgentState.READY:
            attempt.end = TransferEnd.BUSY
            return
        self._desk.set_not_ready(agent, _REASON)
        try:
            await self._ring(
                session,
                request.ring_seconds,
                lambda sdp, leg: self._agents.invite(target, session, facts.caller, "", sdp, leg),
                self._agents.srtp(agent, target.peer),
                attempt,
            )
        finally:
            if self._desk.state(agent) is AgentState.NOT_READY:
                self._desk.set_ready(agent, _REASON)

    async def _to_number(
        self, session: CallSession, facts: Facts, request: TransferRequest, attempt: _Attempt
    ) -> None:
        now = session.services.endpoint.now()
        line = self._lines.line(request.trunk)
        if line is None:
            why = f"nothing can be dialled through the trunk {request.trunk!r}"
            session.log.error("transfer_failed", why=why)
            return
        refused = line.guard.refusal(request.number, now)
        if refused:
            session.log.warning("dialling_refused", trunk=line.name, why=refused)
            return
        caller = facts.caller if request.show_caller else ""
        line.guard.began(now)
        try:
            await self._ring(
                session,
                request.ring_seconds,
                lambda sdp, leg: self._lines.invite(
                    line,
                    request.number,
                    caller,
                    session.id,
                    sdp,
                    leg,
                    session.services.endpoint.now(),
                    session.inbound.hops_left,
                ),
                line.srtp.terms(line.peer),
                attempt,
            )
        finally:
            line.guard.ended()

    async def _ring(
        self,
        session: CallSession,
        seconds: float,
        invite: Invite,
        srtp: SrtpTerms,
        attempt: _Attempt,
    ) -> None:
        """Dial, and wait for what comes of it; then let them talk."""
        try:
            leg = await session.open_outbound()
        except WorkerLost:
            raise
        except MediaError as error:
            session.log.warning("no_media_for_transfer", error=str(error))
            return
        sound = session.inbound.play([self._ringing], loop=True)
        loop = asyncio.get_running_loop()
        timer = loop.call_later(seconds, session.mailbox.put, _RangOut(leg))
        try:
            leg.dial(invite, srtp)
            await self._wait(session, leg, attempt)
        finally:
            timer.cancel()
            session.inbound.stop_playing(sound)
            if not attempt.joined_at:
                session.drop_outbound(_RANG_OUT)
        if attempt.joined_at:
            try:
                await self._talk(session, leg, attempt)
            finally:
                session.drop_outbound("")
                session.keys.clear()

    async def _wait(self, session: CallSession, leg: Leg, attempt: _Attempt) -> None:
        while True:
            match await session.mailbox.next():
                case LegAnswered(leg=answered) if answered is leg:
                    attempt.joined_at = session.services.endpoint.now()
                    return
                case LegFailed(leg=failed, sip_code=code) if failed is leg:
                    attempt.sip_code = code
                    attempt.end = _ENDS.get(code, TransferEnd.FAILED)
                    return
                case LegEnded(leg=ended) if ended is leg:
                    attempt.end = TransferEnd.FAILED
                    return
                case _RangOut(leg=rung) if rung is leg:
                    attempt.end = TransferEnd.NO_ANSWER
                    return
                case _:
                    pass

    async def _talk(self, session: CallSession, leg: Leg, attempt: _Attempt) -> None:
        session.join()
        path = self._recordings.path(session)
        if path and not session.recording:
            session.recording = path
            session.inbound.record(path)
        attempt.end = TransferEnd.CONNECTED
        while True:
            match await session.mailbox.next():
                case LegEnded(leg=ended) | LegFailed(leg=ended) if ended is leg:
                    return
                case _:
                    pass
