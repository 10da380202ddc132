"""Split the bytes of a TCP connection into SIP messages (RFC 3261 18.3)."""

from __future__ import annotations

import re

from switch.errors import RemoteProtocolError

MAX_HEAD_BYTES = 16_384
"""Longest start line and headers."""

MAX_BODY_BYTES = 65_535 - MAX_HEAD_BYTES
"""Longest body: a whole message stays below what `incoming.py` takes."""

_CONTENT_LENGTH = re.compile(rb"\r\n(?:content-length|l)[ \t]*:[ \t]*(\d{1,10})[ \t]*\r\n", re.I)

PING = b"\r\n\r\n"
"""RFC 5626 3.5.1: keep-alive from a client; answered with one CRLF."""

PONG = b"\r\n"


class StreamFramer:
    """Bytes in, whole messages out. After an error the connection must be closed."""

    __slots__ = ("_buffer", "_expected", "_searched", "pings")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        """Where to go on looking for the end of the head, so that slow senders cost little."""
        self._expected = 0
        """Length of the message at the front, once its head is complete."""
        self.pings = 0
        """Keep-alives that came and are still to be answered."""

    def __len__(self) -> int:
        """Return how many bytes wait for the rest of their message."""
        return len(self._buffer)

    def receive(self, data: bytes) -> tuple[list[bytes], RemoteProtocolError | None]:
        """Take what came and return the messages that are now complete.

        Returns:
            The messages, and why the stream cannot be split any further after them, if so.
        """
        self._buffer += data
        messages: list[bytes] = []
        try:
            while (message := self._next()) is not None:
                messages.append(message)
        except RemoteProtocolError as error:
            return messages, error
        return messages, None

    def _next(self) -> bytes | None:
        buffer = self._buffer
        if not self._expected:
            self._skip_keep_alives()
            end = buffer.find(b"\r\n\r\n", self._searched)
            if end < 0:
                if len(buffer) > MAX_HEAD_BYTES:
                    raise RemoteProtocolError(f"headers of over {MAX_HEAD_BYTES} bytes", 513)
                self._searched = max(0, len(buffer) - 3)
                return None
            self._expected = end + 4 + self._body_length(bytes(buffer[: end + 2]))
        if len(buffer) < self._expected:
            return None
        message = bytes(buffer[: self._expected])
        del buffer[: self._expected]
        self._expected = self._searched = 0
        return message

    def _skip_keep_alives(self) -> None:
        buffer = self._buffer
        while buffer.startswith(PING):
            del buffer[: len(PING)]
            self._searched = 0
            self.pings += 1
        if buffer.startswith(b"\r\n") and len(buffer) > 2 and buffer[2:3] != b"\r":
            del buffer[:2]
            self._searched = 0

    def _body_length(self, head: bytes) -> int:
        if len(head) > MAX_HEAD_BYTES:
            raise RemoteProtocolError(f"headers of over {MAX_HEAD_BYTES} bytes", 513)
        lengths = {int(length) for length in _CONTENT_LENGTH.findall(_overlap(head))}
        if not lengths:
            # RFC 3261 20.14: "If a stream-based protocol (such as TCP) is used as
            # transport, then the header field MUST be used."
            raise RemoteProtocolError("a message on a stream has no Content-Length")
        if len(lengths) > 1:
            raise RemoteProtocolError("a message on a stream has two Content-Lengths")
        length = lengths.pop()
        if length > MAX_BODY_BYTES:
            raise RemoteProtocolError(f"a body of {length} bytes is too long", 513)
        return length


def _overlap(head: bytes) -> bytes:
    """Double the line ends, so that two header lines in a row both match."""
    return head.replace(b"\r\n", b"\r\n\r\n")
