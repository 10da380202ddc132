"""One stream connection, accepted or opened: TLS if any, framing, and its deadlines."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from switch.errors import HandshakeFailed, RemoteProtocolError
from switch.sip.peer import Peer
from switch.transport.framing import Framing, StreamEnd
from switch.transport.tls_layer import TlsLayer

if TYPE_CHECKING:
    from switch.transport.stream_listener import StreamListener


class Connection(asyncio.Protocol):
    """Bytes of the socket to messages for the listener, and back."""

    def __init__(self, listener: StreamListener, number: int, opened_for: Peer | None) -> None:
        """Wait for the socket.

        Args:
            opened_for: to whom we open it; None: it was opened to us.
        """
        self.number = number
        self.opened_for = opened_for
        self.peer = Peer(listener.transport, ("", 0), listener.local, number)
        self.established = False
        """Messages can be sent."""
        self._listener = listener
        self._transport: asyncio.Transport | None = None
        self._tls: TlsLayer | None = None
        self._framing: Framing = listener.new_framing()
        # Whoever opened a connection keeps it open, through NATs too (RFC 5626 4.4.1), if it can.
        self._we_ping = opened_for is not None or self._framing.peer_cannot_ping
        self._loop = asyncio.get_running_loop()
        self._hurry: asyncio.TimerHandle | None = None
        """Ends the connection unless what is under way is complete in time."""
        self._idle: asyncio.TimerHandle | None = None
        self._idle_seconds = listener.limits.idle_seconds
        self._heard_at = 0.0

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take our place among the listener's connections, and begin the handshake."""
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        remote = transport.get_extra_info("peername")
        if not remote:  # it has gone already
            self.abort()
            return
        listener, asked = self._listener, self.opened_for
        name = asked.name if asked is not None else ""
        self.peer = Peer(listener.transport, remote[:2], listener.local, self.number, name)
        _keep_alive(transport.get_extra_info("socket"))
        if not listener.admit(self):
            self.abort()
            return
        self._heard_at = self._loop.time()
        self._start_hurry(
            listener.limits.handshake_seconds
            if listener.needs_handshake
            else listener.limits.message_seconds
        )
        self._watch_idle()
        self._tls = listener.new_tls(asked)
        if self._tls is not None and asked is not None:
            self._tls.shake_hands()
            self._transport.write(self._tls.to_write())
        self._settle()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave; the listener tells who waits for an answer on this connection."""
        self._stop_hurry()
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if not self.established:
            self._listener.count_failed("closed")
        self._listener.lost(self)

    def data_received(self, data: bytes) -> None:
        """Take what came: first the messages, then what ends the stream, if it is over."""
        self._heard_at = self._loop.time()
        end: StreamEnd | None = None
        if self._tls is not None:
            data, end = self._tls.receive(data)
            self._write(self._tls.to_write())
        messages: list[bytes] = []
        if data:
            messages, broken = self._framing.receive(data)
            end = broken or end
            self._write_plain(self._framing.to_write())
        if not self.established:
            self._settle()
        for message in messages:
            self._listener.on_message(message, self.peer)
        if end is not None:
            self._end(end)
        elif not self.established:
            return
        elif not self._framing.unfinished:
            self._stop_hurry()
        elif messages or self._hurry is None:
            self._start_hurry(self._listener.limits.message_seconds)

    # What the listener asks.

    def send(self, message: bytes) -> None:
        """Write a message; a peer that does not read is cut off."""
        if self._transport is None or self._transport.is_closing():
            return
        self._write_plain(self._framing.frame(message))
        if self._transport.get_write_buffer_size() > self._listener.limits.unsent_bytes:
            self._listener.refused["unread"] += 1
            self.abort()

    def expect_within(self, seconds: float) -> None:
        """Close the connection when nothing comes for so long: the peer promised keep-alives."""
        if seconds != self._idle_seconds:
            self._idle_seconds = seconds
            self._watch_idle()

    def abort(self) -> None:
        """Close without waiting."""
        if self._transport is not None:
            self._transport.abort()

    # Inside.

    def _end(self, why: StreamEnd) -> None:
        """Close a stream that nothing more can be made of."""
        if isinstance(why, HandshakeFailed):
            self._listener.handshake_failed(self, why)
        elif isinstance(why, RemoteProtocolError):
            self._listener.refused["not_sip"] += 1
        self._close()

    def _settle(self) -> None:
        """See whether all handshakes are done, and if so say that messages can be sent."""
        if (self._tls is None or self._tls.established) and self._framing.established:
            self.established = True
            if self._tls is not None and self._tls.proved:
                self.peer = replace(self.peer, proved=self._tls.proved)
            self._start_hurry(self._listener.limits.message_seconds)
            self._listener.settled(self)

    def _write_plain(self, data: bytes) -> None:
        if not data:
            return
        if self._tls is None:
            self._write(data)
        else:
            self._tls.send(data)
            self._write(self._tls.to_write())

    def _write(self, data: bytes) -> None:
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _close(self) -> None:
        """Close once the last words are out: an alert, a refusal, a good-bye."""
        if self._tls is None or self._tls.established:
            self._write_plain(self._framing.to_write())
        else:
            self._write(self._tls.to_write())
        if self._transport is not None:
            self._transport.close()
        self._start_hurry(self._listener.limits.handshake_seconds)

    def _start_hurry(self, seconds: float) -> None:
        self._stop_hurry()
        self._hurry = self._loop.call_later(seconds, self._too_slow)

    def _stop_hurry(self) -> None:
        if self._hurry is not None:
            self._hurry.cancel()
            self._hurry = None

    def _too_slow(self) -> None:
        self._hurry = None
        if self.established:
            self._listener.refused["slow"] += 1
        else:
            self._listener.count_failed("timeout")
            self.established = True  # and so it is not counted again
        self.abort()

    def _watch_idle(self) -> None:
        """Look again when the connection may have been idle for too long."""
        if self._idle is not None:
            self._idle.cancel()
        pause = self._ping_seconds() if self._we_ping else self._idle_seconds
        quiet = self._loop.time() - self._heard_at
        self._idle = self._loop.call_later(max(0.01, pause - quiet), self._on_idle)

    def _on_idle(self) -> None:
        self._idle = None
        quiet = self._loop.time() - self._heard_at
        if quiet >= self._idle_seconds:
            self._listener.refused["idle"] += 1
            self.abort()
            return
        pause = self._ping_seconds()
        if self._we_ping and self.established and quiet >= pause:
            self._write_plain(self._framing.keep_alive())
            left = max(0.01, self._idle_seconds - quiet)
            self._idle = self._loop.call_later(min(pause, left), self._on_idle)
            return
        self._watch_idle()

    def _ping_seconds(self) -> float:
        """How long it may be quiet before we ask: the answer must come before it is too late."""
        return min(self._listener.limits.ping_seconds, self._idle_seconds / 2)


def _keep_alive(sock: socket.socket) -> None:
    """Have the kernel find out about peers that vanished without a word."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 20)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
