"""SIP over WebSocket (RFC 7118), as a server: each message is one WebSocket message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from websockets.datastructures import Headers
from websockets.exceptions import InvalidOrigin, NegotiationError
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Origin, Subprotocol

from switch.errors import HandshakeFailed, RemoteProtocolError
from switch.sip.incoming import MAX_MESSAGE_BYTES
from switch.sip.stream_framer import PING, PONG
from switch.transport.framing import StreamEnd

_SUBPROTOCOL = Subprotocol("sip")
_ANY = "*"


class WebSocketFraming:
    """The server's side of one connection, over a library that has no socket either."""

    __slots__ = ("_parts", "_protocol", "_server", "_text", "_whole", "established", "unfinished")

    peer_cannot_ping = True
    """Pages have no means to send a Ping (RFC 7118 6); their browsers answer ours."""

    def __init__(self, origins: Sequence[str], server: str) -> None:
        """Wait for the handshake.

        Args:
            origins: of web pages that may come; `*`: all. Who is no browser sends none.
            server: what the answer calls us.
        """
        allowed = None if _ANY in origins else [None, *(Origin(each) for each in origins)]
        self._protocol = ServerProtocol(
            origins=allowed, subprotocols=[_SUBPROTOCOL], max_size=MAX_MESSAGE_BYTES
        )
        self._server = server
        self._parts: list[bytes] = []
        self._text = True
        """The peer sends text frames, and gets them."""
        self.established = False
        self.unfinished = False

    def receive(self, data: bytes) -> tuple[list[bytes], StreamEnd | None]:
        """Take what came and return the messages that are now complete."""
        protocol = self._protocol
        protocol.receive_data(data)
        events = protocol.events_received()
        self.unfinished = not events
        if not self.established and (protocol.parser_exc or protocol.close_rcvd):
            # Frames came before there was an answer: what is wrong, or over, is not answered.
            why = str(protocol.parser_exc or "closed at once")
            return [], HandshakeFailed("not_websocket", why)
        messages = []
        try:
            for event in events:
                if isinstance(event, Request):
                    self._shake_hands(event)
                else:
                    message = self._assemble(cast(Frame, event))
                    if message is not None:
                        messages.append(message)
        except HandshakeFailed as error:
            return [], error
        return messages, self._end()

    def _end(self) -> StreamEnd | None:
        protocol = self._protocol
        if not self.established and protocol.handshake_exc is not None:
            return HandshakeFailed("not_websocket", str(protocol.handshake_exc))
        if protocol.parser_exc is not None:
            return RemoteProtocolError(f"not WebSocket: {protocol.parser_exc}")
        if protocol.close_rcvd is not None:
            return EOFError("closed by the peer")
        return None

    def frame(self, message: bytes) -> bytes:
        """Return the message in a frame of the kind that the peer uses."""
        self._send(message)
        return self.to_write()

    def to_write(self) -> bytes:
        """Return the answer to the handshake, pongs, and the good-bye."""
        return b"".join(self._protocol.data_to_send())

    def keep_alive(self) -> bytes:
        """Return a Ping (RFC 6455 5.5.2)."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_ping(b"")
        return self.to_write()

    def _shake_hands(self, request: Request) -> None:
        protocol = self._protocol
        response = protocol.accept(request)
        _call_us(response.headers, self._server)
        protocol.send_response(response)
        error = protocol.handshake_exc
        if error is None:
            self.established = True
        elif isinstance(error, InvalidOrigin):
            raise HandshakeFailed("origin", str(error))
        elif isinstance(error, NegotiationError):
            raise HandshakeFailed("subprotocol", str(error))
        else:
            raise HandshakeFailed("not_websocket", str(error))

    def _assemble(self, frame: Frame) -> bytes | None:
        """Return a message once its last fragment has come; keep-alives are answered here."""
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._text = frame.opcode is Opcode.TEXT
            self._parts = [bytes(frame.data)]
        elif frame.opcode is Opcode.CONT:
            self._parts.append(bytes(frame.data))
        else:
            return None
        if not frame.fin:
            self.unfinished = True
            return None
        message, self._parts = b"".join(self._parts), []
        if message == PING:
            # What RFC 5626 has for streams, some clients send in a frame of its own.
            self._send(PONG)
            return None
        return message

    def _send(self, message: bytes) -> None:
        """Put a message out, unless the peer has said good-bye or nonsense meanwhile."""
        if self._protocol.state is not State.OPEN:
            return
        if self._text:
            self._protocol.send_text(message)
        else:
            self._protocol.send_binary(message)


def _call_us(headers: Headers, server: str) -> None:
    if "Server" in headers:
        del headers["Server"]
    headers["Server"] = server
