"""What the two server transactions share."""

from __future__ import annotations

from collections.abc import Sequence

from switch.errors import LocalProtocolError
from switch.sip.incoming import IncomingRequest
from switch.sip.responses import build_response, response_peer
from switch.sip.transaction import Input, State, Surroundings, Transaction
from switch.sip.transaction_key import ServerKey


class ServerTransaction(Transaction):
    """A request that came, until its final response is safely delivered."""

    __slots__ = ("_last_response", "_peer", "final_code", "key", "request", "to_tag")

    def __init__(
        self, layer: Surroundings, request: IncomingRequest, key: ServerKey, state: State
    ) -> None:
        super().__init__(layer, state, reliable=request.peer.reliable)
        self.request = request
        self.key = key
        self.final_code = 0
        """The final status we gave; 0 while there is none."""
        self._peer = response_peer(request)
        self.to_tag = ""
        """The tag of our responses, once one is chosen: a CANCEL's answer bears it too."""
        self._last_response: bytes | None = None

    @property
    def is_invite(self) -> bool:
        """Whether this is an INVITE transaction."""
        return False

    def respond(
        self,
        code: int,
        now: float,
        phrase: str = "",
        *,
        to_tag: str = "",
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str = "",
    ) -> None:
        """Send a response; arguments as for `responses.build_response`.

        Raises:
            LocalProtocolError: a final response has been given already.
        """
        if self.final_code:
            raise LocalProtocolError(f"{self.request!r} was answered {self.final_code} already")
        data = build_response(
            self.request,
            code,
            phrase,
            to_tag=to_tag,
            headers=headers,
            body=body,
            content_type=content_type,
        )
        self._layer.count_out(self.request.method, code)
        if code >= 200:
            self.final_code = code
        if code < 200:
            self.handle(Input.PROVISIONAL, data, now)
        elif code < 300:
            self.handle(Input.SUCCESS, data, now)
        else:
            self.handle(Input.FAILURE, data, now)

    # Actions.

    def _send(self, data: bytes, now: float) -> None:
        self._last_response = data
        self._layer.send(data, self._peer)

    def _send_again(self, _: object, now: float) -> None:
        if self._last_response is not None:
            self._layer.send_again(self._last_response, self._peer)
