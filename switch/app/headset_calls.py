"""Calls that agents place from their headsets: to agents, queues and outside numbers.

An agent who talks with a caller may ask somebody first and then hand the caller on to them
(`conversation.py`): such a call's media is kept by the worker of the caller's.
"""

from __future__ import annotations

from switch.app.conversation import Conversations, Placed
from switch.app.destinations import Destination, Refusal
from switch.app.ringing import ring
from switch.calls.session import CallSession
from switch.errors import MediaError, WorkerLost
from switch.events import CallTransferred
from switch.ivr.call import Facts, TransferEnd
from switch.termination import Reason, Result, Termination

_RING_SECONDS = 60.0
_RANG_OUT = 'SIP;cause=408;text="No answer"'

_STATUS = {
    TransferEnd.BUSY: 486,
    TransferEnd.NO_ANSWER: 480,
    TransferEnd.UNREACHABLE: 480,
    TransferEnd.FAILED: 503,
}
"""What the headset is told when the party has given no status."""


class HeadsetCalls:
    """Finds out whom an agent wants, and conducts the call."""

    def __init__(self, conversations: Conversations, tone: str) -> None:
        """Prepare.

        Args:
            tone: the file of the ringing tone.
        """
        self._conversations = conversations
        self._tone = tone

    def find(self, dialled: str, agent: str, now: float) -> Destination | Refusal:
        """Return whom an agent means by what was dialled, or why that may not be."""
        return self._conversations.destinations.find(dialled, agent, now)

    def prepare(self, session: CallSession, agent: str) -> None:
        """Open this call's media near the call in which the agent talks, if there is one."""
        talks = self._conversations.calls_of.get(agent)
        if talks is not None:
            session.near = talks.inbound.id

    async def conduct(self, session: CallSession, agent: str, destination: Destination) -> None:
        """Ring, connect, and return when the far side is gone.

        Raises:
            CallOver: the agent has hung up.
        """
        all_ = self._conversations
        facts = Facts(session.id, agent, "", "", "")
        session.inbound.party = agent
        free = all_.destinations.keep_free(agent)
        all_.placed[session.id] = Placed(session, agent, destination)
        try:
            if destination.queue:
                del all_.placed[session.id]  # the queue's own rules bind its agents
                session.answer()
                await all_.enter_queue(session, facts, destination.queue)
            else:
                await self._connect(session, facts, agent, destination)
        finally:
            all_.placed.pop(session.id, None)
            free()

    async def _connect(
        self, session: CallSession, facts: Facts, agent: str, destination: Destination
    ) -> None:
        reserved = self._conversations.destinations.reserve(session, destination, agent)
        if isinstance(reserved, TransferEnd):
            self._failed(session, destination, agent, reserved, 0)
            return
        try:
            leg = await session.open_outbound(reserved.address)
        except WorkerLost:
            reserved.release()
            raise
        except MediaError as error:
            reserved.release()
            session.log.warning("no_media_for_headset_call", error=str(error))
            self._failed(session, destination, agent, TransferEnd.FAILED, 503)
            return
        leg.afterwards = reserved.release
        rung = None
        try:
            rung = await ring(session, leg, reserved, _RING_SECONDS, self._tone)
        finally:
            if rung is None or rung.end is not TransferEnd.CONNECTED:
                session.drop_outbound(_RANG_OUT)
        if rung.end is not TransferEnd.CONNECTED:
            self._failed(session, destination, agent, rung.end, rung.sip_code)
            return
        session.answer()
        session.join()
        now = session.services.endpoint.now
        since = now()
        try:
            await self._conversations.talk(session, facts, destination.agent, lambda: None)
        finally:
            session.drop_outbound("")
            self._tell(session, destination, agent, TransferEnd.CONNECTED, 0, now() - since)

    def _failed(
        self, session: CallSession, to: Destination, agent: str, end: TransferEnd, code: int
    ) -> None:
        self._tell(session, to, agent, end, code, 0.0)
        status = code if code >= 400 else _STATUS[end]
        session.end(Termination(Result.REJECTED, Reason.PEER_UNREACHABLE, status, end.value))

    def _tell(
        self,
        session: CallSession,
        to: Destination,
        agent: str,
        end: TransferEnd,
        code: int,
        seconds: float,
    ) -> None:
        session.publish(
            CallTransferred,
            agent=to.agent,
            number=to.number,
            trunk=to.trunk,
            outcome=end.value,
            sip_code=code,
            talk_seconds=seconds,
            by=agent,
        )
