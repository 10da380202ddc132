"""What the two client transactions share."""

from __future__ import annotations

from switch.sip.incoming import IncomingResponse
from switch.sip.requests import OutgoingRequest
from switch.sip.transaction import Input, State, Surroundings, Transaction


class ClientTransaction(Transaction):
    """A request we sent, until its final response or its end without one."""

    __slots__ = ("_data", "branch", "request", "sent_by")

    def __init__(
        self,
        layer: Surroundings,
        request: OutgoingRequest,
        sent_by: str,
        state: State,
        branch: str = "",
    ) -> None:
        super().__init__(layer, state, reliable=request.peer.reliable)
        self.request = request
        self.branch = branch or layer.ids.branch()
        self.sent_by = sent_by
        """`host:port` that our Via names; responses to another are not ours."""
        self._data = request.encode(self.branch, sent_by)

    @property
    def key(self) -> tuple[str, str]:
        """What `transaction_key.client_key` finds in its responses."""
        return self.branch, self.request.method

    @property
    def size(self) -> int:
        """Bytes of the request as it is sent."""
        return len(self._data)

    def start(self, now: float) -> None:
        """Send the request."""
        raise NotImplementedError

    def receive(self, response: IncomingResponse, now: float) -> None:
        """Take a response that was matched to this transaction."""
        if response.code < 200:
            self.handle(Input.PROVISIONAL, response, now)
        elif response.code < 300:
            self.handle(Input.SUCCESS, response, now)
        else:
            self.handle(Input.FAILURE, response, now)

    def cancel(self, now: float, reason: str = "") -> None:
        """Cancel an INVITE; nothing else can be cancelled (RFC 3261 9.1)."""

    def _send_first(self) -> None:
        self._layer.count_out(self.request.method)
        self._layer.send(self._data, self.request.peer)

    # Actions.

    def _pass_up(self, response: IncomingResponse, now: float) -> None:
        self._layer.user.response_received(self, response, now)

    def _timed_out(self, _: object, now: float) -> None:
        self._layer.user.transaction_failed(self, "timeout", now)

    def _unreachable(self, _: object, now: float) -> None:
        self._layer.user.transaction_failed(self, "transport", now)
