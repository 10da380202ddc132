"""SIP over TCP: one listener, its connections, and those it opens itself."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import cast

from switch.errors import RemoteProtocolError
from switch.sip.peer import Peer
from switch.sip.stream_framer import PONG, StreamFramer


@dataclass(frozen=True, slots=True)
class TcpLimits:
    """What one stranger, or all of them, may make us hold."""

    connections: int = 10_000
    """Open at once; more are closed as they come."""
    message_seconds: float = 32.0
    """How long a message may take to arrive, and a new connection to say anything."""
    connect_seconds: float = 10.0
    """How long the peer may take to accept a connection of ours."""
    unsent_bytes: int = 512 * 1024
    """Waiting for a peer that does not read; beyond this the connection is cut."""


_numbers = count(1)


class Connection(asyncio.Protocol):
    """One TCP connection, accepted or opened."""

    def __init__(self, listener: TcpListener) -> None:
        self.number = next(_numbers)
        self._listener = listener
        self._framer = StreamFramer()
        self._transport: asyncio.Transport | None = None
        self._hurry: asyncio.TimerHandle | None = None
        """Closes the connection unless the message under way is complete in time."""
        self.peer = Peer("tcp", ("", 0), listener.local, self.number)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take our place among the listener's connections."""
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        remote = transport.get_extra_info("peername")[:2]
        self.peer = Peer("tcp", remote, self._listener.local, self.number)
        _keep_alive(transport.get_extra_info("socket"))
        if self._listener.admit(self):
            self._start_hurry()
        else:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave; the listener tells who waits for an answer on this connection."""
        self._stop_hurry()
        self._listener.lost(self)

    def data_received(self, data: bytes) -> None:
        """Split what came into messages; a stream that cannot be split is closed."""
        try:
            messages = self._framer.receive(data)
        except RemoteProtocolError:
            self._listener.refused += 1
            self.abort()
            return
        for _ in range(self._framer.pings):
            self.send(PONG)
        self._framer.pings = 0
        for message in messages:
            self._listener.on_message(message, self.peer)
        if not len(self._framer):
            self._stop_hurry()
        elif messages or self._hurry is None:
            self._stop_hurry()
            self._start_hurry()

    def send(self, data: bytes) -> None:
        """Write a message; a peer that does not read is cut off."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > self._listener.limits.unsent_bytes:
            self.abort()

    def abort(self) -> None:
        """Close without waiting."""
        if self._transport is not None:
            self._transport.abort()

    def _start_hurry(self) -> None:
        loop = asyncio.get_running_loop()
        self._hurry = loop.call_later(self._listener.limits.message_seconds, self.abort)

    def _stop_hurry(self) -> None:
        if self._hurry is not None:
            self._hurry.cancel()
            self._hurry = None


class TcpListener:
    """Accepts connections, and opens one where there is none to send on."""

    MAX_UNSENT_MESSAGES = 64
    """Messages that wait for a connection to be opened."""

    def __init__(
        self,
        on_message: Callable[[bytes, Peer], None],
        on_failed: Callable[[Peer], None],
        limits: TcpLimits,
    ) -> None:
        self.on_message = on_message
        self.limits = limits
        self.local: tuple[str, int] = ("", 0)
        self.refused = 0
        """Connections closed because of what came, or because there were too many."""
        self._on_failed = on_failed
        self._server: asyncio.Server | None = None
        self._by_number: dict[int, Connection] = {}
        self._by_remote: dict[tuple[str, int], Connection] = {}
        self._opening: dict[tuple[str, int], list[bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    async def start(self, address: tuple[str, int]) -> None:
        """Listen.

        Raises:
            OSError: the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self), *address, backlog=1024, reuse_address=True
        )
        self.local = self._server.sockets[0].getsockname()[:2]

    async def close(self) -> None:
        """Close the listener and every connection."""
        self._closing = True
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        for connection in tuple(self._by_number.values()):
            connection.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    def send(self, data: bytes, peer: Peer) -> None:
        """Send on the peer's connection, on another to the same address, or on a new one."""
        connection = self._by_number.get(peer.connection) or self._by_remote.get(peer.remote)
        if connection is not None:
            connection.send(data)
            return
        waiting = self._opening.get(peer.remote)
        if waiting is not None:
            if len(waiting) < self.MAX_UNSENT_MESSAGES:
                waiting.append(data)
            return
        self._opening[peer.remote] = [data]
        task = asyncio.get_running_loop().create_task(self._open(peer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def admit(self, connection: Connection) -> bool:
        """Take a new connection unless there are too many."""
        if self._closing or len(self._by_number) >= self.limits.connections:
            self.refused += 1
            return False
        self._by_number[connection.number] = connection
        self._by_remote[connection.peer.remote] = connection
        return True

    def lost(self, connection: Connection) -> None:
        """Forget a connection and say that its peer cannot be reached on it."""
        if self._by_number.pop(connection.number, None) is None:
            return
        if self._by_remote.get(connection.peer.remote) is connection:
            del self._by_remote[connection.peer.remote]
        if not self._closing:
            self._on_failed(connection.peer)

    async def _open(self, peer: Peer) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.limits.connect_seconds):
                _, connection = await loop.create_connection(lambda: Connection(self), *peer.remote)
        except (OSError, TimeoutError):
            self._opening.pop(peer.remote, None)
            self._on_failed(peer)
            return
        for data in self._opening.pop(peer.remote, ()):
            connection.send(data)


def _keep_alive(sock: socket.socket) -> None:
    """Have the kernel find out about peers that vanished without a word."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 20)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
