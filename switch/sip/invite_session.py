"""An INVITE session of either side, and how it is changed: re-INVITE (RFC 3261 14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from switch.errors import LocalProtocolError, RemoteProtocolError
from switch.sip.capabilities import ALLOW, SDP, SUPPORTED
from switch.sip.events import ReinviteAnswered, ReinviteFailed, ReinviteReceived
from switch.sip.incoming import IncomingResponse
from switch.sip.invite_usage import KNOWS_NOTHING, InviteUsage, SessionState, sdp_of
from switch.sip.server_transaction import ServerTransaction
from switch.sip.session_host import Outcome, SessionHost
from switch.sip.timers import Alarm

if TYPE_CHECKING:
    from switch.sip.client_transaction import ClientTransaction


class InviteSession(InviteUsage):
    """A session that can be changed."""

    def __init__(self, host: SessionHost, sip_call_id: str, owner: object = None) -> None:
        super().__init__(host, sip_call_id, owner)
        self._reinvite_in: ServerTransaction | None = None
        self._reinvite_out: ClientTransaction | None = None
        self._reinvite_again: Alarm | None = None

    # The user.

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

    # The peer's re-INVITE.

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

    def _take_reinvite(self, now: float) -> ServerTransaction | None:
        """Return the pending re-INVITE; None when the session ended meanwhile."""
        transaction, self._reinvite_in = self._reinvite_in, None
        if transaction is not None and self.state is SessionState.ENDED:
            transaction.respond(481, now)
            return None
        return transaction

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
        elif response.code in KNOWS_NOTHING:
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

    def _leave(self) -> None:
        if self._reinvite_again is not None:
            self._reinvite_again.cancel()
        super()._leave()
