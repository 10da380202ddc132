"""An INVITE session of either side: RFC 3261 13 to 15, inside one dialog.

`uas_session.py` and `uac_session.py` add how a session begins. This file has what both
do once there is a dialog: re-INVITE with its glare, INFO, BYE, and the 2xx that is
repeated until its ACK comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING

from switch.errors import LocalProtocolError, RemoteProtocolError
from switch.sip.access import STRANGER, Caller
from switch.sip.dialog import Dialog
from switch.sip.events import (
    InfoReceived,
    ReinviteAnswered,
    ReinviteFailed,
    ReinviteReceived,
    SessionConfirmed,
    SessionEnded,
)
from switch.sip.incoming import IncomingMessage, IncomingRequest, IncomingResponse
from switch.sip.invite_server_transaction import InviteServerTransaction
from switch.sip.repeater import Repeater
from switch.sip.server_transaction import ServerTransaction
from switch.sip.session_host import ALLOW, ALLOWED, SDP, SUPPORTED, WHATEVER, Outcome, SessionHost
from switch.sip.timers import Alarm

if TYPE_CHECKING:
    from switch.sip.client_transaction import ClientTransaction

_BYE_KNOWS_NOTHING = (408, 481)
"""RFC 3261 12.2.1.2: these responses to a request in a dialog end it."""


class SessionState(Enum):
    """Where a session stands."""

    EARLY = "early"
    """No final response to the INVITE."""
    ANSWERED = "answered"
    """UAS: 2xx sent, ACK awaited."""
    CONFIRMED = "confirmed"
    ENDED = "ended"


class InviteSession:
    """What both sides share. `owner` is free for the user."""

    def __init__(self, host: SessionHost, sip_call_id: str, owner: object = None) -> None:
        self.owner = owner
        self.sip_call_id = sip_call_id
        self.state = SessionState.EARLY
        self.request: IncomingRequest | None = None
        """UAS: the INVITE."""
        self.remote_sdp: bytes | None = None
        """What the peer described last."""
        self.admitted_as: Caller = STRANGER
        """UAS: who calls."""
        self._host = host
        self._dialog: Dialog | None = None
        self._success: Repeater | None = None
        """Repeats our 2xx until its ACK comes."""
        self._success_cseq = 0
        self._offered_in_success = False
        self._bye_after_ack: str | None = None
        self._reinvite_in: ServerTransaction | None = None
        self._reinvite_out: ClientTransaction | None = None
        self._reinvite_again: Alarm | None = None

    @property
    def is_uas(self) -> bool:
        """Whether the peer called us."""
        return False

    # The user.

    def ring(self, now: float, code: int = 180) -> None:
        """UAS: tell the caller that it rings; reliably where the caller can (RFC 3262)."""
        raise LocalProtocolError("only an incoming call can ring")

    def answer(self, sdp: bytes, now: float) -> None:
        """UAS: accept. `sdp` answers the offer; without one it is our offer.

        Raises:
            LocalProtocolError: there is nothing to answer any more.
        """
        raise LocalProtocolError("only an incoming call can be answered")

    def reject(
        self,
        code: int,
        now: float,
        phrase: str = "",
        headers: Sequence[tuple[str, str]] = (),
        reason: str = "",
    ) -> None:
        """UAS: refuse with a final status of 300 to 699."""
        raise LocalProtocolError("only an incoming call can be rejected")

    def end(self, now: float, reason: str = "") -> None:
        """BYE, CANCEL or refuse, whichever fits; nothing when it is over already.

        Args:
            reason: value of a Reason header (RFC 3326).
        """
        if self.state is SessionState.CONFIRMED:
            self._send_bye(now, reason)
        elif self.state is SessionState.ANSWERED:
            # RFC 3261 15: the callee "MUST NOT send a BYE on a confirmed dialog until it
            # has received an ACK for its 2xx response".
            self.state = SessionState.ENDED
            self._bye_after_ack = reason
            self._host.report(SessionEnded(self, by_remote=False, why="bye"))

    def info(self, content_type: str, body: bytes, now: float) -> None:
        """Send an INFO."""
        dialog = self._confirmed_dialog()
        request = dialog.build("INFO", body=body, content_type=content_type)
        self._host.layer.send_request(request, now, self._in_dialog)

    def reinvite(self, sdp: bytes, now: float) -> None:
        """Offer other media; `ReinviteAnswered` or `ReinviteFailed` follows."""
        dialog = self._confirmed_dialog()
        if self._reinvite_out is not None or self._reinvite_in is not None:
            raise LocalProtocolError("a re-INVITE is under way")
        request = dialog.build("INVITE", headers=(ALLOW, SUPPORTED), body=sdp, content_type=SDP)
        outcome = Outcome(
            lambda response, at: self._reinvite_response(response, sdp, at),
            self._reinvite_lost,
        )
        self._reinvite_out = self._host.layer.send_request(request, now, outcome)

    def accept_reinvite(self, sdp: bytes, now: float) -> None:
        """Answer the peer's re-INVITE; `sdp` is our offer when it had none."""
        transaction = self._take_reinvite(now)
        if transaction is not None:
            self._send_success(transaction, sdp, now)

    def reject_reinvite(self, code: int, now: float) -> None:
        """Refuse the peer's re-INVITE; the session stays as it was."""
        transaction = self._take_reinvite(now)
        if transaction is not None:
            transaction.respond(code, now, headers=(self._host.identity,))

    # What comes from the peer.

    def handle_request(self, transaction: ServerTransaction, now: float) -> None:
        """Take a request inside the dialog."""
        request = transaction.request
        dialog = self._dialog
        assert dialog is not None
        if not dialog.accept_cseq(request):
            transaction.respond(500, now, "CSeq Out Of Order")
            return
        match request.method:
            case "BYE":
                self._handle_bye(transaction, now)
            case "INVITE":
                self._handle_reinvite(transaction, now)
            case "INFO":
                transaction.respond(200, now, headers=(self._host.identity,))
                self._host.report(InfoReceived(self, request.content_type, request.body))
            case "OPTIONS":
                transaction.respond(200, now, headers=(ALLOW, SUPPORTED, self._host.identity))
            case "PRACK":
                self._handle_prack(transaction, now)
            case _:
                transaction.respond(
                    405 if request.method in ALLOWED else 501, now, headers=(ALLOW,)
                )

    def handle_ack(self, request: IncomingRequest, now: float) -> None:
        """Take the ACK of a 2xx of ours."""
        if self._success is None or request.cseq_number != self._success_cseq:
            return
        self._success.stop()
        self._success = None
        if self._bye_after_ack is not None:
            self.state = SessionState.CONFIRMED
            self._send_bye(now, self._bye_after_ack, told=True)
            return
        if self.state is SessionState.ENDED:
            return
        self.state = SessionState.CONFIRMED
        sdp = sdp_of(request) if self._offered_in_success else None
        if sdp is not None:
            self.remote_sdp = sdp
        self._host.report(SessionConfirmed(self, sdp))

    def _handle_bye(self, transaction: ServerTransaction, now: float) -> None:
        transaction.respond(200, now, headers=(self._host.identity,))
        self._over(by_remote=True, why="bye", now=now)
        transaction.request.let_go()

    def _handle_prack(self, transaction: ServerTransaction, now: float) -> None:
        """Only a UAS that rings knows a PRACK."""
        transaction.respond(481, now)

    def _handle_reinvite(self, transaction: ServerTransaction, now: float) -> None:
        """RFC 3261 14.2."""
        if self._reinvite_out is not None:
            transaction.respond(491, now)
            return
        if self._reinvite_in is not None or self.state is SessionState.EARLY:
            headers = [("Retry-After", str(self._host.ids.below(10)))]
            transaction.respond(500, now, headers=headers)
            return
        if self.state is SessionState.ENDED:
            transaction.respond(481, now)
            return
        request = transaction.request
        assert self._dialog is not None
        try:
            self._dialog.refresh_target(request)
            sdp = sdp_of(request)
        except RemoteProtocolError as error:
            transaction.respond(error.status_hint, now)
            return
        self._stop_repeating()
        self._reinvite_in = transaction
        if sdp is not None:
            self.remote_sdp = sdp
        self._host.report(ReinviteReceived(self, sdp))

    # Our re-INVITE.

    def _reinvite_response(self, response: IncomingResponse, sdp: bytes, now: float) -> None:
        if response.code < 200:
            return
        transaction, self._reinvite_out = self._reinvite_out, None
        if response.code < 300:
            self._acknowledge_reinvite(response, now, first=transaction is not None)
        elif response.code == 491 and self.state is SessionState.CONFIRMED:
            # RFC 3261 14.1: the owner of the Call-ID waits longer, so that one is first.
            tenths = self._host.ids.below(200)
            wait = tenths / 100 if self.is_uas else 2.1 + tenths * 1.9 / 200
            self._reinvite_again = self._host.layer.alarms.schedule(
                now + wait, lambda at: self._try_again(sdp, at)
            )
        elif response.code in _BYE_KNOWS_NOTHING:
            self._over(by_remote=True, why="gone", now=now)
        else:
            self._host.report(ReinviteFailed(self, response.code))

    def _acknowledge_reinvite(self, response: IncomingResponse, now: float, *, first: bool) -> None:
        assert self._dialog is not None
        ack = self._dialog.build("ACK", cseq=response.cseq_number)
        self._host.layer.send_ack(ack, now)
        if first and self.state is SessionState.CONFIRMED:
            self._dialog.refresh_target(response)
            self.remote_sdp = response.body or self.remote_sdp
            self._host.report(ReinviteAnswered(self, response.body or None))

    def _reinvite_lost(self, why: str, now: float) -> None:
        self._reinvite_out = None
        self._over(by_remote=True, why="gone" if why == "transport" else "timeout", now=now)

    def _try_again(self, sdp: bytes, now: float) -> None:
        self._reinvite_again = None
        if self.state is not SessionState.CONFIRMED:
            return
        if self._reinvite_in is not None:
            self._host.report(ReinviteFailed(self, 491))
            return
        self.reinvite(sdp, now)

    # For both kinds of session.

    def _send_success(self, transaction: ServerTransaction, sdp: bytes, now: float) -> None:
        """Send a 2xx and repeat it until its ACK comes (13.3.1.4)."""
        assert self._dialog is not None
        assert isinstance(transaction, InviteServerTransaction)
        self._offered_in_success = not transaction.request.body
        self._success_cseq = transaction.request.cseq_number
        transaction.respond(
            200,
            now,
            to_tag=self._dialog.local_tag,
            headers=(("Contact", self._dialog.contact), ALLOW, SUPPORTED, self._host.identity),
            body=sdp,
            content_type=SDP,
        )
        layer = self._host.layer
        self._success = Repeater(
            layer.alarms,
            layer.timers,
            transaction.send_success_again,
            self._no_ack,
            now,
            longest_seconds=layer.timers.t2_seconds,
        )

    def _no_ack(self, now: float) -> None:
        """RFC 3261 13.3.1.4: without ACK "the session SHOULD be terminated ... with a BYE"."""
        self._success = None
        told = self._bye_after_ack is not None
        reason = self._bye_after_ack or 'SIP;cause=408;text="No ACK"'
        self.state = SessionState.CONFIRMED
        self._send_bye(now, reason, told=True)
        if not told:
            self._host.report(SessionEnded(self, by_remote=False, why="no_ack"))

    def _send_bye(self, now: float, reason: str, *, told: bool = False) -> None:
        dialog = self._confirmed_dialog()
        headers = [("Reason", reason)] if reason else []
        bye = dialog.build("BYE", headers=headers)
        self._host.layer.send_request(bye, now, WHATEVER)
        if told:
            self._leave()
        else:
            self._over(by_remote=False, why="bye", now=now)

    def _over(self, *, by_remote: bool, why: str, now: float) -> None:
        """The session is over; say so if it was one."""
        was_session = self.state in (SessionState.CONFIRMED, SessionState.ANSWERED)
        self._leave()
        if was_session:
            self._host.report(SessionEnded(self, by_remote=by_remote, why=why))

    def _leave(self) -> None:
        self.state = SessionState.ENDED
        self._stop_repeating()
        self._bye_after_ack = None
        if self._reinvite_again is not None:
            self._reinvite_again.cancel()
        if self._dialog is not None:
            self._host.remove_dialog(self._dialog)
        self._host.forget(self)

    def _stop_repeating(self) -> None:
        if self._success is not None:
            self._success.stop()
            self._success = None

    def _take_reinvite(self, now: float) -> ServerTransaction | None:
        """Return the pending re-INVITE; None when the session ended meanwhile."""
        transaction, self._reinvite_in = self._reinvite_in, None
        if transaction is not None and self.state is SessionState.ENDED:
            transaction.respond(481, now)
            return None
        return transaction

    @property
    def _in_dialog(self) -> Outcome:
        """For requests whose refusal may mean that the dialog is gone (12.2.1.2)."""

        def check(response: IncomingResponse, now: float) -> None:
            if response.code in _BYE_KNOWS_NOTHING:
                self._over(by_remote=True, why="gone", now=now)

        return Outcome(check, lambda why, now: self._over(by_remote=True, why="timeout", now=now))

    def _confirmed_dialog(self) -> Dialog:
        if self.state is not SessionState.CONFIRMED or self._dialog is None:
            raise LocalProtocolError(f"the session is {self.state.value}, not confirmed")
        return self._dialog


def sdp_of(message: IncomingMessage) -> bytes | None:
    """Return the session description of a message, or None when it has no body.

    Raises:
        RemoteProtocolError: with 415, the body is something else.
    """
    if not message.body:
        return None
    if message.content_type not in (SDP, ""):
        raise RemoteProtocolError(f"the body is {message.content_type[:60]!r}, not SDP", 415)
    return message.body
