"""How a connection carries messages: one after another in a stream (RFC 3261 18.3)."""

from __future__ import annotations

from typing import Protocol

from switch.errors import HandshakeFailed, RemoteProtocolError
from switch.sip.stream_framer import PING, PONG, StreamFramer

StreamEnd = HandshakeFailed | RemoteProtocolError | EOFError
"""Why nothing more can come: the peer will not be spoken to, is not understood, or has said
good-bye."""


class Framing(Protocol):
    """Messages in the bytes of a connection; `websocket.WebSocketFraming` is the other one."""

    @property
    def established(self) -> bool:
        """Whether messages may be sent."""
        ...

    @property
    def peer_cannot_ping(self) -> bool:
        """Whether keeping the connection is up to us, though the peer has opened it."""
        ...

    @property
    def unfinished(self) -> bool:
        """Whether a message has begun to come and is not complete."""
        ...

    def receive(self, data: bytes) -> tuple[list[bytes], StreamEnd | None]:
        """Take what came and return the messages that are now complete.

        Returns:
            The messages, and what has ended the stream after them, if anything: nothing but
            `frame` and `to_write` may be used then.
        """
        ...

    def frame(self, message: bytes) -> bytes:
        """Return what to send for a message."""
        ...

    def to_write(self) -> bytes:
        """Return what must be sent beside messages, once: answers to keep-alives."""
        ...

    def keep_alive(self) -> bytes:
        """Return what makes the peer say that it is there."""
        ...


class PlainFraming:
    """TCP and TLS."""

    __slots__ = ("_framer",)

    established = True
    peer_cannot_ping = False

    def __init__(self) -> None:
        self._framer = StreamFramer()

    @property
    def unfinished(self) -> bool:
        return bool(len(self._framer))

    def receive(self, data: bytes) -> tuple[list[bytes], StreamEnd | None]:
        return self._framer.receive(data)

    def frame(self, message: bytes) -> bytes:
        return message

    def to_write(self) -> bytes:
        """Return a pong for each ping (RFC 5626 3.5.1)."""
        pings, self._framer.pings = self._framer.pings, 0
        return PONG * pings

    def keep_alive(self) -> bytes:
        """RFC 5626 3.5.1."""
        return PING
