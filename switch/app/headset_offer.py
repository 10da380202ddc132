"""Offering a call to the agent whom the router reserved: the headset rings, and what comes of it.

The router decides; this file rings the headset it names and tells it what became of that.
"""

from __future__ import annotations

from switch.app.agent_directory import AgentDirectory
from switch.app.routing_desk import RoutingDesk
from switch.calls.session import CallSession
from switch.errors import MediaError, WorkerLost
from switch.events import OfferFailed
from switch.routing import Offered

_OUTCOMES = {486: "busy", 600: "busy", 480: "declined", 403: "declined", 603: "declined"}
"""SIP status of a headset -> what the router is told; anything else is `unreachable`."""

_WITHDRAWN = 'SIP;cause=487;text="Offer withdrawn"'
_RANG_OUT = 'SIP;cause=408;text="No answer"'


class HeadsetOffer:
    """The offers of one call, one after another. `offer` is the one that stands."""

    def __init__(
        self, session: CallSession, desk: RoutingDesk, agents: AgentDirectory, caller: str
    ) -> None:
        """Prepare.

        Args:
            caller: the number that the headset shows.
        """
        self.offer: Offered | None = None
        self._session = session
        self._desk = desk
        self._agents = agents
        self._caller = caller
        self._now = session.services.endpoint.now
        self._rung_at = 0.0

    @property
    def ring_seconds(self) -> float:
        """Since the headset began to ring."""
        return self._now() - self._rung_at

    async def ring(self, offer: Offered) -> None:
        """Tell of an offer and ring its headset. Raises WorkerLost."""
        self._desk.tell_offer(self._session, offer)
        await self.dial(offer)

    async def dial(self, offer: Offered) -> None:
        """Send the INVITE to the headset of an offer that was told.

        Raises:
            WorkerLost: the call has no media any more.
        """
        session = self._session
        self.offer = offer
        self._rung_at = self._now()
        target = self._agents.target(offer.agent)
        if target is None:
            self._fail("unreachable", 480)
            return
        try:
            leg = await session.open_outbound(target.peer.remote[0])
        except WorkerLost:
            raise
        except MediaError as error:
            session.log.warning("no_media_for_headset", agent=offer.agent, error=str(error))
            self._fail("unreachable", 0)
            return
        leg.party = offer.agent
        leg.dial(
            lambda sdp, owner: self._agents.invite(
                target, session, self._caller, offer.queue, sdp, owner
            ),
            self._agents.srtp(offer.agent, target.peer, target.uri),
        )

    def withdraw(self, agent: str, why: str) -> None:
        """The router took its offer back: rung out, or the agent has left."""
        offer = self.offer
        if offer is None or offer.agent != agent:
            return
        self.offer = None
        rang_out = why == "no_answer"
        self._session.drop_outbound(_RANG_OUT if rang_out else _WITHDRAWN)
        self._publish_failed(offer, "no_answer" if rang_out else "withdrawn", 0)

    def fail(self, sip_code: int) -> None:
        """The headset did not take the call: tell the router, which offers it elsewhere."""
        self._fail(_OUTCOMES.get(sip_code, "unreachable"), sip_code)

    def accept(self) -> Offered | None:
        """The headset answered: return the offer; None when the router no longer wants that."""
        offer = self.offer
        if offer is None or not self._desk.offer_answered(self._session.id, offer.agent):
            self.offer = None
            self._session.drop_outbound(_WITHDRAWN)
            return None
        if self._session.outbound is not None:
            self._agents.last_codecs[offer.agent] = self._session.outbound.codec
        return offer

    def _fail(self, outcome: str, sip_code: int) -> None:
        offer, self.offer = self.offer, None
        self._session.drop_outbound("")
        if offer is not None:
            self._publish_failed(offer, outcome, sip_code)
            self._desk.offer_failed(self._session.id, offer.agent, outcome)

    def _publish_failed(self, offer: Offered, outcome: str, sip_code: int) -> None:
        self._session.publish(
            OfferFailed,
            queue=offer.queue,
            agent=offer.agent,
            outcome=outcome,
            sip_code=sip_code,
        )
