"""Calls that agents place from their headsets: to agents, queues and outside numbers.

An agent who talks with a caller may ask somebody first and then hand the caller on to them
(`conversation.py`): such a call's media is kept by the worker of the caller's.
"""

from __future__ import annotations

from switch.app.consultation import Placed
from switch.app.conversation import Conversations, tell_transfer
from switch.app.destination import Brought, Destination, Refusal
from switch.app.ringing import Rung, reach
from switch.calls.session import CallSession
from switch.ivr.call import Facts, TransferEnd
from switch.termination import Reason, Result, Termination

_RING_SECONDS = 60.0


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
                session.answer()
                await all_.enter_queue(session, facts, destination.queue)
            else:
                await self._connect(session, facts, agent, destination)
        finally:
            all_.placed.pop(session.id, None)
            all_.tell_brought(session)
            free()

    async def _connect(
        self, session: CallSession, facts: Facts, agent: str, destination: Destination
    ) -> None:
        reserved = self._conversations.destinations.reserve(session, destination, agent, by=agent)
        if isinstance(reserved, TransferEnd):
            self._failed(session, destination, agent, Rung(reserved))
            return
        rung, leg = await reach(session, reserved, _RING_SECONDS, self._tone)
        if leg is None:
            self._failed(session, destination, agent, rung)
            return
        session.answer()
        self._conversations.bring(session, destination, agent)
        session.join()
        await self._talk(session, facts, destination)

    async def go_on(self, session: CallSession, brought: Brought) -> None:
        """Let them talk on whom another core has connected, until the far side is gone.

        Raises:
            CallOver: the agent has hung up.
        """
        all_, agent = self._conversations, brought.by
        all_.placed[session.id] = Placed(session, agent, brought.to)
        try:
            await self._talk(session, Facts(session.id, agent, "", "", ""), brought.to)
        finally:
            all_.placed.pop(session.id, None)

    async def _talk(self, session: CallSession, facts: Facts, destination: Destination) -> None:
        try:
            await self._conversations.talk(session, facts, destination.agent, lambda: None)
        finally:
            session.drop_outbound("")

    def _failed(self, session: CallSession, to: Destination, agent: str, rung: Rung) -> None:
        tell_transfer(session, to, rung, 0.0, agent)
        unreachable = Reason.PEER_UNREACHABLE
        session.end(Termination(Result.REJECTED, unreachable, rung.status, rung.end.value))
