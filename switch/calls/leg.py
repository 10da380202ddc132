"""One leg of a call: one SIP session and one media stream, kept in step.

Inputs: SIP events of its session (`handle_sip`), reports of its stream
(`handle_report`), and the methods below. Output: `LegEvent`s to its call. Hold,
resume and late offers are settled here; the call is only told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from switch.calls.ending import because, warning
from switch.calls.info_digit import parse_info_digit
from switch.calls.leg_events import (
    LegAnswered,
    LegCancelled,
    LegChanged,
    LegDigit,
    LegEnded,
    LegEvent,
    LegFailed,
    LegHeld,
    LegMediaLost,
    LegReferred,
    LegResumed,
    LegRinging,
)
from switch.calls.leg_reports import event_of
from switch.calls.leg_state import LegState as LegState
from switch.calls.leg_state import Side as Side
from switch.calls.leg_stream import LegStream
from switch.calls.ports import Endpoint, MediaControl
from switch.errors import RemoteProtocolError
from switch.media.messages import LinkLost, Report
from switch.sdp.crypto import SrtpTerms
from switch.sdp.description import first_address
from switch.sdp.offer_answer import LocalMedia, Negotiated, make_answer, make_offer, read_answer
from switch.sip.events import (
    EarlyAnswerReceived,
    InfoReceived,
    ReferReceived,
    ReinviteAnswered,
    ReinviteFailed,
    ReinviteReceived,
    SessionAnswered,
    SessionCancelled,
    SessionConfirmed,
    SessionEnded,
    SessionFailed,
    SessionRinging,
    SipEvent,
)
from switch.sip.invite_session import InviteSession
from switch.sip.requests import MOST_HOPS

_NOT_ACCEPTABLE_HERE = 488

Invite = Callable[[bytes, "Leg"], InviteSession]
"""Sends an INVITE; gets the offer and the session's owner."""
Again = Callable[[SessionFailed], tuple[str, Invite, SrtpTerms | None] | None]
"""Says how to try on after a failure: at what address, whom to invite, and what holds for it."""


class Leg(LegStream):
    """One party of a call."""

    __slots__ = (
        "_again",
        "_endpoint",
        "_offer",
        "_on_event",
        "afterwards",
        "call",
        "dialled",
        "held",
        "party",
        "session",
        "side",
        "state",
    )

    def __init__(
        self,
        leg_id: str,
        side: Side,
        local: LocalMedia,
        endpoint: Endpoint,
        media: MediaControl,
        on_event: Callable[[LegEvent], None],
    ) -> None:
        super().__init__(leg_id, local, media)
        self.side = side
        self.hears_keys = side is Side.INBOUND
        self.party = ""
        """The agent whose headset it is; empty for callers, numbers and direct calls."""
        self.call = ""
        """Id of the call it belongs to."""
        self.afterwards: Callable[[], None] | None = None
        """What is to be undone once the party is gone, whichever call it is in by then."""
        self.session: InviteSession | None = None
        self.state = LegState.SETTING_UP
        self.dialled = False
        """We called the party."""
        self.held = False
        """The party has put us on hold."""
        self._endpoint = endpoint
        self._on_event = on_event
        self._offer: bytes | None = None
        """Our offer that awaits an answer."""
        self._again: Again | None = None

    # Signalling.

    def attach(self, session: InviteSession) -> None:
        """Make an arriving session this leg's own."""
        self.session = session
        session.owner = self
        if self.local.other_address and session.request is not None:
            offer = session.remote_sdp
            source = session.request.peer.remote[0]
            self.local.speak_to(source if offer is None else first_address(offer) or source)

    @property
    def hops_left(self) -> int:
        """Max-Forwards for a call on behalf of this leg's party (RFC 7332 4)."""
        request = self.session.request if self.session is not None else None
        return MOST_HOPS if request is None else max(request.max_forwards - 1, 0)

    def take_up(self, session: InviteSession, *, held: bool, dialled: bool) -> None:
        """Make a session that another core began this leg's own."""
        self.attach(session)
        self.state = LegState.ANSWERED
        self.held, self.dialled = held, dialled

    def answer(self) -> None:
        """Answer an inbound leg: 200 with an answer, or with our offer if it came late.

        Raises:
            RemoteProtocolError: the offer cannot be answered; `status_hint` says how.
        """
        session = self._require_session()
        offer = session.remote_sdp
        if self.negotiated is not None:
            sdp = session.local_sdp  # the caller has it already, and hears us by it
            self.connect_again()
        elif offer is None:
            sdp = self._offer = make_offer(self.local)
        else:
            sdp, negotiated = make_answer(self.local, offer)
            self._use(negotiated)
        self.state = LegState.ANSWERED
        session.answer(sdp, self._endpoint.now())
        self._endpoint.flush()

    def ring(self, code: int = 180) -> None:
        """Tell the caller of an inbound leg that it rings somewhere."""
        if self.state is LegState.SETTING_UP:
            self._require_session().ring(self._endpoint.now(), code)
            self._endpoint.flush()

    def be_heard(self) -> bool:
        """Let the caller of an inbound leg hear us, if need be before we answer (183, RFC 3960).

        False when that cannot be: the offer comes late, or cannot be answered.
        """
        if self.negotiated is not None:
            return True
        session = self._require_session()
        if self.state is not LegState.SETTING_UP or session.remote_sdp is None:
            return False
        try:
            sdp, negotiated = make_answer(self.local, session.remote_sdp)
        except RemoteProtocolError:
            return False  # the answer will say so
        self.connect(negotiated)
        session.ring(self._endpoint.now(), 183, sdp)
        self._endpoint.flush()
        return True

    def dial(
        self, invite: Invite, srtp: SrtpTerms | None = None, again: Again | None = None
    ) -> None:
        """Send the INVITE of an outbound leg; `invite` gets the offer and the owner.

        `LegFailed` follows at once where no offer may be made.

        Args:
            srtp: what holds for the party's media; None: what holds for everybody.
            again: is asked, after a failure, how to try on; None from it makes it final.
        """
        if self.state is LegState.OVER:
            return  # the call has ended while a port was awaited
        self.dialled, self._again = True, again
        if srtp is not None:
            self.local.srtp = srtp
        try:
            self._offer = make_offer(self.local)
        except RemoteProtocolError as error:
            self._fail(error.status_hint, str(error))
            return
        self.session = invite(self._offer, self)
        self._endpoint.flush()

    def reject(self, code: int, headers: Sequence[tuple[str, str]] = ()) -> None:
        """Refuse an inbound leg that was not answered."""
        if self.state is LegState.SETTING_UP and self.session is not None:
            self.state = LegState.OVER
            self.session.reject(code, self._endpoint.now(), headers=headers)
            self._endpoint.flush()

    def belong(self, call: str, on_event: Callable[[LegEvent], None]) -> None:
        """Be a leg of another call from now on."""
        self.call = call
        self._on_event = on_event

    def detach(self) -> None:
        """Part with call and session: the call is over, and circles would outlive it."""
        self._on_event, self._again = _ignore, None
        session, self.session = self.session, None
        if session is not None:
            session.owner = None

    def end(self, reason: str = "") -> None:
        """BYE, CANCEL or refuse, whichever fits; nothing when it is over already.

        Args:
            reason: value of a Reason header (RFC 3326).
        """
        if self.state is not LegState.OVER:
            self.state = LegState.OVER
            if self.session is not None:
                self.session.end(self._endpoint.now(), reason=reason)
                self._endpoint.flush()

    # What happens to the leg.

    def handle_sip(self, event: SipEvent) -> None:
        """Take an event of this leg's session."""
        if self.state is LegState.OVER:
            return
        match event:
            case SessionRinging(code=code, sdp=sdp):
                self._on_event(LegRinging(self, code, audible=self._hear_early(sdp)))
            case SessionAnswered(sdp=sdp):
                self._handle_answered(sdp)
            case SessionConfirmed(sdp=sdp) | EarlyAnswerReceived(sdp=sdp):
                self._handle_confirmed(sdp)
            case SessionFailed():
                self._handle_failed(event)
            case SessionCancelled(reason=reason):
                self.state = LegState.OVER
                self._on_event(LegCancelled(self, reason))
            case SessionEnded(by_remote=by_remote, why=why, reason=reason):
                self.state = LegState.OVER
                self._on_event(LegEnded(self, by_remote, why, reason))
            case ReinviteReceived(sdp=sdp):
                self._handle_reinvite(sdp)
            case InfoReceived(content_type=content_type, body=body):
                digit = parse_info_digit(content_type, body)
                if digit is not None:
                    self.hears_keys = False  # or a key would count twice: it sounds, too
                    self.listen()
                    self._on_event(LegDigit(self, digit, "info"))
            case ReferReceived(referral=referral):
                self._on_event(LegReferred(self, referral))
            case ReinviteAnswered(offer=offer, sdp=sdp):
                self._handle_refreshed(offer, sdp)
            case ReinviteFailed():
                pass  # the session is as it was
            case _:
                raise TypeError(f"not an event of a session: {event!r}")

    def _handle_failed(self, failed: SessionFailed) -> None:
        other = self._again(failed) if self._again is not None else None
        if other is not None:
            failed.session.owner = None
            address, invite, srtp = other
            self.turn(address, lambda problem: self._try_on(problem, invite, srtp))
            return
        reason = failed.response.reason if failed.response is not None else ""
        self._fail(failed.code, failed.why or failed.phrase, reason)

    def _try_on(self, problem: str, invite: Invite, srtp: SrtpTerms | None) -> None:
        if self.state is LegState.SETTING_UP and not problem:
            self.dial(invite, srtp, self._again)
        elif self.state is LegState.SETTING_UP:
            self._fail(503, problem)

    def _fail(self, code: int, why: str, reason: str = "") -> None:
        self.state = LegState.OVER
        self._on_event(LegFailed(self, code, why, reason))

    def handle_report(self, report: Report) -> None:
        """Take a report of this leg's stream."""
        if type(report) is LinkLost and self.state is LegState.ANSWERED:
            # It has gone, or is not who it was to be.
            reason = because("Q.850", 41, report.why)
            self.end(reason)
            self._on_event(LegEnded(self, by_remote=False, why=report.why, reason=reason))
        elif (event := event_of(self, report)) is not None:
            self._on_event(event)

    def handle_media_lost(self) -> None:
        """Learn that the worker with this leg's stream has died."""
        if not self.media_lost:
            self.media_lost = True
            self._on_event(LegMediaLost(self))

    def _hear_early(self, sdp: bytes | None) -> bool:
        """Take what a provisional response describes; it may change until the answer.

        Phones behind a proxy that forks may each send their own, and the last one counts.
        """
        if sdp is None or self._offer is None:
            return False
        try:
            negotiated = read_answer(self.local, self._offer, sdp)
        except RemoteProtocolError:
            return False  # the answer will tell what is wrong
        if negotiated != self.negotiated:
            self.connect(negotiated)
        return negotiated.may_receive

    def _handle_refreshed(self, offer: bytes, sdp: bytes | None) -> None:
        """The peer has answered a refresh of its session, perhaps from another address."""
        if sdp is None or not offer:
            return
        try:
            negotiated = read_answer(self.local, offer, sdp)
        except RemoteProtocolError:
            return  # media goes on as it is: nothing was to be changed
        if negotiated != self.negotiated:
            self._use(negotiated)
        self._on_event(LegChanged(self))

    def _handle_answered(self, sdp: bytes | None) -> None:
        """RFC 3261 13.2.2.4: the UAC gets the answer in the 2xx, or had it reliably before."""
        try:
            negotiated = self._read_answer(sdp or self._require_session().remote_sdp)
        except RemoteProtocolError as error:
            self.end(because("SIP", _NOT_ACCEPTABLE_HERE, str(error)))
            self._on_event(LegFailed(self, _NOT_ACCEPTABLE_HERE, str(error)))
            return
        self.state = LegState.ANSWERED
        self._use(negotiated)
        self._on_event(LegAnswered(self))

    def _handle_confirmed(self, sdp: bytes | None) -> None:
        """An ACK may carry the answer to the offer in our 2xx (RFC 3261 13.2.1)."""
        if self._offer is None:
            return
        try:
            negotiated = self._read_answer(sdp)
        except RemoteProtocolError as error:
            if self.negotiated is not None:
                return  # the re-INVITE has failed: the session is as it was (RFC 3261 14.1)
            self.end(because("SIP", _NOT_ACCEPTABLE_HERE, str(error)))
            self._on_event(LegEnded(self, by_remote=False, why="no_common_codec"))
            return
        self._use(negotiated)

    def _handle_reinvite(self, sdp: bytes | None) -> None:
        """Hold, resume or a change of address; RFC 3264 8."""
        session = self._require_session()
        now = self._endpoint.now()
        try:
            if sdp is None:
                self._offer = make_offer(self.local, last=session.local_sdp)
                session.accept_reinvite(self._offer, now)
            else:
                answer, negotiated = make_answer(self.local, sdp)
                session.accept_reinvite(answer, now)
                self._use(negotiated)
                self._on_event(LegChanged(self))
        except RemoteProtocolError as error:
            session.reject_reinvite(error.status_hint, now, headers=(warning(str(error)),))
        self._endpoint.flush()

    def _read_answer(self, sdp: bytes | None) -> Negotiated:
        offer, self._offer = self._offer, None
        if sdp is None or offer is None:
            raise RemoteProtocolError("there is no SDP answer to our offer", _NOT_ACCEPTABLE_HERE)
        return read_answer(self.local, offer, sdp)

    def _note_hold(self, held: bool) -> None:
        if held != self.held:
            self.held = held
            self._on_event(LegHeld(self) if held else LegResumed(self))

    def _use(self, negotiated: Negotiated) -> None:
        self.connect(negotiated)
        self._note_hold(not negotiated.may_send)

    def _require_session(self) -> InviteSession:
        assert self.session is not None, "the leg has no SIP session yet"
        return self.session


def _ignore(_event: LegEvent) -> None:
    """Nobody is interested any more."""
