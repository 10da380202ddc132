"""A transaction layer on a fake clock, its network and its user written down."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from switch.ids import Ids
from switch.sip.client_transaction import ClientTransaction
from switch.sip.incoming import IncomingRequest, IncomingResponse
from switch.sip.peer import Peer
from switch.sip.requests import MAX_FORWARDS, OutgoingRequest
from switch.sip.server_transaction import ServerTransaction
from switch.sip.transaction_table import TransactionLayer
from tests.support.sip_messages import UDP, response_to


class TransactionBench:
    """What was sent, when; what the user was told; and a clock that jumps."""

    def __init__(self, peer: Peer = UDP) -> None:
        self.peer = peer
        self.now = 1000.0
        self.sent: list[tuple[float, bytes]] = []
        self.told: list[tuple[str, Any]] = []
        self.servers: list[ServerTransaction] = []
        numbers = count(1)
        ids = Ids(lambda size: next(numbers).to_bytes(size, "big"))
        self.layer = TransactionLayer(self._send, self, ids, lambda peer: "198.51.100.1:5060")
        self.on_request: Callable[[ServerTransaction], None] = lambda transaction: None

    def _send(self, data: bytes, peer: Peer) -> None:
        self.sent.append((self.now - 1000, data))

    # The world.

    def receive(self, data: bytes) -> None:
        self.layer.receive_datagram(data, self.peer, self.now)

    def run_until(self, seconds: float) -> None:
        """Fire every timer up to that many seconds after the start."""
        end = 1000 + seconds
        while (at := self.layer.next_deadline()) is not None and at <= end:
            self.now = max(self.now, at)
            self.layer.handle_timer(self.now)
        self.now = end

    def send(self, method: str = "INVITE", **changes: Any) -> ClientTransaction:
        """Send a request as an agent's caller would."""
        request = OutgoingRequest(
            method,
            "sip:asha@192.0.2.7",
            self.peer,
            [
                MAX_FORWARDS,
                ("From", "<sip:freeline@198.51.100.1>;tag=us"),
                ("To", "<sip:asha@192.0.2.7>"),
                ("Call-ID", "call-2"),
                ("CSeq", f"7 {method}"),
                *changes.pop("headers", ()),
            ],
        )
        return self.layer.send_request(request, self.now, **changes)

    def answer(self, code: int, which: int = 0, **changes: Any) -> None:
        """Have the peer answer the request that was sent as number `which`."""
        self.receive(response_to(self.sent[which][1], code, **changes))

    # What was seen.

    @property
    def lines(self) -> list[str]:
        """First word(s) of what was sent: a method or a status code."""
        return [_first(data) for _, data in self.sent]

    def times_of(self, what: str) -> list[float]:
        """Return when something was sent, in seconds since the start."""
        return [round(at, 3) for at, data in self.sent if _first(data) == what]

    # The transaction user.

    def screen(self, request: IncomingRequest, now: float) -> None:
        return None

    def blame(self, peer: Peer, why: str) -> str | None:
        return why

    def request_received(self, transaction: ServerTransaction, now: float) -> None:
        self.servers.append(transaction)
        self.told.append(("request", transaction.request.method))
        self.on_request(transaction)

    def ack_received(self, request: IncomingRequest, now: float) -> None:
        self.told.append(("ack", request.call_id))

    def cancel_received(
        self, transaction: ServerTransaction, request: IncomingRequest, now: float
    ) -> None:
        self.told.append(("cancel", transaction.request.method))

    def response_received(
        self, transaction: ClientTransaction, response: IncomingResponse, now: float
    ) -> None:
        self.told.append(("response", response.code))

    def transaction_failed(self, transaction: ClientTransaction, why: str, now: float) -> None:
        self.told.append(("failed", why))

    def server_transaction_failed(
        self, transaction: ServerTransaction, why: str, now: float
    ) -> None:
        self.told.append(("server failed", why))


def _first(data: bytes) -> str:
    words = data.split(b"\r\n", 1)[0].decode().split(" ")
    return words[1] if words[0] == "SIP/2.0" else words[0]
