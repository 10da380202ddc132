"""Caller and agent talk, and the agent may hand the caller on: REFER, blind and attended.

The caller's leg stays ours: we ring the new party, and only when it answers is the agent's
leg let go (RFC 5589 6 and 7, with the transfer target called by us). Carriers see nothing
of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from switch.app.destinations import Destination, Destinations, Refusal
from switch.app.pick_up import PickUp
from switch.app.ringing import Reservation, ring
from switch.calls.leg import Leg, LegState
from switch.calls.leg_events import LegEnded, LegFailed, LegReferred, LegRinging
from switch.calls.session import CallSession
from switch.errors import MediaError, WorkerLost
from switch.events import CallTransferred
from switch.frozen import frozen
from switch.ivr.call import Facts, QueueOutcome, TransferEnd
from switch.sip.invite_session import InviteSession
from switch.sip.referral import Referral, Replaces
from switch.termination import Reason, Result, Termination

_RING_SECONDS = 30.0
_HANDED_ON = 'SIP;cause=200;text="Transferred"'
_RANG_OUT = 'SIP;cause=408;text="No answer"'

_STATUS = {
    TransferEnd.BUSY: 486,
    TransferEnd.NO_ANSWER: 480,
    TransferEnd.UNREACHABLE: 480,
    TransferEnd.FAILED: 503,
}
"""What the agent is told when the new party has given no status."""

EnterQueue = Callable[[CallSession, Facts, str], Awaitable[QueueOutcome]]
"""Lets a caller wait in a queue, with the queue's own settings, and talk."""


@frozen()
class Placed:
    """A call that an agent's headset has placed."""

    call: CallSession
    by: str
    destination: Destination


class Conversations:
    """Conducts what agents and callers do while they talk."""

    def __init__(
        self,
        destinations: Destinations,
        session_of: Callable[[Replaces], InviteSession | None],
        tone: str,
        enter_queue: EnterQueue,
    ) -> None:
        """Prepare.

        Args:
            session_of: finds the dialog that a Replaces names.
            tone: the file that callers hear while somebody is rung.
        """
        self.destinations = destinations
        self.session_of = session_of
        self.tone = tone
        self.enter_queue = enter_queue
        self.calls_of: dict[str, CallSession] = {}
        """Agent -> the call in which he talks with a caller."""
        self.placed: dict[str, Placed] = {}
        """Id -> a call that a headset has placed, to a party that may be handed a caller."""

    async def talk(
        self,
        session: CallSession,
        facts: Facts,
        agent: str,
        released: Callable[[], None],
        home: str = "",
    ) -> QueueOutcome | None:
        """Let them talk until the far side is gone, whoever that is by then.

        Args:
            agent: at the far side; empty for an outside number.
            released: called once the agent has no part in it any more.
            home: the queue to which a caller goes back who was handed on in vain by an agent
                who has hung up.

        Returns:
            How a queue has ended that the caller was handed on to; None without one.

        Raises:
            CallOver: the caller has gone.
        """
        return await _Conversation(self, session, facts, agent, released, home).run()


class _Conversation:
    """One of them."""

    def __init__(
        self,
        all_: Conversations,
        session: CallSession,
        facts: Facts,
        agent: str,
        released: Callable[[], None],
        home: str,
    ) -> None:
        self._all = all_
        self._session = session
        self._facts = facts
        self._agent = agent
        self._released = released
        self._home = home
        self._by = ""
        """The agent who hands the caller on."""
        self._handed: tuple[Destination, str, float] | None = None
        """To whom the caller was handed on, by whom and when."""
        self._gone = False
        """The agent hung up while the next party was rung."""

    async def run(self) -> QueueOutcome | None:
        try:
            self._agent_is(self._agent)
            return await self._talk()
        finally:
            self._agent_is("")
            self._tell_end()

    async def _talk(self) -> QueueOutcome | None:
        session = self._session
        while True:
            match await session.mailbox.next():
                case LegEnded(leg=leg) | LegFailed(leg=leg) if leg is session.outbound:
                    return None
                case PickUp() as pick_up:
                    if await pick_up.carry_out(session) is not None:
                        session.join()
                case LegReferred(leg=leg, referral=referral) if leg is session.outbound:
                    outcome = await self._refer(referral)
                    if outcome is not None:
                        return outcome
                    if self._gone:
                        return await self._go_home()
                case _:
                    pass

    async def _refer(self, referral: Referral) -> QueueOutcome | None:
        """Do what the agent asks for."""
        replaces = referral.refer_to.replaces
        if replaces is not None and not await self._join(referral, replaces):
            return None
        now = self._now()
        found = self._all.destinations.find(referral.refer_to.user, self._agent, now)
        if isinstance(found, Refusal):
            self._refuse(referral, found.code, found.why)
            return None
        if found.queue:
            return await self._to_queue(referral, found.queue)
        reserved = self._all.destinations.reserve(
            *(self._session, found, self._facts.caller, self._facts.dialled)
        )
        if isinstance(reserved, TransferEnd):
            self._refuse(referral, _STATUS[reserved], f"{reserved.value} now")
            return None
        await self._to_party(referral, found, reserved)
        return None

    def _refuse(self, referral: Referral, code: int, why: str) -> None:
        self._session.log.warning("transfer_refused", agent=self._agent, code=code, why=why)
        # RFC 3515 2.4.2: a REFER is declined; the status of a call would say something else.
        referral.refuse(code if code in (403, 404, 481) else 603, self._now(), _phrase(why))
        self._flush()

    # To a queue.

    async def _to_queue(self, referral: Referral, queue: str) -> QueueOutcome:
        by = self._agent
        referral.accept(self._now())
        referral.progress(200, self._now())
        self._hand_over()
        self._session.publish(
            CallTransferred,
            agent="",
            number="",
            trunk="",
            outcome="queued",
            sip_code=0,
            talk_seconds=0.0,
            by=by,
            queue=queue,
        )
        return await self._all.enter_queue(self._session, self._facts, queue)

    async def _go_home(self) -> QueueOutcome | None:
        if not self._home:
            return None
        return await self._all.enter_queue(self._session, self._facts, self._home)

    def _hand_over(self) -> None:
        """The agent has no part in it any more."""
        self._by = self._agent or self._by
        self._session.drop_outbound(_HANDED_ON)
        self._flush()
        self._agent_is("")
        self._released()
        self._released = lambda: None

    # To an agent or a number.

    async def _to_party(
        self, referral: Referral, destination: Destination, reserved: Reservation
    ) -> None:
        """Ring the new party; the caller goes back to the agent when it does not answer."""
        session = self._session
        referral.accept(self._now())
        self._flush()
        try:
            leg = await session.open_beside()
        except MediaError as error:
            reserved.release()
            if isinstance(error, WorkerLost):
                raise
            session.log.warning("no_media_for_transfer", error=str(error))
            self._progress(referral, 503)
            return
        leg.afterwards = reserved.release
        session.split()
        joined = False
        try:
            rung = await ring(
                session,
                leg,
                reserved,
                _RING_SECONDS,
                self._all.tone,
                lambda event: self._notice(event, referral, leg),
            )
            joined = rung.end is TransferEnd.CONNECTED
        finally:
            if not joined:
                session.drop(leg, _RANG_OUT)
        if joined:
            self._progress(referral, 200)
            self._swap(destination, leg)
            return
        code = rung.sip_code or _STATUS[rung.end]
        self._progress(referral, code)
        self._publish(destination, rung.end.value, rung.sip_code, 0.0, self._agent)
        if not self._gone:
            session.join()

    def _notice(self, event: object, referral: Referral, leg: Leg) -> None:
        """See to what happens besides while the new party is rung."""
        session = self._session
        match event:
            case LegRinging(leg=rung, sip_code=code) if rung is leg:
                self._progress(referral, code)
            case PickUp() as pick_up:
                pick_up.refuse(session, 486)
            case LegReferred(referral=another):
                another.refuse(603, self._now(), "The caller is being handed on already")
                self._flush()
            case LegEnded(leg=ended) if ended is session.outbound:
                self._gone = True
                self._hand_over()
            case _:
                pass

    def _swap(self, destination: Destination, leg: Leg) -> None:
        """The new party talks with the caller from now on, and the agent is free."""
        self._tell_end()
        if not self._gone:
            self._hand_over()
        self._session.swap_outbound(leg, _HANDED_ON)
        self._gone, self._home = False, ""
        self._handed = destination, self._by, self._now()
        self._agent_is(destination.agent)

    # Attended: the agent has called the new party already.

    async def _join(self, referral: Referral, replaces: Replaces) -> bool:
        """Join the caller with whom the agent has called.

        Returns:
            Whether the party has yet to be rung: the agent did not wait for its answer.
        """
        sip = self._all.session_of(replaces)
        owner = None if sip is None else sip.owner
        found = self._all.placed.get(owner.call) if isinstance(owner, Leg) else None
        if found is None or found.by != self._agent:
            self._refuse(referral, 481, "That is no call of this headset")
            return False
        call, over = found.call, Termination(Result.COMPLETED, Reason.TRANSFERRED)
        party = call.outbound
        if party is None or party.state is not LegState.ANSWERED:
            call.end(over)
            await asyncio.sleep(0)  # its party is let go there
            return True
        call.give_away()
        self._session.take_over(party)
        referral.accept(self._now())
        self._progress(referral, 200)
        self._swap(found.destination, party)
        call.end(over)
        return False

    # What is told.

    def _agent_is(self, agent: str) -> None:
        self._session.takes_referrals = bool(agent)
        calls = self._all.calls_of
        if self._agent and calls.get(self._agent) is self._session:
            del calls[self._agent]
        if agent:
            calls[agent] = self._session
            if self._session.outbound is not None:
                self._session.outbound.party = agent
        self._agent = agent

    def _tell_end(self) -> None:
        """Tell of the party that the caller was handed on to, which is gone."""
        if self._handed is not None:
            to, by, since = self._handed
            self._handed = None
            self._publish(to, TransferEnd.CONNECTED.value, 0, self._now() - since, by)

    def _publish(
        self, to: Destination, outcome: str, sip_code: int, seconds: float, by: str
    ) -> None:
        self._session.publish(
            CallTransferred,
            agent=to.agent,
            number=to.number,
            trunk=to.trunk,
            outcome=outcome,
            sip_code=sip_code,
            talk_seconds=seconds,
            by=by,
        )

    def _progress(self, referral: Referral, code: int) -> None:
        referral.progress(code, self._now())
        self._flush()

    def _now(self) -> float:
        return self._session.services.endpoint.now()

    def _flush(self) -> None:
        self._session.services.endpoint.flush()


def _phrase(why: str) -> str:
    """Return a text fit for the first line of a response."""
    return why[:100] if why.isascii() and why.isprintable() else "Declined"
