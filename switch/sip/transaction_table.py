"""The transaction layer: match what arrives, make what is new, drop what is over.

RFC 3261 17. PURE: bytes and `now` come in by `receive_datagram`, `transport_failed` and
`handle_timer`; bytes go out through `send`, and the transaction user hears of the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from switch.errors import RemoteProtocolError
from switch.ids import Ids
from switch.sip.client_transaction import ClientTransaction
from switch.sip.header_values import parse_via
from switch.sip.incoming import IncomingRequest, IncomingResponse, parse_message
from switch.sip.invite_client_transaction import InviteClientTransaction
from switch.sip.invite_server_transaction import InviteServerTransaction
from switch.sip.large_requests import MOST_UDP_BYTES, LargeRequests
from switch.sip.non_invite_client_transaction import NonInviteClientTransaction
from switch.sip.non_invite_server_transaction import NonInviteServerTransaction
from switch.sip.peer import Peer
from switch.sip.reply import Reply
from switch.sip.requests import MOST_HOPS, OutgoingRequest
from switch.sip.responses import build_response, response_peer, sent_by
from switch.sip.server_transaction import ServerTransaction
from switch.sip.stun import answer_binding_request
from switch.sip.timers import Alarms, TimerSettings
from switch.sip.transaction import Input, Transaction, TransactionUser
from switch.sip.transaction_key import ClientKey, ServerKey, client_key, server_key
from switch.sip.validation import check_request, check_response

Place = tuple[str, tuple[str, int] | int]
"""Transport and connection, or without one the remote address: where a request went."""

METHODS = frozenset(
    (
        *("ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK"),
        *("PUBLISH", "REFER", "REGISTER", "SUBSCRIBE", "UPDATE"),
    )
)
"""Methods counted by name; whatever else a stranger sends is `other`."""


class TransactionLayer:
    """All transactions. Every method takes `now`, monotonic seconds."""

    def __init__(
        self,
        send: Callable[[bytes, Peer], None],
        user: TransactionUser,
        ids: Ids,
        via: Callable[[Peer], str],
        timers: TimerSettings | None = None,
    ) -> None:
        self.user = user
        self.ids = ids
        self.timers = timers or TimerSettings()
        self.alarms = Alarms()
        self.messages: Counter[tuple[str, str, str]] = Counter()
        """(`in` or `out`, method, code or empty) -> messages, without retransmissions."""
        self.retransmissions: Counter[str] = Counter()
        """`in` or `out` -> messages that were sent again."""
        self.bad_datagrams: Counter[str] = Counter()
        """Why it was refused -> datagrams."""
        self.large = LargeRequests()
        self.way: Callable[[str, str, int], Peer | None] = lambda transport, host, port: None
        """How an address is reached over a transport; None without a listener for it."""
        self.on_connection_lost: Callable[[Peer, float], object] = lambda peer, now: None
        """Told a peer whose connection is gone, or cannot be opened."""
        self._send = send
        self._via = via
        self._clients: dict[ClientKey, ClientTransaction] = {}
        self._servers: dict[ServerKey, ServerTransaction] = {}
        self._by_place: dict[Place, dict[ClientTransaction, None]] = {}

    def __len__(self) -> int:
        """Return how many transactions live."""
        return len(self._clients) + len(self._servers)

    # The network.

    def receive_datagram(self, data: bytes, peer: Peer, now: float) -> None:
        """Take one datagram, or one message of a stream. Never raises for what it holds."""
        if not data.strip(b"\r\n\0"):
            return  # a keep-alive (RFC 5626 4.4.1 and what phones send besides)
        try:
            message = parse_message(data, peer)
        except RemoteProtocolError:
            self._receive_other(data, peer)
            return
        if isinstance(message, IncomingResponse):
            self._receive_response(message, now)
        else:
            self._receive_request(message, now)

    def transport_failed(self, peer: Peer, now: float) -> None:
        """Tell the transactions that wait for this peer that it cannot be reached."""
        places: tuple[Place, ...] = ((peer.transport, peer.remote),)
        if peer.connection:
            places += ((peer.transport, peer.connection),)
        for place in places:
            for transaction in tuple(self._by_place.get(place, ())):
                self.large.failed(transaction.request, now)
                transaction.handle(Input.TRANSPORT_ERROR, None, now)
        if peer.reliable:
            self.on_connection_lost(peer, now)

    # The timer.

    def handle_timer(self, now: float) -> None:
        """Do what is due."""
        self.alarms.handle_timer(now)

    def next_deadline(self) -> float | None:
        """Return when `handle_timer` is next needed."""
        return self.alarms.next_deadline()

    # The user.

    def send_request(
        self, request: OutgoingRequest, now: float, context: object = None
    ) -> ClientTransaction:
        """Send a request in a new transaction; `context` is set before anything happens."""
        sent_by = self._via(request.peer)
        transaction: ClientTransaction
        if request.method == "INVITE":
            transaction = InviteClientTransaction(self, request, sent_by)
            if transaction.size > MOST_UDP_BYTES:
                other = self.large.over_tcp(request, now)
                if other is not None:
                    transaction = InviteClientTransaction(self, other, self._via(other.peer))
        else:
            transaction = NonInviteClientTransaction(self, request, sent_by)
        transaction.context = context
        self._add_client(transaction, now)
        return transaction

    def send_ack(self, request: OutgoingRequest, now: float) -> bytes:
        """Send the ACK of a 2xx, which has no transaction; return it for sending it again."""
        data = request.encode(self.ids.branch(), self._via(request.peer))
        self.count_out("ACK")
        self._send(data, request.peer)
        return data

    def send_stateless(
        self,
        request: IncomingRequest,
        code: int,
        *,
        phrase: str = "",
        to_tag: str = "",
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Answer a request without a transaction: it will be forgotten at once."""
        data = build_response(request, code, phrase, to_tag=to_tag, headers=headers)
        self.count_out(request.method, code)
        self._send(data, response_peer(request))

    def came_back(self, request: IncomingRequest) -> bool:
        """Whether a request is one of ours that has come back as it went: a loop.

        One that comes back for another Request-URI is a spiral (RFC 3261 6), which may be.
        """
        for value in request.vias[1 : MOST_HOPS + 1]:
            try:
                hop = parse_via(value)
            except RemoteProtocolError:
                continue
            key = hop.parameters.get("branch") or "", request.method
            ours = self._clients.get(key)
            if ours is not None and ours.sent_by == sent_by(hop):
                return ours.request.uri == request.uri
        return False

    def _reply(self, request: IncomingRequest, reply: Reply) -> None:
        tag = self.ids.tag()
        data = build_response(request, reply.code, to_tag=tag, headers=reply.headers)
        if reply.at_most and len(data) > reply.at_most:
            data = build_response(request, reply.code, to_tag=tag, headers=reply.headers[:1])
        self.count_out(request.method, reply.code)
        self._send(data, response_peer(request))

    # What transactions ask for (`transaction.Surroundings`).

    def send(self, data: bytes, peer: Peer) -> None:
        """Send a message for the first time."""
        self._send(data, peer)

    def send_again(self, data: bytes, peer: Peer) -> None:
        """Send a message again; also for the ACK of a 2xx."""
        self.retransmissions["out"] += 1
        self._send(data, peer)

    def count_out(self, method: str, code: int = 0) -> None:
        """Count a message that is sent for the first time; `code` 0 is a request."""
        known = method if method in METHODS else "other"
        self.messages["out", known, str(code) if code else ""] += 1

    def send_cancel(self, request: OutgoingRequest, branch: str, now: float) -> None:
        """Send a CANCEL on the branch of its INVITE (RFC 3261 9.1)."""
        sent_by = self._via(request.peer)
        self._add_client(NonInviteClientTransaction(self, request, sent_by, branch), now)

    def forget(self, transaction: Transaction) -> None:
        """Drop a terminated transaction; harmless when it is gone already."""
        transaction.context = None  # a session that knows it would make a circle
        if isinstance(transaction, ServerTransaction):
            self._servers.pop(transaction.key, None)
        elif isinstance(transaction, ClientTransaction):
            self._clients.pop(transaction.key, None)
            peer = transaction.request.peer
            place = peer.transport, peer.connection or peer.remote
            there = self._by_place.get(place)
            if there is not None:
                there.pop(transaction, None)
                if not there:
                    del self._by_place[place]

    def _receive_other(self, data: bytes, peer: Peer) -> None:
        """Take what is not SIP: a keep-alive of a headset over UDP, or nothing."""
        answer = None if peer.reliable else answer_binding_request(data, peer.remote)
        if answer is None:
            self.bad_datagrams["not_sip"] += 1
        else:
            self._send(answer, peer)

    # Responses.

    def _receive_response(self, response: IncomingResponse, now: float) -> None:
        try:
            check_response(response)
        except RemoteProtocolError:
            self.bad_datagrams["bad_response"] += 1
            return
        transaction = self._clients.get(client_key(response))
        if transaction is None or sent_by(response.top_via) != transaction.sent_by:
            # RFC 6026 7.2: a response that matches no transaction is dropped, 2xx too.
            self.bad_datagrams["stray_response"] += 1
            return
        self.messages["in", transaction.request.method, str(response.code)] += 1
        transaction.receive(response, now)

    # Requests.

    def _receive_request(self, request: IncomingRequest, now: float) -> None:
        try:
            key = server_key(request)
            known = self._servers.get(key)
            if known is None:
                check_request(request)
        except RemoteProtocolError as error:
            self._refuse(request, error)
            return
        if request.method == "ACK":
            self._receive_ack(known, request, now)
        elif known is not None:
            self.retransmissions["in"] += 1
            known.handle(Input.REQUEST, request, now)
        else:
            self._count_in(request.method)
            try:
                reply = self.user.screen(request, now)
            except RemoteProtocolError as error:
                self._refuse(request, error)
                return
            if reply is None:
                self._begin(request, key, now)
            elif reply.code:
                self._reply(request, reply)

    def _begin(self, request: IncomingRequest, key: ServerKey, now: float) -> None:
        if request.method == "INVITE":
            invite = InviteServerTransaction(self, request, key)
            self._servers[key] = invite
            invite.start(now)
            self.user.request_received(invite, now)
            return
        transaction = NonInviteServerTransaction(self, request, key)
        self._servers[key] = transaction
        if request.method != "CANCEL":
            self.user.request_received(transaction, now)
            return
        cancelled = self._servers.get(server_key(request, "INVITE"))
        if cancelled is None:
            transaction.respond(481, now, to_tag=self.ids.tag())
        else:
            # RFC 3261 9.2: the To tags of both responses "SHOULD be the same".
            transaction.respond(200, now, to_tag=cancelled.to_tag or self.ids.tag())
            self.user.cancel_received(cancelled, request, now)

    def _receive_ack(
        self, known: ServerTransaction | None, request: IncomingRequest, now: float
    ) -> None:
        self._count_in("ACK")
        if known is None:
            self.user.ack_received(request, now)
        else:
            known.handle(Input.ACK, request, now)

    def _refuse(self, request: IncomingRequest, error: RemoteProtocolError) -> None:
        """Answer a bad request where its headers allow that, and forget it."""
        self.bad_datagrams["bad_request"] += 1
        if request.method == "ACK":
            return  # RFC 3261 8.2.7 and 17: an ACK is never answered
        phrase = self.user.blame(request.peer, error.phrase)
        if phrase is None:
            return
        try:
            self.send_stateless(request, error.status_hint, phrase=phrase, to_tag=self.ids.tag())
        except RemoteProtocolError:
            self.bad_datagrams["unanswerable"] += 1

    def _add_client(self, transaction: ClientTransaction, now: float) -> None:
        self._clients[transaction.key] = transaction
        peer = transaction.request.peer
        place = peer.transport, peer.connection or peer.remote
        self._by_place.setdefault(place, {})[transaction] = None
        transaction.start(now)

    def _count_in(self, method: str) -> None:
        self.messages["in", method if method in METHODS else "other", ""] += 1
