"""A session that we begin: RFC 3261 13.2."""

from __future__ import annotations

from dataclasses import replace

from switch.errors import LocalProtocolError, RemoteProtocolError
from switch.sip.client_transaction import ClientTransaction
from switch.sip.credentials import Credentials, answer
from switch.sip.dialog import Dialog
from switch.sip.events import SessionAnswered, SessionFailed, SessionRinging
from switch.sip.incoming import IncomingResponse
from switch.sip.invite_session import InviteSession
from switch.sip.invite_usage import SessionState
from switch.sip.peer import Peer
from switch.sip.reliable_provisional import ReliableReceiver
from switch.sip.requests import OutgoingRequest
from switch.sip.session_host import WHATEVER, Outcome, SessionHost

_FAILURES = {"timeout": (408, "Request Timeout"), "transport": (503, "Service Unavailable")}
"""RFC 3261 8.1.3.1: what a missing response counts as."""

_CHALLENGES = {
    401: ("www-authenticate", "Authorization"),
    407: ("proxy-authenticate", "Proxy-Authorization"),
}
"""Status -> where the challenge stands, in lower case, and where the answer goes."""


class UacSession(InviteSession):
    """An INVITE of ours, and the session it becomes."""

    def __init__(
        self,
        host: SessionHost,
        request: OutgoingRequest,
        local_tag: str,
        contact: str,
        owner: object,
        *,
        follow_contact: bool,
        credentials: Credentials | None = None,
    ) -> None:
        super().__init__(host, request.header("Call-ID"), owner)
        self._request = request
        self._local_tag = local_tag
        self._contact = contact
        self._follow_contact = follow_contact
        self._credentials = credentials
        """Answer a challenge, once; None: no more."""
        self._transaction: ClientTransaction | None = None
        self._provisionals = ReliableReceiver()
        self._acks: dict[str, tuple[bytes, Peer]] = {}
        """To tag -> the ACK of its 2xx, to be sent again when the 2xx comes again."""
        self._cseq = int(request.header("CSeq").partition(" ")[0])
        """Highest number used; PRACKs count on before there is a session."""
        self._given_up = False

    def start(self, now: float) -> None:
        """Send the INVITE."""
        outcome = Outcome(self._handle_response, self._handle_failure)
        self._transaction = self._host.layer.send_request(self._request, now, outcome)

    # The user.

    def end(self, now: float, reason: str = "") -> None:
        if self.state is not SessionState.EARLY:
            super().end(now, reason)
        elif not self._given_up:
            self._given_up = True
            if self._transaction is None:
                raise LocalProtocolError("the session has not begun")
            self._transaction.cancel(now, reason)

    # What comes from the peer.

    def _handle_response(self, response: IncomingResponse, now: float) -> None:
        if response.code < 200:
            self._handle_provisional(response, now)
        elif response.code < 300:
            self._handle_success(response, now)
        elif self.state is SessionState.EARLY:
            if response.code in _CHALLENGES and self._answer_challenge(response, now):
                return
            self._fail(response.code, response.phrase, "refused")

    def _answer_challenge(self, response: IncomingResponse, now: float) -> bool:
        """Send the INVITE again, with credentials (RFC 3261 22.2); False when that cannot be."""
        credentials, self._credentials = self._credentials, None
        if credentials is None or self._given_up:
            return False
        asked, answered = _CHALLENGES[response.code]
        request = self._request
        values = response.headers.get(asked, ())
        cnonce = self._host.ids.nonce()
        value = answer(values, credentials, request.method, request.uri, cnonce)
        if value is None:
            return False
        self._cseq += 1
        headers = [
            (name, f"{self._cseq} INVITE" if name == "CSeq" else told)
            for name, told in request.headers
        ]
        headers.insert(-1, (answered, value))
        self._request = replace(request, headers=headers)
        self.start(now)
        return True

    def _handle_provisional(self, response: IncomingResponse, now: float) -> None:
        if response.code == 100 or self.state is not SessionState.EARLY:
            return
        rseq = self._provisionals.to_acknowledge(response)
        if rseq is not None:
            try:
                early = self._dialog_of(response)
            except RemoteProtocolError:
                return
            self._cseq += 1
            rack = f"{rseq} {response.required('cseq')}"
            prack = early.build("PRACK", headers=(("RAck", rack),), cseq=self._cseq)
            self._host.layer.send_request(prack, now, WHATEVER)
        if not self._given_up:
            self._host.report(SessionRinging(self, response.code, response.body or None))

    def _handle_success(self, response: IncomingResponse, now: float) -> None:
        known = self._acks.get(response.to_tag)
        if known is not None:
            self._host.layer.send_again(*known)
            return
        try:
            dialog = self._dialog_of(response)
        except RemoteProtocolError as error:
            # It cannot be acknowledged where it wants to be; its sender will give up.
            if self.state is SessionState.EARLY:
                self._fail(502, str(error), "refused")
            return
        ack = dialog.build("ACK", cseq=dialog.local_cseq)
        self._acks[response.to_tag] = self._host.layer.send_ack(ack, now), ack.peer
        dialog.local_cseq = self._cseq
        if self.state is not SessionState.EARLY or self._given_up:
            # A fork that answered too late (13.2.2.4), or a 2xx that crossed our CANCEL.
            self._host.layer.send_request(dialog.build("BYE"), now, WHATEVER)
            if self.state is SessionState.EARLY:
                self._leave()
            return
        self._dialog = dialog
        self._host.add_dialog(self, dialog)
        self.state = SessionState.CONFIRMED
        self.remote_sdp = response.body or None
        self._host.report(SessionAnswered(self, self.remote_sdp))

    def _handle_failure(self, why: str, now: float) -> None:
        if self.state is SessionState.EARLY:
            code, phrase = _FAILURES[why]
            self._fail(code, phrase, why)

    def _fail(self, code: int, phrase: str, why: str) -> None:
        self._leave()
        if not self._given_up:
            self._host.report(SessionFailed(self, code, phrase, why))

    def _dialog_of(self, response: IncomingResponse) -> Dialog:
        return Dialog.of_response(
            self._request,
            response,
            self._local_tag,
            self._contact,
            follow_contact=self._follow_contact,
        )
