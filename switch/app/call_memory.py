"""What must survive of a call whose parties talk: both dialogs, their media, the record so far."""

from __future__ import annotations

from dataclasses import field

from switch.app.destination import Brought
from switch.app.run_memory import RunMemory
from switch.calls.leg import Leg, LegState
from switch.calls.session import CallSession
from switch.frozen import frozen
from switch.records.call_fold import CallFold
from switch.sdp.offer_answer import Negotiated
from switch.sip.restored_session import SessionMemory, remember_session


@frozen(kw_only=True)
class LegMemory:
    """One party."""

    id: str
    dialled: bool
    held: bool
    plays: int
    """How many plays there have been: their numbers go on."""
    port: int
    sdp_session: int
    sdp_version: int
    negotiated: Negotiated
    session: SessionMemory
    party: str = ""
    """The agent whose headset it is, where that is known."""


@frozen(kw_only=True)
class CallMemory:
    """A call whose parties talk."""

    call: str
    worker: int
    """Number of the media worker that joins them."""
    inbound: LegMemory
    outbound: LegMemory
    music: dict[str, int] = field(default_factory=dict)
    """Leg that holds -> the play that its partner hears."""
    recording: str = ""
    recording_error: str = ""
    fold: CallFold | None = None
    """The record so far."""
    brought: Brought | None = None
    """Whom an agent has brought the caller to, if so."""
    run: RunMemory | None = None
    """The flow, to go on with after the talk."""
    why_no_run: str = ""
    """Why it does not go on then; empty also where there is no flow."""


def remember_call(
    session: CallSession,
    worker: int | None,
    fold: CallFold | None,
    run: RunMemory | str | None,
    brought: Brought | None,
) -> CallMemory | None:
    """Return what must survive of a call; None of one whose parties do not talk.

    Args:
        brought: with its time in UTC.
        run: of its flow; or why that does not go on; None: it has none.
    """
    pair, outbound = session.pair, session.outbound
    if pair is None or outbound is None or worker is None or session.termination is not None:
        return None
    caller, partner = _remember_leg(session.inbound), _remember_leg(outbound)
    if caller is None or partner is None:
        return None
    return CallMemory(
        call=session.id,
        worker=worker,
        inbound=caller,
        outbound=partner,
        music=pair.music,
        recording=session.recording,
        recording_error=session.recording_error,
        fold=fold,
        brought=brought,
        run=run if not isinstance(run, str) else None,
        why_no_run=run if isinstance(run, str) else "",
    )


def _remember_leg(leg: Leg) -> LegMemory | None:
    if leg.state is not LegState.ANSWERED or leg.session is None or leg.negotiated is None:
        return None
    memory = remember_session(leg.session)
    if memory is None:
        return None
    return LegMemory(
        id=leg.id,
        party=leg.party,
        dialled=leg.dialled,
        held=leg.held,
        plays=leg.plays,
        port=leg.local.port,
        sdp_session=leg.local.session_id,
        sdp_version=leg.local.version,
        negotiated=leg.negotiated,
        session=memory,
    )
