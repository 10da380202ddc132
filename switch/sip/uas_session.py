"""A session that the peer began: RFC 3261 13.3."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from switch.errors import LocalProtocolError
from switch.sip.access import Caller
from switch.sip.capabilities import ALLOW, SDP
from switch.sip.dialog import Dialog
from switch.sip.events import EarlyAnswerReceived, SessionCancelled
from switch.sip.incoming import IncomingRequest
from switch.sip.invite_server_transaction import InviteServerTransaction
from switch.sip.invite_session import InviteSession
from switch.sip.invite_usage import SessionState
from switch.sip.reliable_provisional import OPTION, acknowledges
from switch.sip.repeater import Repeater
from switch.sip.server_transaction import ServerTransaction
from switch.sip.session_body import sdp_of
from switch.sip.session_host import SessionHost
from switch.sip.timers import Alarm

_REMIND_SECONDS = 60.0
"""RFC 3261 13.3.1.1: every minute, or proxies on the way end the call after three."""


class _Early(Enum):
    """How our description reached the caller before the answer."""

    NONE = auto()
    UNRELIABLE = auto()
    RELIABLE = auto()


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
        self._offers_late = self.remote_sdp is None
        self.admitted_as = admitted_as
        assert isinstance(transaction, InviteServerTransaction)
        self._transaction = transaction
        self._dialog: Dialog = Dialog.of_request(
            request,
            host.ids.tag(),
            contact,
            follow_contact=follow_contact,
            way=host.layer.way,
        )
        transaction.to_tag = self._dialog.local_tag
        self._provisional: Repeater | None = None
        """Repeats our reliable provisional response."""
        self._reminder: Alarm | None = None
        """Has the proxies on the way hear that we are still there."""
        self._rseq = 0
        self._described_in_provisional = False
        """The reliable one that was sent last has a description."""
        self._early_sdp = _Early.NONE
        self._next_ring: tuple[int, bytes] | None = None
        self._answer_after_prack: bytes | None = None

    @property
    def is_uas(self) -> bool:
        return True

    @property
    def dialog(self) -> Dialog:
        """The dialog, early until we answer."""
        return self._dialog

    # The user.

    def ring(self, now: float, code: int = 180, sdp: bytes = b"") -> None:
        self._require_early()
        if self._provisional is not None:
            # RFC 3262 3: the second goes out when the first has been acknowledged.
            self._next_ring = code, sdp
            return
        insists = OPTION in self.request.require
        supports = insists or OPTION in self.request.supported
        if not sdp and self._offers_late:
            # RFC 3262 5: the first reliable one answers an INVITE without offer with an offer.
            if insists and not self.local_sdp:
                return
            supports = supports and bool(self.local_sdp)
        headers = [("Contact", self._dialog.contact), ALLOW, self._host.identity]
        if supports:
            # RFC 3262 3: at random below 2**31, then one more each time.
            self._rseq = self._rseq + 1 or 1
            headers += [("Require", OPTION), ("RSeq", str(self._rseq))]
        if sdp:
            self.local_sdp = sdp
            self._early_sdp = _Early.RELIABLE if supports else _Early.UNRELIABLE
        self._transaction.respond(
            code,
            now,
            to_tag=self._dialog.local_tag,
            headers=headers,
            body=sdp,
            content_type=SDP,
        )
        self._remind(code, now)
        if supports:
            layer = self._host.layer
            again = self._transaction.send_provisional_again
            self._provisional = Repeater(layer.alarms, layer.timers, again, self._no_prack, now)
            self._described_in_provisional = bool(sdp)

    def answer(self, sdp: bytes, now: float) -> None:
        self._require_early()
        if self._provisional is not None and self._described_in_provisional:
            # RFC 3262 3: no 2xx before the PRACK of what has a description.
            self._answer_after_prack = sdp
            return
        self._stop_provisional()
        self._stop_reminding()
        self.state = SessionState.ANSWERED
        settled = self._early_sdp is _Early.RELIABLE and sdp == self.local_sdp
        self._send_success(self._transaction, b"" if settled else sdp, now)

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

    def handle_cancel(self, request: IncomingRequest, now: float) -> None:
        """RFC 3261 9.2: 487 if there is no final response yet, else nothing."""
        if self.state is SessionState.EARLY:
            self._transaction.respond(487, now, to_tag=self._dialog.local_tag)
            self._leave()
            self._host.report(SessionCancelled(self, request.reason))

    def _handle_bye(self, transaction: ServerTransaction, now: float) -> None:
        early = self.state is SessionState.EARLY
        reason = transaction.request.reason if early else ""
        if early:
            # RFC 3261 15.1.2: pending requests of the dialog get 487.
            self._transaction.respond(487, now, to_tag=self._dialog.local_tag)
        super()._handle_bye(transaction, now)
        if early:
            self._host.report(SessionCancelled(self, reason))

    def _handle_prack(self, transaction: ServerTransaction, now: float) -> None:
        """RFC 3262 3: also when we have answered meanwhile, or it comes once more."""
        request, cseq = transaction.request, self.request.cseq_number
        if not self._rseq or not acknowledges(request, self._rseq, cseq):
            transaction.respond(481, now)
            return
        first = self._provisional is not None
        self._stop_provisional()
        sdp = self._screen_change(transaction, 0, now)
        if sdp is None:
            return
        offered = self._described_in_provisional and self._offers_late
        if sdp and first and not offered:
            # RFC 3262 5: the answer went out, so this is another offer.
            self._ask_user(transaction, sdp)
        else:
            transaction.respond(200, now, headers=(self._host.identity,))
            if sdp and first:
                self.remote_sdp = sdp
                self._host.report(EarlyAnswerReceived(self, sdp))
        if first:
            self._go_on(now)

    def _go_on(self, now: float) -> None:
        """Do what had to wait for the PRACK."""
        ring, self._next_ring = self._next_ring, None
        answer, self._answer_after_prack = self._answer_after_prack, None
        if self.state is not SessionState.EARLY:
            return
        if answer is not None:
            self.answer(answer, now)
        elif ring is not None:
            self.ring(now, *ring)

    def _offer_under_way(self) -> int:
        if self.state is SessionState.EARLY and self._change_in is None:
            waits = self._provisional is not None and self._described_in_provisional
            if self._offers_late:
                return 491 if waits else 0
            return 500 if waits or self._early_sdp is not _Early.RELIABLE else 0
        return super()._offer_under_way()

    def _no_prack(self, now: float) -> None:
        """RFC 3262 3: "the UAS SHOULD reject the original request with a 5xx response"."""
        self._provisional = None
        if self.state is SessionState.EARLY:
            self.reject(504, now, "No PRACK")
            self._host.report(SessionCancelled(self))

    def _over(self, *, by_remote: bool, why: str, now: float, reason: str = "") -> None:
        super()._over(by_remote=by_remote, why=why, now=now, reason=reason)
        self._transaction.context = None
        self.request.let_go()

    def _stop_provisional(self) -> None:
        if self._provisional is not None:
            self._provisional.stop()
            self._provisional = None

    def _remind(self, code: int, now: float) -> None:
        self._stop_reminding()
        alarms = self._host.layer.alarms
        self._reminder = alarms.schedule(now + _REMIND_SECONDS, lambda at: self.ring(at, code))

    def _stop_reminding(self) -> None:
        if self._reminder is not None:
            self._reminder.cancel()
            self._reminder = None

    def _leave(self) -> None:
        self._stop_provisional()
        self._stop_reminding()
        super()._leave()

    def _require_early(self) -> None:
        if self.state is not SessionState.EARLY:
            raise LocalProtocolError(f"the session is {self.state.value}, not to be answered")
