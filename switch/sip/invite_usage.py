"""What an INVITE makes of a dialog (RFC 5057: its usage): RFC 3261 13 to 15.

Its state, the 2xx that is repeated until its ACK comes, INFO, and the end by BYE.
`invite_session.py` adds how it is changed, `uas_session.py` and `uac_session.py` how it
begins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, cast

from switch.errors import LocalProtocolError, RemoteProtocolError
from switch.sip.access import STRANGER, Caller
from switch.sip.authorized import send_authorized
from switch.sip.capabilities import ALLOW, SDP, SUPPORTED, refusal_of_method
from switch.sip.client_transaction import ClientTransaction
from switch.sip.credentials import DigestClient
from switch.sip.dialog import Dialog
from switch.sip.events import (
    InfoReceived,
    ReferReceived,
    SessionConfirmed,
    SessionEnded,
)
from switch.sip.incoming import IncomingRequest, IncomingResponse
from switch.sip.invite_server_transaction import InviteServerTransaction
from switch.sip.referral import Referral, read_refer_to
from switch.sip.repeater import Repeater
from switch.sip.requests import OutgoingRequest
from switch.sip.server_transaction import ServerTransaction
from switch.sip.session_body import sdp_told
from switch.sip.session_host import WHATEVER, Outcome, SessionHost

if TYPE_CHECKING:
    from switch.sip.invite_session import InviteSession

KNOWS_NOTHING = (408, 481)
"""RFC 3261 12.2.1.2: these responses to a request in a dialog end it."""


class SessionState(Enum):
    """Where a session stands."""

    EARLY = "early"
    """No final response to the INVITE."""
    ANSWERED = "answered"
    """UAS: 2xx sent, ACK awaited."""
    CONFIRMED = "confirmed"
    ENDED = "ended"


class InviteUsage:
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
        self.digest: DigestClient | None = None
        """Answers the peer's challenges; None: they are refusals."""
        self._host = host
        self._dialog: Dialog | None = None
        self._success: Repeater | None = None
        """Repeats our 2xx until its ACK comes."""
        self._success_cseq = 0
        self._offered_in_success = False
        self._bye_after_ack: str | None = None

    @property
    def is_uas(self) -> bool:
        """Whether the peer called us."""
        return False

    # The user.

    def ring(self, now: float, code: int = 180, sdp: bytes = b"") -> None:
        """UAS: tell the caller that it rings; reliably where the caller can (RFC 3262).

        Args:
            sdp: with it the caller hears us before we answer: the answer to its offer, or
                our offer if it made none.
        """
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
            self._host.report(SessionEnded(self._session, by_remote=False, why="bye"))

    def info(self, content_type: str, body: bytes, now: float) -> None:
        """Send an INFO."""
        dialog = self._confirmed_dialog()
        request = dialog.build("INFO", body=body, content_type=content_type)
        self._send(request, now, self._in_dialog)

    def notify(
        self, headers: Sequence[tuple[str, str]], content_type: str, body: bytes, now: float
    ) -> None:
        """Send a NOTIFY (RFC 3515 2.4.4); nothing when the session is over."""
        if self.state is SessionState.CONFIRMED and self._dialog is not None:
            request = self._dialog.build(
                "NOTIFY", headers=headers, body=body, content_type=content_type
            )
            self._send(request, now, WHATEVER)

    @property
    def contact(self) -> str:
        """Our Contact in this dialog."""
        return "" if self._dialog is None else self._dialog.contact

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
                self._host.report(InfoReceived(self._session, request.content_type, request.body))
            case "OPTIONS":
                transaction.respond(200, now, headers=(ALLOW, SUPPORTED, self._host.identity))
            case "PRACK":
                self._handle_prack(transaction, now)
            case "UPDATE":
                self._handle_update(transaction, now)
            case "REFER":
                self._handle_refer(transaction, now)
            case _:
                code = refusal_of_method(request.method)
                transaction.respond(code, now, headers=(ALLOW,))

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
        sdp = (sdp_told(request) or None) if self._offered_in_success else None
        if sdp is not None:
            self.remote_sdp = sdp
        self._host.report(SessionConfirmed(self._session, sdp))

    def _handle_bye(self, transaction: ServerTransaction, now: float) -> None:
        transaction.respond(200, now, headers=(self._host.identity,))
        self._over(by_remote=True, why="bye", now=now, reason=transaction.request.reason)
        transaction.request.let_go()

    def _handle_reinvite(self, transaction: ServerTransaction, now: float) -> None:
        """`invite_session.py` knows how a session is changed."""
        raise NotImplementedError

    def _handle_update(self, transaction: ServerTransaction, now: float) -> None:
        raise NotImplementedError

    def _handle_prack(self, transaction: ServerTransaction, now: float) -> None:
        """Only a UAS that rings knows a PRACK."""
        transaction.respond(481, now)

    def _handle_refer(self, transaction: ServerTransaction, now: float) -> None:
        """RFC 3515 2.4.2: whether it is done is for the user, who must answer it."""
        if self.state is not SessionState.CONFIRMED:
            transaction.respond(481, now)
            return
        try:
            refer_to = read_refer_to(transaction.request)
        except RemoteProtocolError as error:
            transaction.respond(error.status_hint, now, headers=(self._host.identity,))
            return
        referral = Referral(self._session, transaction, refer_to, self._host.identity)
        self._host.report(ReferReceived(self._session, referral))

    # For both kinds of session.

    def _send(
        self,
        request: OutgoingRequest,
        now: float,
        outcome: Outcome,
        dialog: Dialog | None = None,
        next_cseq: Callable[[], int] | None = None,
        sent: Callable[[OutgoingRequest], None] | None = None,
    ) -> ClientTransaction:
        """Send a request inside the dialog; a peer that we have credentials for may challenge.

        Args:
            dialog: another than the session's own, of a fork.
            next_cseq: numbers what is sent again; None: the dialog does.
            sent: gets the request each time it goes out to a peer that may challenge.
        """
        if self.digest is None:
            return self._host.layer.send_request(request, now, outcome)
        if next_cseq is None:
            dialog = dialog or self._dialog
            assert dialog is not None
            next_cseq = dialog.take_cseq
        return send_authorized(self._host, request, now, outcome, self.digest, next_cseq, sent)

    def _send_success(
        self,
        transaction: ServerTransaction,
        sdp: bytes,
        now: float,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Send a 2xx and repeat it until its ACK comes (13.3.1.4)."""
        assert self._dialog is not None
        assert isinstance(transaction, InviteServerTransaction)
        self._offered_in_success = bool(sdp) and not sdp_told(transaction.request)
        self._success_cseq = transaction.request.cseq_number
        transaction.respond(
            200,
            now,
            to_tag=self._dialog.local_tag,
            headers=(
                *(("Contact", self._dialog.contact), ALLOW, SUPPORTED, self._host.identity),
                *headers,
            ),
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
            self._host.report(SessionEnded(self._session, by_remote=False, why="no_ack"))

    def _send_bye(self, now: float, reason: str, *, told: bool = False, why: str = "bye") -> None:
        dialog = self._confirmed_dialog()
        headers = [("Reason", reason)] if reason else []
        bye = dialog.build("BYE", headers=headers)
        self._send(bye, now, WHATEVER)
        if told:
            self._leave()
        else:
            self._over(by_remote=False, why=why, now=now)

    def _over(self, *, by_remote: bool, why: str, now: float, reason: str = "") -> None:
        """The session is over; say so if it was one."""
        was_session = self.state in (SessionState.CONFIRMED, SessionState.ANSWERED)
        self._leave()
        if was_session:
            self._host.report(SessionEnded(self._session, by_remote, why, reason))

    def _leave(self) -> None:
        self.state = SessionState.ENDED
        self._stop_repeating()
        self._bye_after_ack = None
        if self._dialog is not None:
            self._host.remove_dialog(self._dialog.key)
        self._host.forget(self)

    def _stop_repeating(self) -> None:
        if self._success is not None:
            self._success.stop()
            self._success = None

    @property
    def _session(self) -> InviteSession:
        """What events name: every usage is a session."""
        return cast("InviteSession", self)

    @property
    def _in_dialog(self) -> Outcome:
        """For requests whose refusal may mean that the dialog is gone (12.2.1.2)."""

        def check(response: IncomingResponse, now: float) -> None:
            if response.code in KNOWS_NOTHING:
                self._over(by_remote=True, why="gone", now=now)

        return Outcome(check, lambda why, now: self._over(by_remote=True, why="timeout", now=now))

    def _confirmed_dialog(self) -> Dialog:
        if self.state is not SessionState.CONFIRMED or self._dialog is None:
            raise LocalProtocolError(f"the session is {self.state.value}, not confirmed")
        return self._dialog
