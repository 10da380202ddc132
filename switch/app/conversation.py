"""Caller and agent talk, and the agent may hand the caller on: REFER, blind and attended.

The caller's leg stays ours: we ring the new party, and only when it answers is the agent's
leg let go (RFC 5589 6 and 7, with the transfer target called by us). Carriers see nothing
of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from switch.app.consultation import Consultation, Placed, find_consultation
from switch.app.destination import Brought, Destination, Refusal
from switch.app.destinations import Destinations
from switch.app.pick_up import PickUp
from switch.app.ringing import Reservation, Rung, reach
from switch.app.routing_desk import RoutingDesk
from switch.calls.leg import Leg
from switch.calls.leg_events import LegEnded, LegFailed, LegReferred, LegRinging
from switch.calls.session import CallSession
from switch.events import CallTransferred
from switch.ivr.call import Facts, QueueOutcome, TransferEnd
from switch.sip.invite_session import InviteSession
from switch.sip.referral import Referral, Replaces
from switch.termination import Reason, Result, Termination

_RING_SECONDS = 30.0
_HANDED_ON = 'SIP;cause=200;text="Transferred"'
_JOINED = Termination(Result.COMPLETED, Reason.TRANSFERRED)
"""How the call ends in which an agent has asked somebody before handing a caller on."""


class EnterQueue(Protocol):
    """Lets a caller wait in a queue, with the queue's own settings, and talk.

    `has_place`: the caller stands there already, in the place of another call.
    """

    def __call__(
        self, session: CallSession, facts: Facts, queue: str, *, has_place: bool = False
    ) -> Awaitable[QueueOutcome]: ...


class Conversations:
    """Conducts what agents and callers do while they talk."""

    def __init__(
        self,
        destinations: Destinations,
        session_of: Callable[[Replaces], InviteSession | None],
        tone: str,
        enter_queue: EnterQueue,
        desk: RoutingDesk,
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
        self.desk = desk
        self.calls_of: dict[str, CallSession] = {}
        """Agent -> the call in which he talks with a caller."""
        self.placed: dict[str, Placed] = {}
        """Id -> a call that a headset has placed, to a party that may be handed a caller."""
        self._brought: dict[str, Brought] = {}
        """Call -> whom an agent has brought its caller to; told once that party is gone."""

    def bring(self, session: CallSession, to: Destination, by: str) -> None:
        """Note that the caller talks with this party from now on, as an agent wants it."""
        self._brought[session.id] = Brought(to, by, session.services.endpoint.now())

    def brought(self, session: CallSession) -> Brought | None:
        """Return whom an agent has brought the caller to."""
        return self._brought.get(session.id)

    def tell_brought(self, session: CallSession) -> None:
        """Tell of the party that an agent has brought the caller to, which is gone."""
        brought = self._brought.pop(session.id, None)
        if brought is not None:
            seconds = session.services.endpoint.now() - brought.since
            tell_transfer(session, brought.to, Rung(TransferEnd.CONNECTED), seconds, brought.by)

    def consultation(self, replaces: Replaces, agent: str) -> Consultation | None:
        """Return the call of an agent that a Replaces means; None: it is none of the agent's."""
        session = self.session_of(replaces)
        return find_consultation(session, agent, self.placed, self._brought, self.desk)

    def remember(self, session: CallSession) -> Brought | None:
        """Return what must survive of a call's talk."""
        brought = self._brought.get(session.id)
        if brought is None:
            return None
        return replace(brought, since=brought.since + _to_utc(session))

    def take_up(self, session: CallSession, brought: Brought) -> None:
        """Know again what another core remembered; before the talk goes on."""
        self._brought[session.id] = replace(brought, since=brought.since - _to_utc(session))

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
            agent: at the far side; empty for an outside number. Whom an agent has brought the
                caller to since then (`bring`) counts instead.
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
        brought = all_.brought(session)
        self._agent = agent if brought is None else brought.to.agent
        self._found_by_queue = brought is not None and bool(brought.to.queue)
        """The far side is an agent whom a queue has found when another asked it."""
        self._released = released
        self._home = home
        self._by = ""
        """The agent who hands the caller on."""
        self._gone = False
        """The agent hung up while the next party was rung."""

    async def run(self) -> QueueOutcome | None:
        try:
            self._agent_is(self._agent)
            return await self._talk()
        finally:
            self._agent_is("")
            self._agent_is_released()
            self._all.tell_brought(self._session)

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
        if replaces is None:
            return await self._hand_on(referral)
        consultation = self._all.consultation(replaces, self._agent)
        if consultation is None:
            self._refuse(referral, 481, "That is no call of this headset")
            return None
        if consultation.waits_in:
            return await self._take_place(referral, consultation)
        if consultation.party is not None:
            self._join(referral, consultation, consultation.party)
            return None
        # The agent has not waited for the answer: the party has yet to be rung.
        consultation.call.end(_JOINED)
        await asyncio.sleep(0)  # who is rung there is let go first
        return await self._hand_on(referral)

    async def _hand_on(self, referral: Referral) -> QueueOutcome | None:
        """Bring the caller to whom the agent names."""
        now = self._now()
        found = self._all.destinations.find(referral.refer_to.user, self._agent, now)
        if isinstance(found, Refusal):
            self._refuse(referral, found.code, found.why)
            return None
        if found.queue:
            return await self._to_queue(referral, found.queue)
        reserved = self._all.destinations.reserve(
            *(self._session, found, self._facts.caller, self._facts.dialled), by=self._agent
        )
        if isinstance(reserved, TransferEnd):
            self._refuse(referral, Rung(reserved).status, f"{reserved.value} now")
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
        self._leave_to_queue(referral, queue)
        return await self._all.enter_queue(self._session, self._facts, queue)

    def _leave_to_queue(self, referral: Referral, queue: str) -> None:
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

    async def _go_home(self) -> QueueOutcome | None:
        if not self._home:
            return None
        return await self._all.enter_queue(self._session, self._facts, self._home)

    def _hand_over(self) -> None:
        """The agent has no part in it any more."""
        self._by = self._agent or self._by
        self._all.tell_brought(self._session)
        self._session.drop_outbound(_HANDED_ON)
        self._flush()
        self._agent_is("")
        self._agent_is_released()
        self._released()
        self._released = lambda: None

    def _agent_is_released(self) -> None:
        """Let an agent wrap up whom a queue had found for another."""
        if self._found_by_queue:
            self._found_by_queue = False
            self._all.desk.talk_ended(self._session.id)

    # To an agent or a number.

    async def _to_party(
        self, referral: Referral, destination: Destination, reserved: Reservation
    ) -> None:
        """Ring the new party; the caller goes back to the agent when it does not answer."""
        session = self._session
        referral.accept(self._now())
        self._flush()
        session.split()
        rung, leg = await reach(
            session,
            reserved,
            _RING_SECONDS,
            self._all.tone,
            beside=True,
            notice=lambda event: self._notice(event, referral),
        )
        self._progress(referral, rung.status)
        if leg is not None:
            self._swap(destination, leg)
            return
        tell_transfer(session, destination, rung, 0.0, self._agent)
        if not self._gone:
            session.join()

    def _notice(self, event: object, referral: Referral) -> None:
        """See to what happens besides while the new party is rung."""
        session = self._session
        match event:
            case LegRinging(sip_code=code):
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
        if not self._gone:
            self._hand_over()
        self._all.bring(self._session, destination, self._by)
        self._session.swap_outbound(leg, _HANDED_ON)
        self._gone, self._home = False, destination.queue
        self._found_by_queue = bool(destination.queue)
        self._agent_is(destination.agent)

    # Attended: the agent has called the new party already.

    def _join(self, referral: Referral, consultation: Consultation, party: Leg) -> None:
        """Join the caller with whom the agent has called, and talks with."""
        session, call = self._session, consultation.call
        call.give_away()
        session.take_over(party)
        referral.accept(self._now())
        self._progress(referral, 200)
        self._swap(consultation.to, party)
        if consultation.to.queue:
            self._all.desk.hand_on(call.id, session.id, self._facts.caller)
        call.end(_JOINED)

    async def _take_place(self, referral: Referral, consultation: Consultation) -> QueueOutcome:
        """Put the caller in the place in the queue that the agent's call has there."""
        session, call, queue = self._session, consultation.call, consultation.waits_in
        self._leave_to_queue(referral, queue)
        self._all.desk.hand_on(call.id, session.id, self._facts.caller)
        call.end(_JOINED)
        return await self._all.enter_queue(session, self._facts, queue, has_place=True)

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

    def _progress(self, referral: Referral, code: int) -> None:
        referral.progress(code, self._now())
        self._flush()

    def _now(self) -> float:
        return self._session.services.endpoint.now()

    def _flush(self) -> None:
        self._session.services.endpoint.flush()


def tell_transfer(
    session: CallSession, to: Destination, rung: Rung, talk_seconds: float, by: str
) -> None:
    """Tell what came of an agent's wish to have somebody in the call."""
    session.publish(
        CallTransferred,
        agent=to.agent,
        number=to.number,
        trunk=to.trunk,
        outcome=rung.end.value,
        sip_code=rung.sip_code,
        talk_seconds=talk_seconds,
        by=by,
        queue=to.queue,
    )


def _to_utc(session: CallSession) -> float:
    """Return what is to be added to a time of the endpoint's clock."""
    return session.services.utc().timestamp() - session.services.endpoint.now()


def _phrase(why: str) -> str:
    """Return a text fit for the first line of a response."""
    return why[:100] if why.isascii() and why.isprintable() else "Declined"
