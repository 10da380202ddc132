"""A session that we begin: RFC 3261 13.2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from switch.errors import LocalProtocolError, RemoteProtocolError
from switch.sip.client_transaction import ClientTransaction
from switch.sip.credentials import CHALLENGES, Challenged, DigestClient, credentials_of
from switch.sip.dialog import Dialog, DialogKey
from switch.sip.events import SessionAnswered, SessionFailed, SessionRinging
from switch.sip.incoming import IncomingResponse
from switch.sip.invite_session import InviteSession
from switch.sip.invite_usage import SessionState
from switch.sip.peer import Peer
from switch.sip.reliable_provisional import ReliableReceiver
from switch.sip.requests import OutgoingRequest
from switch.sip.server_transaction import ServerTransaction
from switch.sip.session_body import sdp_told
from switch.sip.session_host import WHATEVER, Outcome, SessionHost
from switch.sip.session_timer import agreed_by, least_of
from switch.sip.timers import Alarm

_FAILURES = {"timeout": (408, "Request Timeout"), "transport": (503, "Service Unavailable")}
"""RFC 3261 8.1.3.1: what a missing response counts as."""

_FLOW_FAILED = 430
"""RFC 5626 11.5: a proxy on the way has lost the connection to the party."""


class UacSession(InviteSession):
    """An INVITE of ours, and the session it becomes."""

    def __init__(
        self,
        host: SessionHost,
        requests: Sequence[OutgoingRequest],
        local_tag: str,
        owner: object,
        *,
        follow_contact: bool,
        digest: DigestClient | None = None,
    ) -> None:
        """Prepare.

        Args:
            requests: the INVITE, and the same for other ways to the party: each is tried when
                there is no way to the one before.
        """
        request, *self._otherwise = requests
        super().__init__(host, request.header("Call-ID"), owner)
        self._request = request
        self._local_tag = local_tag
        self._follow_contact = follow_contact
        self.digest = digest
        self._challenged = None if digest is None else Challenged(digest)
        self._transaction: ClientTransaction | None = None
        self._provisionals = ReliableReceiver()
        self._acks: dict[str, tuple[bytes, Peer]] = {}
        """To tag -> the ACK of its 2xx, to be sent again when the 2xx comes again."""
        self._cseq = int(request.header("CSeq").partition(" ")[0])
        """Highest number used; PRACKs count on before there is a session."""
        self._given_up = False
        self._early: dict[str, IncomingResponse] = {}
        """To tag -> first response of a phone that rings; each makes an early dialog."""
        self._answered_early = False
        """A reliable provisional response has answered our offer."""
        self._asked_longer = False
        self.local_sdp = request.body
        self._alerted = False
        """It rings, or there is early media."""
        self._impatience: Alarm | None = None
        """Gives up a peer that says nothing."""

    def start(self, now: float) -> None:
        """Send the INVITE."""
        outcome = Outcome(self._handle_response, self._handle_failure)
        self._transaction = self._host.layer.send_request(self._request, now, outcome)

    def be_patient(self, seconds: float, now: float) -> None:
        """Give the peer up when it has not said a word, not even 100, in so long."""
        if self.state is SessionState.EARLY:
            self._impatience = self._host.layer.alarms.schedule(now + seconds, self._lose_patience)

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

    def _lose_patience(self, now: float) -> None:
        self._impatience = None
        if self.state is SessionState.EARLY and not self._given_up:
            self._host.report(SessionFailed(self, *_FAILURES["timeout"], "timeout"))
            self.end(now)

    def _handle_response(self, response: IncomingResponse, now: float) -> None:
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None
        if response.code < 200:
            self._handle_provisional(response, now)
        elif response.code < 300:
            self._handle_success(response, now)
        elif self.state is SessionState.EARLY:
            if response.code in CHALLENGES and self._answer_challenge(response, now):
                return
            if response.code == 422 and self._ask_longer(response, now):
                return
            if response.code == _FLOW_FAILED and self._go_otherwise(now):
                return
            self._fail(response.code, response.phrase, "refused", response)

    def _answer_challenge(self, response: IncomingResponse, now: float) -> bool:
        """Send the INVITE again, with credentials (RFC 3261 22.2); False when that cannot be."""
        if self._challenged is None or self._given_up:
            return False
        nonce = self._host.ids.nonce()
        again = self._challenged.again(self._request, response, self._cseq + 1, nonce)
        if again is None:
            return False
        self._cseq += 1
        self._request = again
        self._early_over()
        self.start(now)
        return True

    def _ask_longer(self, response: IncomingResponse, now: float) -> bool:
        """Send the INVITE again with the interval that a 422 wants, once (RFC 4028 7.4)."""
        least = least_of(response)
        if self._asked_longer or self._given_up or not least:
            return False
        self._asked_longer = True
        self._send_changed(dict(self._host.session_timer.asked(least)), now)
        return True

    def _goes_back_to_udp(self, now: float) -> bool:
        """Send the INVITE over UDP after all: it went over TCP for its size, in vain."""
        sent = self._transaction
        if sent is None or sent.request.peer == self._request.peer or self._given_up:
            return False
        self._send_changed({}, now)
        return True

    def _go_otherwise(self, now: float) -> bool:
        """Try the next way to the party (RFC 5626 5.3, RFC 3263 4.3); False when there is none."""
        if not self._otherwise or self._given_up:
            return False
        self._request = self._otherwise.pop(0)
        self._send_changed({}, now)
        return True

    def _send_changed(self, changes: Mapping[str, str], now: float) -> None:
        """Send the INVITE again with other headers, and with the next number."""
        self._cseq += 1
        changed = {**changes, "CSeq": f"{self._cseq} INVITE"}
        headers = [(name, changed.pop(name, told)) for name, told in self._request.headers]
        headers[-1:-1] = changed.items()
        self._request = replace(self._request, headers=headers)
        self._early_over()
        self.start(now)

    def _handle_provisional(self, response: IncomingResponse, now: float) -> None:
        if response.code == 100 or self.state is not SessionState.EARLY:
            return
        if response.to_tag and response.to_tag not in self._early:
            self._early[response.to_tag] = response
            self._host.add_dialog(self, self._early_key(response.to_tag))
        sdp = sdp_told(response)
        rseq = self._provisionals.to_acknowledge(response)
        if rseq is not None:
            try:
                early = self._dialog_of(response)
            except RemoteProtocolError:
                return
            rack = f"{rseq} {response.required('cseq')}"
            prack = self._build_early(early, "PRACK", headers=(("RAck", rack),))
            self._send(prack, now, WHATEVER, early, self._take_cseq)
            if sdp:
                self._answered_early = True
                self.remote_sdp = sdp
        if response.code == 180 or sdp:
            self._alerted = True
        if not self._given_up:
            self._host.report(SessionRinging(self, response.code, sdp or None))

    def _take_cseq(self) -> int:
        self._cseq += 1
        return self._cseq

    def _build_early(
        self,
        early: Dialog,
        method: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
    ) -> OutgoingRequest:
        return early.build(method, headers=headers, cseq=self._take_cseq())

    # Inside a dialog that is early still.

    def handle_request(self, transaction: ServerTransaction, now: float) -> None:
        """Take a request inside the dialog; of a phone that rings, what may come from it."""
        request = transaction.request
        if self.state is not SessionState.EARLY:
            super().handle_request(transaction, now)
        elif request.method == "BYE":
            # RFC 3261 15: not for the callee. The INVITE still gets its final response.
            transaction.respond(200, now, headers=(self._host.identity,))
        else:
            response = self._early[request.from_tag]
            if self._dialog is None or self._dialog.remote_tag != request.from_tag:
                self._dialog = self._dialog_of(response)
                self._dialog.local_cseq = self._cseq
            super().handle_request(transaction, now)

    def _dialog_for(self, method: str) -> Dialog:
        if self.state is SessionState.EARLY and method == "UPDATE" and self._early:
            if not self._answered_early:
                raise LocalProtocolError("our offer has not been answered reliably")
            if self._dialog is None:
                self._dialog = self._dialog_of(next(reversed(self._early.values())))
            self._cseq += 1
            self._dialog.local_cseq = self._cseq - 1
            return self._dialog
        return super()._dialog_for(method)

    def _offer_under_way(self) -> int:
        if self.state is SessionState.EARLY and not self._answered_early:
            return 491  # RFC 3311 5.2: the offer in our INVITE is open
        return super()._offer_under_way()

    def _early_key(self, tag: str) -> DialogKey:
        return self.sip_call_id, self._local_tag, tag

    def _early_over(self) -> None:
        for tag in self._early:
            self._host.remove_dialog(self._early_key(tag))
        self._early.clear()
        if self.state is SessionState.EARLY:
            self._dialog = None

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
        credentials = credentials_of(self._request) if self.digest is not None else ()
        ack = dialog.build("ACK", cseq=dialog.local_cseq, headers=credentials)
        self._acks[response.to_tag] = self._host.layer.send_ack(ack, now), ack.peer
        dialog.local_cseq = self._cseq
        if self.state is not SessionState.EARLY or self._given_up:
            # A fork that answered too late (13.2.2.4), or a 2xx that crossed our CANCEL.
            self._send(dialog.build("BYE"), now, WHATEVER, dialog)
            if self.state is SessionState.EARLY:
                self._leave()
            return
        early = self._dialog
        if early is not None and early.remote_tag == dialog.remote_tag:
            dialog.remote_cseq = early.remote_cseq
        self._early_over()
        self._dialog = dialog
        self._host.add_dialog(self, dialog.key)
        self.state = SessionState.CONFIRMED
        sdp = sdp_told(response)
        self.remote_sdp = sdp or self.remote_sdp
        agreed = agreed_by(response, self._host.session_timer)
        if agreed is not None:
            self._keep_time(agreed, response, now)
        self._host.report(SessionAnswered(self, sdp or None))

    def _handle_failure(self, why: str, now: float) -> None:
        if self.state is SessionState.EARLY:
            if why == "transport" and (self._goes_back_to_udp(now) or self._go_otherwise(now)):
                return
            code, phrase = _FAILURES[why]
            self._fail(code, phrase, why)

    def _leave(self) -> None:
        self._early_over()
        super()._leave()

    def _fail(
        self, code: int, phrase: str, why: str, response: IncomingResponse | None = None
    ) -> None:
        if self._impatience is not None:
            self._impatience.cancel()
        self._leave()
        if not self._given_up:
            failed = SessionFailed(self, code, phrase, why, response, self._alerted)
            self._host.report(failed)

    def _dialog_of(self, response: IncomingResponse) -> Dialog:
        return Dialog.of_response(
            self._request,
            response,
            self._local_tag,
            self._request.header("Contact"),
            follow_contact=self._follow_contact,
            way=self._host.layer.way,
        )
