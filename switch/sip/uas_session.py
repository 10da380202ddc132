"""A session that the peer began: RFC 3261 13.3."""

from __future__ import annotations

from collections.abc import Sequence

from switch.errors import LocalProtocolError
from switch.sip.access import Caller
from switch.sip.dialog import Dialog
from switch.sip.events import SessionCancelled
from switch.sip.incoming import IncomingRequest
from switch.sip.invite_server_transaction import InviteServerTransaction
from switch.sip.invite_session import InviteSession
from switch.sip.invite_usage import SessionState, sdp_of
from switch.sip.reliable_provisional import OPTION, acknowledges
from switch.sip.repeater import Repeater
from switch.sip.server_transaction import ServerTransaction
from switch.sip.session_host import SessionHost


class UasSession(InviteSession):
    """An INVITE that came, and the session it becomes."""

    def __init__(
        self,
        host: SessionHost,
        transaction: ServerTransaction,
        admitted_as: Caller,
        contact: str,
        *,
        follow_contact: bool,
    ) -> None:
        """Take an INVITE.

        Raises:
            RemoteProtocolError: its Contact or its body cannot be used.
        """
        request = transaction.request
        super().__init__(host, request.call_id)
        self.request: IncomingRequest = request
        self.remote_sdp = sdp_of(request)
        self.admitted_as = admitted_as
        assert isinstance(transaction, InviteServerTransaction)
        self._transaction = transaction
        self._dialog: Dialog = Dialog.of_request(
            request, host.ids.tag(), contact, follow_contact=follow_contact
        )
        transaction.to_tag = self._dialog.local_tag
        self._provisional: Repeater | None = None
        """Repeats our reliable provisional response."""
        self._rseq = 0

    @property
    def is_uas(self) -> bool:
        return True

    @property
    def dialog(self) -> Dialog:
        """The dialog, early until we answer."""
        return self._dialog

    # The user.

    def ring(self, now: float, code: int = 180) -> None:
        self._require_early()
        headers = [("Contact", self._dialog.contact), self._host.identity]
        supports = OPTION in self.request.supported or OPTION in self.request.require
        reliable = supports and self._provisional is None
        if reliable:
            # RFC 3262 3: at random below 2**31, then one more each time.
            self._rseq = self._rseq + 1 or 1
            headers += [("Require", OPTION), ("RSeq", str(self._rseq))]
        self._transaction.respond(code, now, to_tag=self._dialog.local_tag, headers=headers)
        if reliable:
            layer = self._host.layer
            again = self._transaction.send_provisional_again
            self._provisional = Repeater(layer.alarms, layer.timers, again, self._no_prack, now)

    def answer(self, sdp: bytes, now: float) -> None:
        self._require_early()
        self._stop_provisional()
        self.state = SessionState.ANSWERED
        self._send_success(self._transaction, sdp, now)

    def reject(
        self,
        code: int,
        now: float,
        phrase: str = "",
        headers: Sequence[tuple[str, str]] = (),
        reason: str = "",
    ) -> None:
        self._require_early()
        listed = [*headers, self._host.identity]
        if reason:
            listed.append(("Reason", reason))
        self._transaction.respond(code, now, phrase, to_tag=self._dialog.local_tag, headers=listed)
        self._leave()

    def end(self, now: float, reason: str = "") -> None:
        if self.state is SessionState.EARLY:
            self.reject(480, now, reason=reason)
        else:
            super().end(now, reason)

    # What comes from the peer.

    def handle_cancel(self, now: float) -> None:
        """RFC 3261 9.2: 487 if there is no final response yet, else nothing."""
        if self.state is SessionState.EARLY:
            self._transaction.respond(487, now, to_tag=self._dialog.local_tag)
            self._leave()
            self._host.report(SessionCancelled(self))

    def _handle_bye(self, transaction: ServerTransaction, now: float) -> None:
        early = self.state is SessionState.EARLY
        super()._handle_bye(transaction, now)
        if early:
            # RFC 3261 15.1.2: pending requests of the dialog get 487.
            self._transaction.respond(487, now, to_tag=self._dialog.local_tag)
            self._host.report(SessionCancelled(self))

    def _handle_prack(self, transaction: ServerTransaction, now: float) -> None:
        """RFC 3262 3: also when we have answered meanwhile, or it comes once more."""
        cseq = self.request.cseq_number
        if not self._rseq or not acknowledges(transaction.request, self._rseq, cseq):
            transaction.respond(481, now)
            return
        self._stop_provisional()
        transaction.respond(200, now, headers=(self._host.identity,))

    def _no_prack(self, now: float) -> None:
        """RFC 3262 3: "the UAS SHOULD reject the original request with a 5xx response"."""
        self._provisional = None
        if self.state is SessionState.EARLY:
            self.reject(504, now, "No PRACK")
            self._host.report(SessionCancelled(self))

    def _over(self, *, by_remote: bool, why: str, now: float) -> None:
        super()._over(by_remote=by_remote, why=why, now=now)
        self._transaction.context = None
        self.request.let_go()

    def _stop_provisional(self) -> None:
        if self._provisional is not None:
            self._provisional.stop()
            self._provisional = None

    def _leave(self) -> None:
        self._stop_provisional()
        super()._leave()

    def _require_early(self) -> None:
        if self.state is not SessionState.EARLY:
            raise LocalProtocolError(f"the session is {self.state.value}, not to be answered")
