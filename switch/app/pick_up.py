"""An agent takes his own call over with another of his devices: Replaces (RFC 3891).

The second device calls with a Replaces header that names the dialog of the first. Whose the
dialog is, is known by the call: nobody takes over what is not his.
"""

from __future__ import annotations

from collections.abc import Callable

from switch.app.destination import Refusal
from switch.calls.leg import Leg, LegState
from switch.calls.registry import CallRegistry
from switch.calls.session import CallSession
from switch.errors import MediaError, RemoteProtocolError, WorkerLost
from switch.frozen import frozen
from switch.sip.invite_session import InviteSession
from switch.sip.invite_usage import SessionState
from switch.sip.referral import Replaces

_PICKED_UP = 'SIP;cause=200;text="Call completed elsewhere"'


@frozen()
class PickUp:
    """The agent's other device has called; in the mailbox of the call that it takes over."""

    session: InviteSession
    replaced: Leg

    def refuse(self, call: CallSession, code: int) -> None:
        """Take nothing over."""
        self.session.reject(code, call.services.endpoint.now())
        call.services.endpoint.flush()

    async def carry_out(self, call: CallSession) -> Leg | None:
        """Put the new device in the place of the one that rings or talks; None if it cannot be.

        Raises:
            WorkerLost: the call has no media any more.
        """
        if call.outbound is not self.replaced:
            self.refuse(call, 481)
            return None
        try:
            leg = await call.open_beside()
        except WorkerLost:
            raise
        except MediaError as error:
            call.log.warning("no_media_for_headset", error=str(error))
            self.refuse(call, 503)
            return None
        if self.session.state is not SessionState.EARLY:
            call.drop(leg, "")
            return None  # it has given up meanwhile
        leg.attach(self.session)
        old = self.replaced
        leg.party = old.party
        try:
            leg.answer()
        except RemoteProtocolError as error:
            call.drop(leg, "")
            self.refuse(call, error.status_hint)
            return None
        leg.afterwards, old.afterwards = old.afterwards, None
        call.drop_outbound(_PICKED_UP)
        call.outbound = leg
        return leg


def find_pick_up(
    session: InviteSession,
    agent: str,
    replaces: Replaces,
    session_of: Callable[[Replaces], InviteSession | None],
    registry: CallRegistry,
) -> tuple[CallSession, PickUp] | Refusal:
    """Return the call that an agent's device wants to take over, or the answer to give."""
    named = session_of(replaces)
    leg = named.owner if named is not None else None
    call = registry.call(leg.call) if isinstance(leg, Leg) else None
    if not isinstance(leg, Leg) or call is None or call.outbound is not leg:
        return Refusal(481, "There is no such dialog")
    if leg.party != agent:
        return Refusal(403, "That is somebody else's call")
    if replaces.early_only and leg.state is LegState.ANSWERED:
        # RFC 3891 3: "return a 486 (Busy Here)" when the dialog is confirmed already.
        return Refusal(486, "It is answered already")
    return call, PickUp(session, leg)
