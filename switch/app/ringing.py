"""Ringing one party for a caller until something comes of it: whoever rings, rings with this.

Meanwhile the caller hears a ringing tone, or the party itself where its network lets it be
heard before it answers (RFC 3960); a caller who is not answered yet is told by 180 and 183.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from switch.calls.leg import Again, Invite, Leg, LegState
from switch.calls.leg_events import LegAnswered, LegEnded, LegFailed, LegRinging
from switch.calls.session import CallSession
from switch.errors import MediaError, WorkerLost
from switch.frozen import frozen
from switch.ivr.call import TransferEnd
from switch.sdp.crypto import SrtpTerms

_ENDS = {
    **dict.fromkeys((486, 600, 603), TransferEnd.BUSY),
    **dict.fromkeys((480, 408), TransferEnd.NO_ANSWER),
    **dict.fromkeys((404, 410, 484, 502, 503, 604), TransferEnd.UNREACHABLE),
}
"""Status of the far end; anything else has failed."""


_STATUS = {
    TransferEnd.CONNECTED: 200,
    TransferEnd.BUSY: 486,
    TransferEnd.NO_ANSWER: 480,
    TransferEnd.UNREACHABLE: 480,
    TransferEnd.FAILED: 503,
}

_RANG_OUT = 'SIP;cause=408;text="No answer"'

Notice = Callable[[object], None]


def _unnoticed(_event: object) -> None:
    """Nobody cares."""


@frozen()
class Reservation:
    """A party that may be rung now."""

    invite: Invite
    srtp: SrtpTerms
    """What holds for the party's media."""
    release: Callable[[], None]
    """To be called once, when the party is gone."""
    again: Again | None = None
    """Asked after a failure how to try on."""
    trunk: Callable[[], str] = str
    """Returns the trunk that is tried, or was tried last; empty for an agent."""
    address: str = ""
    """Where the party is."""


@frozen()
class Rung:
    """What came of it."""

    end: TransferEnd
    """`CONNECTED`: the party has answered."""
    sip_code: int = 0
    """Of its refusal."""
    reason: str = ""
    """Why it refused, as its Reason header told."""

    @property
    def status(self) -> int:
        """What whoever wanted the party is told: its own status, or one that says as much."""
        return self.sip_code if self.sip_code >= 400 else _STATUS[self.end]


@frozen()
class _RangOut:
    """The party was rung for long enough."""

    leg: Leg


async def reach(
    session: CallSession,
    reserved: Reservation,
    seconds: float,
    tone: str,
    *,
    beside: bool = False,
    notice: Notice = _unnoticed,
) -> tuple[Rung, Leg | None]:
    """Open a leg for a party, ring it, and part with it unless it answers.

    Args:
        beside: the headset keeps its place meanwhile (`CallSession.swap_outbound`).
        tone, notice: as of `ring`.

    Returns:
        What came of it, and the leg of who has answered.

    Raises:
        CallOver: the caller has gone.
        WorkerLost: the call has no media any more.
    """
    try:
        open_leg = session.open_beside if beside else session.open_outbound
        leg = await open_leg(reserved.address)
    except MediaError as error:
        reserved.release()
        if isinstance(error, WorkerLost):
            raise
        session.log.warning("no_media_for_party", error=str(error))
        return Rung(TransferEnd.FAILED), None
    leg.afterwards = reserved.release
    answered, why = False, ""
    try:
        rung = await ring(session, leg, reserved, seconds, tone, notice)
        answered = rung.end is TransferEnd.CONNECTED
        why = _RANG_OUT if rung.end is TransferEnd.NO_ANSWER else ""
    finally:
        if not answered and beside:
            session.drop(leg, why)
        elif not answered:
            session.drop_outbound(why)
    return rung, leg if answered else None


async def ring(
    session: CallSession,
    leg: Leg,
    reserved: Reservation,
    seconds: float,
    tone: str,
    notice: Notice = _unnoticed,
) -> Rung:
    """Dial, and wait for what comes of it.

    Args:
        tone: the file of the ringing tone.
        notice: gets whatever else happens to the call, and each provisional response.

    Raises:
        CallOver: the caller has gone.
    """
    caller = session.inbound
    hears_us = caller.state is LegState.ANSWERED or caller.negotiated is not None
    playing = caller.play([tone], loop=True) if hears_us else 0
    heard = False
    loop = asyncio.get_running_loop()
    timer = loop.call_later(seconds, session.mailbox.put, _RangOut(leg))
    try:
        leg.dial(reserved.invite, reserved.srtp, reserved.again)
        while True:
            event = await session.mailbox.next()
            match event:
                case LegRinging(leg=rung, sip_code=code, audible=audible) if rung is leg:
                    if audible and not heard:
                        if playing:
                            caller.stop_playing(playing)
                        if playing or caller.be_heard():
                            heard = True
                            caller.bridge(leg)
                    elif not playing and not heard:
                        caller.ring(code)
                    notice(event)
                case LegAnswered(leg=answered) if answered is leg:
                    return Rung(TransferEnd.CONNECTED)
                case LegFailed(leg=failed, sip_code=code, reason=reason) if failed is leg:
                    return Rung(_ENDS.get(code, TransferEnd.FAILED), code, reason)
                case LegEnded(leg=ended) if ended is leg:
                    return Rung(TransferEnd.FAILED)
                case _RangOut(leg=rung) if rung is leg:
                    return Rung(TransferEnd.NO_ANSWER)
                case _:
                    notice(event)
    finally:
        timer.cancel()
        if playing and not heard:
            caller.stop_playing(playing)
        if heard:
            caller.unbridge()
