"""An INVITE session of either side, and how it is changed and kept alive.

Re-INVITE (RFC 3261 14) and UPDATE (RFC 3311), of which one at a time may be under way, and
the session timer that sends them (RFC 4028).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from switch.errors import LocalProtocolError, RemoteProtocolError
from switch.sip.capabilities import ACCEPT, ALLOW, SDP, SUPPORTED
from switch.sip.credentials import credentials_of
from switch.sip.dialog import Dialog
from switch.sip.events import ReinviteAnswered, ReinviteFailed, ReinviteReceived
from switch.sip.incoming import IncomingMessage, IncomingResponse
from switch.sip.invite_usage import KNOWS_NOTHING, InviteUsage, SessionState
from switch.sip.reliable_provisional import ReliableReceiver
from switch.sip.server_transaction import ServerTransaction
from switch.sip.session_body import sdp_of, sdp_told
from switch.sip.session_host import WHATEVER, Outcome, SessionHost
from switch.sip.session_timer import (
    Agreed,
    SessionTimer,
    agree,
    agreed_by,
    asked_again,
    is_too_small,
    least_of,
)
from switch.sip.timers import Alarm

if TYPE_CHECKING:
    from switch.sip.requests import OutgoingRequest

_UNKNOWN_METHOD = (405, 501)
_EXPIRED = 'SIP;cause=408;text="Session expired"'


@dataclass(slots=True)
class _Change:
    """A re-INVITE or UPDATE of ours."""

    method: str
    sdp: bytes
    credentials: Sequence[tuple[str, str]] = ()
    """In it as it went out last, for the ACK of its 2xx (RFC 3261 22.1)."""
    provisionals: ReliableReceiver = field(default_factory=ReliableReceiver)

    def note(self, request: OutgoingRequest) -> None:
        """It goes out to a peer that may challenge it; perhaps again, with credentials."""
        self.credentials = credentials_of(request)
        self.provisionals = ReliableReceiver()


class InviteSession(InviteUsage):
    """A session that can be changed."""

    def __init__(self, host: SessionHost, sip_call_id: str, owner: object = None) -> None:
        super().__init__(host, sip_call_id, owner)
        self.local_sdp = b""
        """What we described last, so that a refresh can say it again."""
        self._change_in: ServerTransaction | None = None
        """The peer's offer that we have not answered."""
        self._change_out: _Change | None = None
        self._again: Alarm | None = None
        self._timer: SessionTimer | None = None
        self._takes_update = False
        """The peer has said that it takes UPDATE; known once there is a timer."""

    # What must survive a restart (`restored_session.py`).

    @property
    def confirmed_dialog(self) -> Dialog | None:
        """The dialog, while the session is confirmed."""
        return self._dialog if self.state is SessionState.CONFIRMED else None

    @property
    def agreed_timer(self) -> Agreed | None:
        """What the session timer was agreed to be, if there is one."""
        return None if self._timer is None else self._timer.agreed

    @property
    def takes_update(self) -> bool:
        """Whether refreshes go by UPDATE."""
        return self._takes_update

    # The user.

    def reinvite(self, sdp: bytes, now: float) -> None:
        """Offer other media; `ReinviteAnswered` or `ReinviteFailed` follows."""
        self._change("INVITE", sdp, now)

    def update(self, sdp: bytes, now: float) -> None:
        """The same by UPDATE, also before the call is answered; without SDP it only refreshes."""
        self._change("UPDATE", sdp, now)

    def accept_reinvite(self, sdp: bytes, now: float) -> None:
        """Answer the peer's re-INVITE or UPDATE; `sdp` is our offer when it had none."""
        transaction = self._take_change(now)
        if transaction is None:
            return
        assert self._dialog is not None
        self._dialog.refresh_target(transaction.request)
        if transaction.is_invite:
            self._send_success(transaction, sdp, now)
        else:
            self._accept_update(transaction, sdp, now)

    def reject_reinvite(
        self, code: int, now: float, headers: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Refuse it; the session stays as it was."""
        transaction = self._take_change(now)
        if transaction is not None:
            transaction.respond(code, now, headers=(*headers, self._host.identity))

    # The peer's re-INVITE and UPDATE.

    def _handle_reinvite(self, transaction: ServerTransaction, now: float) -> None:
        """RFC 3261 14.2."""
        if self.state is SessionState.ENDED:
            transaction.respond(481, now)
            return
        if self.state is SessionState.EARLY:
            self._refuse_for_now(transaction, 500, now)
            return
        sdp = self._screen_change(transaction, self._offer_under_way(), now)
        if sdp is not None:
            self._stop_repeating()
            self._ask_user(transaction, sdp)

    def _handle_update(self, transaction: ServerTransaction, now: float) -> None:
        """RFC 3311 5.2."""
        if self.state is SessionState.ENDED:
            transaction.respond(481, now)
            return
        under_way = self._offer_under_way()
        if under_way == 491 and not sdp_told(transaction.request):
            under_way = 0
        sdp = self._screen_change(transaction, under_way, now)
        if sdp:
            self._ask_user(transaction, sdp)
        elif sdp is not None:
            assert self._dialog is not None
            self._dialog.refresh_target(transaction.request)
            self._accept_update(transaction, b"", now)

    def _screen_change(
        self, transaction: ServerTransaction, under_way: int, now: float
    ) -> bytes | None:
        """Return the offer, empty for none; None when the request has been refused."""
        request = transaction.request
        if under_way:
            self._refuse_for_now(transaction, under_way, now)
            return None
        settings = self._host.session_timer
        try:
            sdp = sdp_of(request)
            if is_too_small(request, settings):
                least = ("Min-SE", str(settings.minimum_seconds))
                transaction.respond(422, now, headers=(least, self._host.identity))
                return None
        except RemoteProtocolError as error:
            accept = (ACCEPT,) if error.status_hint == 415 else ()
            transaction.respond(error.status_hint, now, headers=(*accept, self._host.identity))
            return None
        return sdp or b""

    def _refuse_for_now(self, transaction: ServerTransaction, code: int, now: float) -> None:
        headers = [self._host.identity]
        if code == 500:
            headers.append(("Retry-After", str(self._host.ids.below(10))))
        transaction.respond(code, now, headers=headers)

    def _offer_under_way(self) -> int:
        """Return the status that refuses another offer: 491 while ours is open, 500 while the
        peer's is; 0 when there is none."""
        if self._change_in is not None:
            return 500
        ours_is_open = self._success is not None and self._offered_in_success
        return 491 if self._change_out is not None or ours_is_open else 0

    def _ask_user(self, transaction: ServerTransaction, sdp: bytes) -> None:
        self._change_in = transaction
        if sdp:
            self.remote_sdp = sdp
        self._host.report(ReinviteReceived(self, sdp or None))

    def _accept_update(self, transaction: ServerTransaction, sdp: bytes, now: float) -> None:
        assert self._dialog is not None
        headers = [("Contact", self._dialog.contact), ALLOW, SUPPORTED, self._host.identity]
        if self.state is SessionState.CONFIRMED and transaction.request.method == "UPDATE":
            headers += self._agree(transaction, now)
        if sdp:
            self.local_sdp = sdp
        transaction.respond(200, now, headers=headers, body=sdp, content_type=SDP)

    def _take_change(self, now: float) -> ServerTransaction | None:
        """Return the pending request; None when the session ended meanwhile."""
        transaction, self._change_in = self._change_in, None
        if transaction is not None and self.state is SessionState.ENDED:
            transaction.respond(481, now)
            return None
        return transaction

    # Our re-INVITE and UPDATE.

    def _change(self, method: str, sdp: bytes, now: float, least_seconds: int = 0) -> None:
        dialog = self._dialog_for(method)
        if self._change_out is not None or self._change_in is not None:
            raise LocalProtocolError("a re-INVITE is under way")
        headers = [ALLOW, SUPPORTED, *self._timer_headers(least_seconds)]
        request = dialog.build(method, headers=headers, body=sdp, content_type=SDP)
        change = self._change_out = _Change(method, sdp)
        outcome = Outcome(
            lambda response, at: self._change_answered(change, response, at),
            self._change_lost,
        )
        self._send(request, now, outcome, dialog, sent=change.note)

    def _dialog_for(self, method: str) -> Dialog:
        """Return the dialog in which to send it.

        Raises:
            LocalProtocolError: the session cannot be changed now.
        """
        if method == "UPDATE" and self.state is SessionState.EARLY and self._dialog is not None:
            return self._dialog
        return self._confirmed_dialog()

    def _change_answered(self, change: _Change, response: IncomingResponse, now: float) -> None:
        if response.code < 200:
            self._acknowledge_provisional(change, response, now)
            return
        code, method, sdp = response.code, change.method, change.sdp
        is_news = self._change_out is change
        if is_news:
            self._change_out = None
        if code < 300:
            if method == "INVITE":
                assert self._dialog is not None
                credentials = change.credentials
                ack = self._dialog.build("ACK", cseq=response.cseq_number, headers=credentials)
                self._host.layer.send_ack(ack, now)
            if is_news and self.state is not SessionState.ENDED:
                self._changed(sdp, response, now)
        elif self.state is SessionState.ENDED:
            return
        elif code == 491:
            # RFC 3261 14.1: the owner of the Call-ID waits longer, so that one is first.
            tenths = self._host.ids.below(200)
            wait = tenths / 100 if self.is_uas else 2.1 + tenths * 1.9 / 200
            self._try_again_at(now + wait, method, sdp)
        elif code in KNOWS_NOTHING:
            self._over(by_remote=True, why="gone", now=now)
        elif code == 422 and least_of(response) and self._timer is not None:
            self._change(method, sdp, now, least_of(response))
        elif code in _UNKNOWN_METHOD and method == "UPDATE" and not sdp:
            self._takes_update = False
            self._refresh(now)
        else:
            self._host.report(ReinviteFailed(self, code))

    def _acknowledge_provisional(
        self, change: _Change, response: IncomingResponse, now: float
    ) -> None:
        """RFC 3262 4: a re-INVITE may be answered reliably before its answer, as an INVITE is."""
        rseq = change.provisionals.to_acknowledge(response)
        if rseq is None or self._dialog is None or self.state is SessionState.ENDED:
            return
        rack = ("RAck", f"{rseq} {response.required('cseq')}")
        self._send(self._dialog.build("PRACK", headers=(rack,)), now, WHATEVER)

    def _changed(self, sdp: bytes, response: IncomingResponse, now: float) -> None:
        assert self._dialog is not None
        self._dialog.refresh_target(response)
        self.local_sdp = sdp or self.local_sdp
        answer = sdp_told(response)
        self.remote_sdp = answer or self.remote_sdp
        agreed = agreed_by(response, self._host.session_timer)
        if agreed is not None:
            self._keep_time(agreed, response, now)
        elif self._timer is not None and self._timer.agreed.ours:
            self._timer.restart(self._timer.agreed, now)
        self._host.report(ReinviteAnswered(self, sdp, answer or None))

    def _change_lost(self, why: str, now: float) -> None:
        self._change_out = None
        if self.state is not SessionState.EARLY:
            self._over(by_remote=True, why="gone" if why == "transport" else "timeout", now=now)

    def _try_again_at(self, at: float, method: str, sdp: bytes) -> None:
        self._again = self._host.layer.alarms.schedule(
            at, lambda now: self._try_again(method, sdp, now)
        )

    def _try_again(self, method: str, sdp: bytes, now: float) -> None:
        self._again = None
        if self._change_in is not None:
            self._host.report(ReinviteFailed(self, 491))
        elif self._change_out is None:
            self._change(method, sdp, now)

    # The session timer.

    def _agree(self, transaction: ServerTransaction, now: float) -> Sequence[tuple[str, str]]:
        """Return the headers of our 2xx that say which timer it agrees to, and start that."""
        request = transaction.request
        agreed, headers = agree(request, self._host.session_timer)
        if agreed is not None:
            self._keep_time(agreed, request, now)
        elif self._timer is not None:
            if self._timer.agreed.ours:
                self._timer.restart(self._timer.agreed, now)
            else:
                self._timer.stop()
        return headers

    def _keep_time(self, agreed: Agreed, told: IncomingMessage, now: float) -> None:
        """Start the timer, or start it again; `told` says what the peer allows."""
        if self._timer is None:
            self._takes_update = "UPDATE" in told.header_values("allow")
            alarms = self._host.layer.alarms
            self._timer = SessionTimer(alarms, agreed, self._refresh, self._expired, now)
        else:
            self._timer.restart(agreed, now)

    def _timer_headers(self, least_seconds: int) -> Sequence[tuple[str, str]]:
        if self._timer is None or self.state is SessionState.EARLY:
            return ()
        agreed = self._timer.agreed
        if not least_seconds:
            return asked_again(agreed)
        longer = Agreed(max(agreed.seconds, least_seconds), agreed.ours)
        return [*asked_again(longer), ("Min-SE", str(least_seconds))]

    def _refresh(self, now: float) -> None:
        """Nothing while another change is under way: that refreshes too."""
        if self.state is not SessionState.CONFIRMED:
            return
        if self._change_out is not None or self._change_in is not None:
            return
        if self._takes_update:
            self._change("UPDATE", b"", now)
        else:
            self._change("INVITE", self.local_sdp, now)

    def _expired(self, now: float) -> None:
        """RFC 4028 10: whoever was not refreshed in time sends BYE."""
        if self.state is SessionState.CONFIRMED:
            self._send_bye(now, _EXPIRED, why="expired")

    def _send_success(
        self,
        transaction: ServerTransaction,
        sdp: bytes,
        now: float,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.local_sdp = sdp or self.local_sdp
        super()._send_success(transaction, sdp, now, (*headers, *self._agree(transaction, now)))

    def _leave(self) -> None:
        if self._again is not None:
            self._again.cancel()
            self._again = None
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        super()._leave()
