"""One attempt to ring a caller back: a call of its own, in which two are rung and joined.

The flow says who is rung first. With the agent first, nobody who picks up the phone waits for
anybody; with the caller first, no agent waits for a phone that nobody picks up. Whoever is
first hears ringing, once the caller has heard the flow's prompts, until the other is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from switch.app.agent_directory import AgentDirectory
from switch.app.caller_sounds import CallerSounds, SoundSource, SpeechCounts
from switch.app.headset_offer import HeadsetOffer
from switch.app.queue_visit import Recordings
from switch.app.routing_desk import RoutingDesk
from switch.calls.leg import Leg, LegState
from switch.calls.leg_events import LegAnswered, LegEnded, LegFailed
from switch.calls.prompting import play
from switch.calls.session import CallServices, CallSession
from switch.errors import PromptError
from switch.events import AgentConnected, CallAnswered, CallArrived
from switch.frozen import frozen
from switch.ivr.call import CallbackRequest, Facts, RingFirst
from switch.log import get_logger
from switch.routing import ContactTurnedAway, Offered, OfferWithdrawn
from switch.termination import Reason, Result, Termination
from switch.trunks.desk import TrunkDesk
from switch.trunks.presentation import Caller
from switch.trunks.trunk import Trunk

_RING_SECONDS = 30.0
"""How long the caller's phone rings. The headset rings as long as its queue says, or, after the
caller has answered, so long too."""


@frozen()
class CallbackServices:
    """What every attempt needs."""

    calls: CallServices
    desk: RoutingDesk
    agents: AgentDirectory
    trunks: TrunkDesk
    recordings: Recordings
    sounds: SoundSource
    speech: SpeechCounts
    ringing: str
    """The file that is heard while somebody is rung."""


@dataclass(frozen=True, slots=True)
class _RangOut:
    """A leg has rung long enough."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class _NobodyElse:
    """Read when the router had no other agent to offer at once."""


class CallbackAttempt:
    """Conducts one attempt; run it once. Afterwards `rung` and `connected` tell what came of it."""

    def __init__(
        self,
        services: CallbackServices,
        contact: str,
        request: CallbackRequest,
        asked: Facts,
        trunk: Trunk,
        offer: Offered,
        on_connected: Callable[[], None],
    ) -> None:
        """Prepare, and tell that there is such a call.

        Args:
            contact: id of the place in the router, and of the call.
            asked: the call in which the callback was asked for.
            on_connected: called when the two talk.
        """
        self.rung = False
        """The caller's phone has rung: only that counts as an attempt."""
        self.connected = False
        """Caller and agent have talked."""
        self._services = services
        self._request = request
        self._dialling = services.trunks.dialling(
            [trunk], request.number, Caller(asked.dialled), contact, get_logger(call=contact)
        )
        self._offer = offer
        self._on_connected = on_connected
        self.call = call = CallSession(contact, services.calls)
        call.unrecorded = not request.recorded
        self._sounds = CallerSounds(call, services.sounds, services.speech)
        self._headset = HeadsetOffer(call, services.desk, services.agents, request.number)
        services.calls.registry.add(call)
        call.publish(
            CallArrived,
            caller=request.number,
            dialled=asked.dialled,
            trunk=trunk.name,
            flow="callback",
            sip_call_id="",
            origin=asked.id,
        )

    async def run(self) -> None:
        """Ring both, let them talk, and be gone from the router afterwards."""
        call, desk = self.call, self._services.desk
        agent_first = self._request.ring_first is RingFirst.AGENT
        conduct = self._agent_then_caller if agent_first else self._caller_then_agent
        self._sounds.prepare(self._request.prompts)  # while it rings
        try:
            await call.run(conduct)
        finally:
            self._sounds.part()
            self._dialling.ended()
            desk.talk_ended(call.id)
            desk.leave(call.id, "not_connected")

    async def _agent_then_caller(self) -> None:
        call = self.call
        if not await self._agent_takes_it() or (headset := call.outbound) is None:
            return
        ring_seconds = self._headset.ring_seconds
        sound = headset.play([self._services.ringing], loop=True)
        if await self._caller_answers():
            await self._greet()
            headset.stop_playing(sound)
            # The agent may have hung up while the caller was greeted.
            if headset.state is LegState.ANSWERED:
                await self._talk(headset, ring_seconds)

    async def _caller_then_agent(self) -> None:
        call, desk, offer = self.call, self._services.desk, self._offer
        # The agent is at work on this from now on: what rings is the caller's phone.
        if not desk.offer_answered(call.id, offer.agent):
            return
        desk.tell_offer(call, offer)
        if not await self._caller_answers():
            return
        await self._greet()
        sound = call.inbound.play([self._services.ringing], loop=True)
        await self._headset.dial(offer)
        headset = call.outbound
        answered = headset is not None and await self._answers(headset)
        call.inbound.stop_playing(sound)
        if answered and headset is not None:
            await self._talk(headset, self._headset.ring_seconds)

    async def _agent_takes_it(self) -> bool:
        """Ring the agent, and whoever else the router has at once; False: nobody took it."""
        call, headset = self.call, self._headset
        await headset.ring(self._offer)
        while True:
            if headset.offer is None:
                call.mailbox.put(_NobodyElse())
            match await call.mailbox.next():
                case Offered() as offer:
                    await headset.ring(offer)
                case OfferWithdrawn(agent=agent, why=why):
                    headset.withdraw(agent, why)
                case LegAnswered(leg=leg) if leg is call.outbound:
                    taken = headset.accept()
                    if taken is not None:
                        self._offer = taken
                        return True
                case LegFailed(leg=leg, sip_code=code) if leg is call.outbound:
                    headset.fail(code)
                case LegEnded(leg=leg) if leg is call.outbound:
                    headset.fail(0)
                case ContactTurnedAway():
                    return False
                case _NobodyElse() if headset.offer is None:
                    return False
                case _:
                    pass

    async def _caller_answers(self) -> bool:
        """Ring the caller's phone."""
        call, dialling = self.call, self._dialling
        begun = dialling.begin()
        self.rung = begun or dialling.unreachable
        if not begun:
            why = dialling.refusal or "none of the trunk's servers is up"
            call.log.warning("dialling_refused", why=why)
            call.end(Termination(Result.FAILED, Reason.PEER_UNREACHABLE, 0, why))
            return False
        headset = call.outbound
        await call.inbound.turn_to(dialling.address, near=headset.id if headset is not None else "")
        call.inbound.dial(dialling.invite, dialling.srtp, dialling.again)
        if not await self._answers(call.inbound):
            left = call.outbound is not None and call.outbound.state is LegState.OVER
            why = "the agent hung up" if left else "nobody answers"
            call.end(Termination(Result.FAILED, Reason.PEER_UNREACHABLE, 0, why))
            return False
        call.publish(CallAnswered, codec=call.inbound.codec)
        return True

    async def _greet(self) -> None:
        """Say to the caller what the flow wants said."""
        call = self.call
        prompts = self._request.prompts
        try:
            files = await self._sounds.lead(prompts, barge_in=False, begin=lambda _: None)
        except PromptError as error:
            call.log.warning("callback_prompts_failed", error=str(error))
            files = ()
        await play(call, files, barge_in=False)

    async def _talk(self, headset: Leg, ring_seconds: float) -> None:
        """Join the two, and return when the agent has hung up."""
        call, offer = self.call, self._offer
        self.connected = True
        self._on_connected()
        call.join()
        self._services.recordings.begin(call)
        call.publish(
            AgentConnected,
            queue=offer.queue,
            agent=offer.agent,
            waited_seconds=offer.waited_seconds,
            ring_seconds=ring_seconds,
            codec=headset.codec,
        )
        while True:
            match await call.mailbox.next():
                case LegEnded(leg=ended) | LegFailed(leg=ended) if ended is headset:
                    return
                case _:
                    pass

    async def _answers(self, leg: Leg) -> bool:
        """Wait until a leg is answered; False when it is not, or when the headset hangs up."""
        call = self.call
        loop = asyncio.get_running_loop()
        timer = loop.call_later(_RING_SECONDS, call.mailbox.put, _RangOut(leg))
        try:
            while True:
                match await call.mailbox.next():
                    case LegAnswered(leg=answered) if answered is leg:
                        return True
                    case LegFailed(leg=lost) | LegEnded(leg=lost) if lost in (leg, call.outbound):
                        return False
                    case _RangOut(leg=rung) if rung is leg:
                        return False
                    case _:
                        pass
        finally:
            timer.cancel()
