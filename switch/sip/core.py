"""The SIP endpoint: transactions, dialogs, sessions and registrations behind one facade.

A `SipCore` has three drivers, and does nothing but when one of them calls:

* the network: `receive`, `transport_failed`; what is to be sent is fetched with
  `datagrams_to_send`;
* the timer: `handle_timer`, at `next_deadline`;
* the user: `invite` and the methods of the sessions; what happened is fetched with
  `next_event`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from switch.errors import RemoteProtocolError
from switch.ids import Ids
from switch.sip.access import Access, Trunk
from switch.sip.capabilities import (
    ACCEPT,
    ALLOW,
    EXTENSIONS,
    SUPPORTED,
    refusal_of_method,
    takes_sdp,
)
from switch.sip.client_transaction import ClientTransaction
from switch.sip.core_settings import CoreSettings
from switch.sip.credentials import DigestClient
from switch.sip.dialog import DialogKey
from switch.sip.digest import Authenticator
from switch.sip.doorkeeper import Doorkeeper
from switch.sip.events import IncomingInvite, SipEvent
from switch.sip.incoming import IncomingRequest, IncomingResponse
from switch.sip.invite_session import InviteSession
from switch.sip.overload import OverloadControl
from switch.sip.own_address import OwnAddresses
from switch.sip.peer import Peer, Way
from switch.sip.qualifier import Qualifier
from switch.sip.referral import Replaces
from switch.sip.registrar import Registrar
from switch.sip.registration_desk import RegistrationDesk
from switch.sip.reply import Reply
from switch.sip.requests import MOST_HOPS, build_invite, name_address
from switch.sip.restored_session import RestoredSession, SessionMemory
from switch.sip.server_transaction import ServerTransaction
from switch.sip.session_host import Outcome
from switch.sip.session_timer import is_too_small
from switch.sip.transaction_table import TransactionLayer
from switch.sip.uac_session import UacSession
from switch.sip.uas_session import UasSession


class SipCore:
    """All of SIP, without a socket and without a clock."""

    def __init__(self, settings: CoreSettings, access: Access, ids: Ids) -> None:
        self.draining = False
        """OPTIONS is answered 503 meanwhile, so that proxies send calls elsewhere."""
        self.digests: Mapping[str, DigestClient] = {}
        """Trunk -> what answers its challenges."""
        self.ids = ids
        self.identity = ("Server", settings.user_agent)
        self.session_timer = settings.session_timer
        self._settings = settings
        self._access = access
        self._output: list[tuple[bytes, Peer]] = []
        self._events: deque[SipEvent] = deque()
        self._dialogs: dict[DialogKey, InviteSession] = {}
        self._calls: set[str] = set()
        """The Call-IDs of all sessions."""
        self._invites: dict[tuple[str, str, int], UasSession] = {}
        """Call-ID, From tag and CSeq of the INVITEs that are or have become sessions."""
        self.addresses = OwnAddresses(settings.advertised_address)
        self.layer = TransactionLayer(
            lambda data, peer: self._output.append((data, peer)),
            self,
            ids,
            self.addresses.sent_by,
            settings.timers,
        )
        secret = bytes.fromhex(ids.nonce())
        self.desk = RegistrationDesk(
            Registrar(self.layer.alarms, settings.expiry),
            Authenticator(settings.realm, settings.accounts, secret, settings.digest),
            self.report,
            ids,
            self.identity,
            settings.keep_alive_seconds,
            settings.bans,
        )
        self.registrar = self.desk.registrar
        qualifier = Qualifier(
            self.layer,
            self.registrar,
            self.addresses,
            ids,
            self.report,
            self.desk.drop,
            settings.qualify,
        )
        self.desk.on_bound = qualifier.watch
        self.registrar.on_restored = qualifier.watch_restored
        self.overload = OverloadControl(settings.overload)
        self.door = Doorkeeper(
            settings.strangers,
            access,
            self.registrar,
            self.desk,
            self.overload,
            self.report,
            self._calls,
            has_accounts=bool(settings.accounts),
        )

    # Driven by the network.

    def receive(self, data: bytes, peer: Peer, now: float) -> None:
        """Take one datagram, or one message of a stream. Never raises for what it holds."""
        if not self.door.hears(data, peer, now):
            return
        overload = self.overload
        if overload.has_refused:
            answer = overload.answer_again((peer.remote, data), now)
            if answer is not None:
                self.layer.retransmissions["in"] += 1
                self._output.append(answer)
                return
        refused = overload.refused
        self.layer.receive_datagram(data, peer, now)
        if overload.refused != refused and not peer.reliable:
            overload.remember((peer.remote, data), self._output[-1], now)

    def transport_failed(self, peer: Peer, now: float) -> None:
        """Learn that this peer cannot be reached; on a connection, that it is gone."""
        self.layer.transport_failed(peer, now)
        if peer.reliable:
            self.desk.forget_source(peer)

    def datagrams_to_send(self) -> Sequence[tuple[bytes, Peer]]:
        """Return what is to be sent, in order, once."""
        if not self._output:
            return []
        output, self._output = self._output, []
        return output

    # Driven by the timer.

    def handle_timer(self, now: float) -> None:
        """Do what is due."""
        self.layer.handle_timer(now)

    def next_deadline(self) -> float | None:
        """Return when `handle_timer` is next needed; None while nothing waits."""
        return self.layer.next_deadline()

    # Driven by the user.

    def next_event(self) -> SipEvent | None:
        """Return what happened next, once."""
        return self._events.popleft() if self._events else None

    def invite(
        self,
        *,
        target: str,
        peer: Peer,
        from_uri: str,
        sdp: bytes,
        now: float,
        from_display: str = "",
        to_uri: str = "",
        headers: Sequence[tuple[str, str]] = (),
        owner: object = None,
        digest: DigestClient | None = None,
        max_forwards: int = MOST_HOPS,
        path: Sequence[str] = (),
        otherwise: Sequence[Way] = (),
        follow_contact: bool = False,
        patience_seconds: float | None = None,
    ) -> InviteSession:
        """Call someone.

        Args:
            target: the Request-URI. Headers in it are left out (RFC 3261 19.1.5).
            peer: where to send it.
            sdp: our offer.
            digest: answers challenges to it, and to what follows inside the dialog.
            max_forwards: one less than the caller's, for a call on behalf of a caller, so
                that a call which comes back to us ends some time (RFC 7332 4).
            path: proxies to pass, the first of them at `peer`.
            otherwise: other ways to the same party, for when this one turns out to be gone.
            follow_contact: send what follows to the peer's contact, not to the peer.
            patience_seconds: how long the peer may say nothing at all; then the session fails
                with 408. None: as long as timer B.
        """
        tag = self.ids.tag()
        call_id = self.ids.sip_call_id()
        if digest is not None:
            headers = [*headers, *digest.headers("INVITE", target, self.ids.nonce())]
        requests = [
            build_invite(
                way.target.partition("?")[0],
                way.peer,
                identity=("User-Agent", self._settings.user_agent),
                from_address=name_address(from_display, from_uri, tag),
                to_uri=to_uri or target.partition("?")[0],
                call_id=call_id,
                contact=self.addresses.contact(way.peer, secure=way.target.startswith("sips:")),
                headers=(
                    *(("Route", proxy) for proxy in way.path),
                    *self.session_timer.asked(),
                    *headers,
                ),
                sdp=sdp,
                max_forwards=max_forwards,
                large_over_tcp=follow_contact,  # then no NAT is in between
            )
            for way in (Way(target, peer, path), *otherwise)
        ]
        session = UacSession(
            self, requests, tag, owner, follow_contact=follow_contact, digest=digest
        )
        self._calls.add(session.sip_call_id)
        session.start(now)
        if patience_seconds is not None:
            session.be_patient(patience_seconds, now)
        return session

    def session_of(self, replaces: Replaces) -> InviteSession | None:
        """Return the session whose dialog a Replaces names (RFC 3891 3)."""
        return self._dialogs.get((replaces.call_id, replaces.local_tag, replaces.remote_tag))

    def restore(self, memory: SessionMemory, now: float) -> RestoredSession:
        """Take up a session that another process began."""
        return RestoredSession(self, memory, now)

    # For sessions (`session_host.SessionHost`).

    def report(self, event: SipEvent) -> None:
        """Queue an event for the user."""
        self._events.append(event)

    def add_dialog(self, session: InviteSession, key: DialogKey) -> None:
        """Let requests of this dialog find the session."""
        self._dialogs[key] = session
        self._calls.add(key[0])

    def remove_dialog(self, key: DialogKey) -> None:
        """Let them find nothing: 481."""
        self._dialogs.pop(key, None)

    def forget(self, session: InviteSession) -> None:
        """The session is over."""
        self._calls.discard(session.sip_call_id)
        request = session.request
        if request is not None:
            self._invites.pop(_merge_key(request), None)

    # For transactions (`transaction.TransactionUser`).

    def screen(self, request: IncomingRequest, now: float) -> Reply | None:
        """Return how to answer without a transaction; None to go on."""
        return self.door.screen(request, now)

    def blame(self, peer: Peer, why: str) -> str | None:
        """Return what to tell the sender of a malformed request; None to say nothing."""
        return self.door.blame(peer, why)

    def request_received(self, transaction: ServerTransaction, now: float) -> None:
        """Take a new request."""
        request = transaction.request
        try:
            unknown = request.require - EXTENSIONS
            if unknown:
                unsupported = [("Unsupported", ", ".join(sorted(unknown)))]
                transaction.respond(420, now, headers=unsupported, to_tag=self.ids.tag())
            elif request.to_tag:
                self._inside_dialog(transaction, now)
            else:
                self._outside_dialog(transaction, now)
        except RemoteProtocolError as error:
            if not transaction.final_code:
                headers = (ACCEPT,) if error.status_hint == 415 else ()
                transaction.respond(
                    error.status_hint, now, error.phrase, to_tag=self.ids.tag(), headers=headers
                )

    def ack_received(self, request: IncomingRequest, now: float) -> None:
        """Take the ACK of a 2xx; any other is dropped."""
        session = self._dialogs.get((request.call_id, request.to_tag, request.from_tag))
        if session is not None:
            session.handle_ack(request, now)

    def cancel_received(
        self, transaction: ServerTransaction, request: IncomingRequest, now: float
    ) -> None:
        """Take a CANCEL."""
        session = transaction.context
        if isinstance(session, UasSession):
            session.handle_cancel(request, now)

    def response_received(
        self, transaction: ClientTransaction, response: IncomingResponse, now: float
    ) -> None:
        """Take a response to a request of ours."""
        outcome = transaction.context
        if isinstance(outcome, Outcome):
            outcome.on_response(response, now)

    def transaction_failed(self, transaction: ClientTransaction, why: str, now: float) -> None:
        """A request of ours got no response."""
        outcome = transaction.context
        if isinstance(outcome, Outcome):
            outcome.on_failure(why, now)

    def server_transaction_failed(
        self, transaction: ServerTransaction, why: str, now: float
    ) -> None:
        """No ACK came for our refusal of an INVITE: there is nothing left to do."""

    # Requests.

    def _inside_dialog(self, transaction: ServerTransaction, now: float) -> None:
        request = transaction.request
        key = request.call_id, request.to_tag, request.from_tag
        session = self._dialogs.get(key)
        if session is None:
            transaction.respond(481, now)
        else:
            session.handle_request(transaction, now)

    def _outside_dialog(self, transaction: ServerTransaction, now: float) -> None:
        tag = self.ids.tag()
        match transaction.request.method:
            case "INVITE":
                self._invited(transaction, now)
            case "REGISTER":
                self.desk.register(transaction, now)
            case "OPTIONS":
                code = 503 if self.draining else 200
                headers = [ALLOW, SUPPORTED, ACCEPT, self.identity]
                transaction.respond(code, now, headers=headers, to_tag=tag)
            case "REFER":
                # A call is handed on from within it, by whoever takes part in it.
                transaction.respond(403, now, "REFER outside of a call", to_tag=tag)
            case "BYE" | "INFO" | "PRACK" | "UPDATE":
                transaction.respond(481, now, to_tag=tag)
            case method:
                code = refusal_of_method(method)
                transaction.respond(code, now, headers=[ALLOW], to_tag=tag)

    def _invited(self, transaction: ServerTransaction, now: float) -> None:
        request = transaction.request
        key = _merge_key(request)
        if key in self._invites:
            # RFC 3261 8.2.2.2: the same request came by another path.
            transaction.respond(482, now, to_tag=self.ids.tag())
            return
        refusal = self._refusal(request)
        if refusal:
            headers = (ACCEPT,) if refusal == 406 else ()
            transaction.respond(refusal, now, to_tag=self.ids.tag(), headers=headers)
            return
        if is_too_small(request, self.session_timer):
            least = [("Min-SE", str(self.session_timer.minimum_seconds)), self.identity]
            transaction.respond(422, now, headers=least, to_tag=self.ids.tag())
            return
        caller = self._access.classify(request, self.registrar)
        session = UasSession(
            self,
            transaction,
            caller,
            self.addresses.contact(request.peer, secure=request.uri.startswith("sips:")),
            follow_contact=isinstance(caller, Trunk),
        )
        if isinstance(caller, Trunk):
            session.digest = self.digests.get(caller.name)
        transaction.context = session
        self._invites[key] = session
        self.add_dialog(session, session.dialog.key)
        self.report(IncomingInvite(session, request))

    def _refusal(self, request: IncomingRequest) -> int:
        """Return why an INVITE may not begin a call, whoever sent it; 0 when it may."""
        if not request.max_forwards:
            # RFC 7332 4: what begins another call counts as a hop, as in a proxy.
            return 483
        if len(request.headers["via"]) > 1 and self.layer.came_back(request):
            return 482
        accept = request.headers.get("accept")
        return 406 if accept is not None and not takes_sdp(accept) else 0


def _merge_key(request: IncomingRequest) -> tuple[str, str, int]:
    return request.call_id, request.from_tag, request.cseq_number
