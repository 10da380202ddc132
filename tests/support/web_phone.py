"""A headset in a browser's stead: SIP over a real WebSocket client (RFC 7118), without media."""

from __future__ import annotations

import ssl
from contextlib import ExitStack
from itertools import count
from types import TracebackType
from typing import Self

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from switch.sip.credentials import Credentials, DigestClient
from switch.sip.incoming import IncomingRequest, IncomingResponse, parse_message
from switch.sip.peer import Peer

_SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 0\r\na=sendrecv\r\n"
)
_INSTANCE = '"<urn:uuid:00000000-0000-1000-8000-000000000001>"'


class WebPhone:
    """One connection and one account. Every wait ends after some seconds, with TimeoutError."""

    def __init__(
        self, url: str, user: str, *, origin: str | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        connection = connect(
            url,
            origin=None if origin is None else Origin(origin),
            subprotocols=[Subprotocol("sip")],
            ssl=tls,
            proxy=None,
            open_timeout=10,
        )
        self._open = ExitStack()
        self._socket: ClientConnection = self._open.enter_context(connection)
        self._user = user
        self._via = "WSS" if tls is not None else "WS"
        self._numbers = count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._open.close()

    def register(self, password: str, expires: int = 300) -> IncomingResponse:
        """REGISTER as a browser does: its address is nobody's, and it has one flow."""
        response = self._register(expires)
        assert response.code == 401
        client = DigestClient(Credentials(self._user, password))
        client.learn(response)
        proofs = client.headers("REGISTER", "sip:127.0.0.1", "abc")
        return self._register(expires, *(f"{name}: {value}" for name, value in proofs))

    def _register(self, expires: int, *more: str) -> IncomingResponse:
        number = next(self._numbers)
        self._send(
            "REGISTER sip:127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/{self._via} df7jal23ls0d.invalid;branch=z9hG4bKweb{number}",
            f"From: <sip:{self._user}@127.0.0.1>;tag=web",
            f"To: <sip:{self._user}@127.0.0.1>",
            "Call-ID: web-phone",
            f"CSeq: {number} REGISTER",
            "Max-Forwards: 70",
            f"Contact: <sip:{self._user}@df7jal23ls0d.invalid;transport=ws>"
            f";+sip.instance={_INSTANCE};reg-id=1",
            f"Expires: {expires}",
            "Supported: path, outbound",
            *more,
        )
        return self.response()

    def response(self) -> IncomingResponse:
        """Wait for a response."""
        message = self._receive()
        assert isinstance(message, IncomingResponse), message
        return message

    def request(self, method: str) -> IncomingRequest:
        """Wait for a request."""
        message = self._receive()
        assert isinstance(message, IncomingRequest), message
        assert message.method == method
        return message

    def reply(self, request: IncomingRequest, code: int, phrase: str, *, port: int = 0) -> None:
        """Answer a request; with a port, with a description of a stream there."""
        to = request.required("to")
        lines = [
            f"SIP/2.0 {code} {phrase}",
            *(f"Via: {via}" for via in request.vias),
            f"From: {request.required('from')}",
            f"To: {to}" if request.to_tag else f"To: {to};tag=web",
            f"Call-ID: {request.call_id}",
            f"CSeq: {request.required('cseq')}",
            f"Contact: <sip:{self._user}@df7jal23ls0d.invalid;transport=ws>",
        ]
        if port:
            self._send(*lines, "Content-Type: application/sdp", body=_SDP.format(port=port))
        else:
            self._send(*lines)

    def _send(self, *lines: str, body: str = "") -> None:
        head = "\r\n".join((*lines, f"Content-Length: {len(body)}"))
        self._socket.send(f"{head}\r\n\r\n{body}")

    def _receive(self) -> IncomingRequest | IncomingResponse:
        data = self._socket.recv(timeout=20)
        raw = data.encode() if isinstance(data, str) else data
        return parse_message(raw, Peer("ws", ("", 0), ("", 0)))
