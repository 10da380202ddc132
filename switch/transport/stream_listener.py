"""SIP over TCP, TLS and WebSocket: one listener, its connections, and those it opens itself."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

from switch.errors import HandshakeFailed
from switch.log import get_logger
from switch.sip.peer import Peer
from switch.transport.connection import Connection
from switch.transport.framing import Framing, PlainFraming
from switch.transport.tls_layer import TlsLayer


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """What one stranger, or all of them, may make us hold."""

    connections: int = 10_000
    """Open at once; more are closed as they come."""
    per_source: int = 1_000
    """The same, of one address."""
    handshake_seconds: float = 10.0
    """How long the handshakes of TLS and WebSocket may take."""
    message_seconds: float = 32.0
    """How long a message may take to arrive, and a new connection to say anything."""
    idle_seconds: float = 7200.0
    """A connection on which nothing comes for so long is closed."""
    connect_seconds: float = 10.0
    """How long the peer may take to accept a connection of ours."""
    ping_seconds: float = 90.0
    """How long a connection that we keep alive is quiet before we say so: one that we have
    opened, or a web page's."""
    unsent_bytes: int = 512 * 1024
    """Waiting for a peer that does not read; beyond this the connection is cut."""


@dataclass(frozen=True, slots=True)
class TlsContexts:
    """What TLS is spoken with; never changed, but replaced as a whole."""

    server: ssl.SSLContext | None
    """None: nobody is let in over TLS, we only connect to others."""
    client: ssl.SSLContext


@dataclass(slots=True)
class StreamSettings:
    """What all listeners share."""

    limits: StreamLimits
    tls: TlsContexts | None = None
    """In force for new connections."""
    origins: Sequence[str] = ()
    """Of web pages that may speak WebSocket; `*`: all."""
    server: str = "Freeline"
    """What we call ourselves to web clients."""


_numbers = count(1)


class StreamListener:
    """Accepts connections, and opens one where there is none to send on."""

    MAX_UNSENT_MESSAGES = 64
    """Messages that wait for a connection to be opened."""

    def __init__(
        self,
        transport: str,
        on_message: Callable[[bytes, Peer], None],
        on_failed: Callable[[Peer], None],
        settings: StreamSettings,
    ) -> None:
        self.transport = transport
        self.on_message = on_message
        self.limits = settings.limits
        self.local: tuple[str, int] = ("", 0)
        self.refused: Counter[str] = Counter()
        """Why -> connections: `too_many`, `source`, `slow`, `idle`, `unread`, `not_sip`."""
        self.failures: Counter[str] = Counter()
        """Why -> handshakes of TLS and WebSocket."""
        self._settings = settings
        self._over_tls = transport in ("tls", "wss")
        self._over_websocket = transport in ("ws", "wss")
        self._on_failed = on_failed
        self._server: asyncio.Server | None = None
        self._reserved: socket.socket | None = None
        """Keeps the port of who only opens connections."""
        self._by_number: dict[int, Connection] = {}
        self._by_remote: dict[tuple[tuple[str, int], str], Connection] = {}
        """Address and, of those that we opened, whose certificate was asked for."""
        self._by_source: Counter[str] = Counter()
        self._opening: dict[tuple[tuple[str, int], str], list[bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    def __len__(self) -> int:
        """Return how many connections are open."""
        return len(self._by_number)

    async def start(self, address: tuple[str, int], *, accepts: bool = True) -> None:
        """Listen.

        Args:
            accepts: False: only open connections, all of them from one port, so that a peer
                that sends to our Contact finds the connection that it has with us.

        Raises:
            OSError: the address cannot be had.
        """
        if not accepts:
            self._reserved = _bound(*address)
            self.local = self._reserved.getsockname()[:2]
            return
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self, next(_numbers), None),
            *address,
            backlog=1024,
            reuse_address=True,
        )
        self.local = self._server.sockets[0].getsockname()[:2]

    async def close(self) -> None:
        """Close the listener and every connection."""
        self._closing = True
        if self._server is not None:
            self._server.close()
        if self._reserved is not None:
            self._reserved.close()
        for task in tuple(self._tasks):
            task.cancel()
        for connection in tuple(self._by_number.values()):
            connection.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    def send(self, data: bytes, peer: Peer) -> None:
        """Send on the peer's connection, on another to the same address, or on a new one."""
        key = peer.remote, peer.name
        connection = self._by_number.get(peer.connection) or self._by_remote.get(key)
        if connection is not None and connection.established:
            connection.send(data)
            return
        waiting = self._opening.get(key)
        if waiting is not None:
            if len(waiting) < self.MAX_UNSENT_MESSAGES:
                waiting.append(data)
            return
        loop = asyncio.get_running_loop()
        if self._over_websocket:  # RFC 7118 5: only clients open these
            loop.call_soon(self._on_failed, peer)
            return
        self._opening[key] = [data]
        task = loop.create_task(self._open(peer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def expect_within(self, peer: Peer, seconds: float) -> None:
        """Take the peer's connection for dead once it is silent for so long (RFC 5626 4.4)."""
        connection = self._by_number.get(peer.connection)
        if connection is not None:
            connection.expect_within(seconds)

    # For connections.

    @property
    def needs_handshake(self) -> bool:
        """Whether there is something to agree on before messages are sent."""
        return self._over_tls or self._over_websocket

    def new_framing(self) -> Framing:
        """Return how a new connection carries messages."""
        if self._over_websocket:
            from switch.transport.websocket import WebSocketFraming

            return WebSocketFraming(self._settings.origins, self._settings.server)
        return PlainFraming()

    def new_tls(self, asked: Peer | None) -> TlsLayer | None:
        """Return the TLS of a new connection; None without."""
        contexts = self._settings.tls
        if not self._over_tls or contexts is None:
            return None
        if asked is None:
            assert contexts.server is not None, "who listens for TLS has a certificate"
            return TlsLayer(contexts.server, server=True)
        return TlsLayer(contexts.client, server=False, name=asked.name or asked.remote[0])

    def admit(self, connection: Connection) -> bool:
        """Take a new connection unless there are too many."""
        peer = connection.peer
        source = peer.remote[0]
        if self._closing or len(self._by_number) >= self.limits.connections:
            self.refused["too_many"] += 1
            return False
        if connection.opened_for is None and self._by_source[source] >= self.limits.per_source:
            self.refused["source"] += 1
            return False
        self._by_source[source] += 1
        self._by_number[connection.number] = connection
        self._by_remote.setdefault((peer.remote, peer.name), connection)
        return True

    def settled(self, connection: Connection) -> None:
        """Send what waited for this connection."""
        asked = connection.opened_for
        if asked is not None:
            for data in self._opening.pop((asked.remote, asked.name), ()):
                connection.send(data)

    def handshake_failed(self, connection: Connection, error: HandshakeFailed) -> None:
        """Count it, and tell who is at fault when it was our connection."""
        self.count_failed(error.reason)
        connection.established = True  # it needs no more counting
        if connection.opened_for is not None:
            get_logger().warning(
                "tls_failed",
                peer=str(connection.peer),
                name=connection.peer.name,
                reason=error.reason,
                error=str(error),
            )

    def count_failed(self, reason: str) -> None:
        """Note that a connection came to nothing."""
        if self.needs_handshake:
            self.failures[reason] += 1

    def lost(self, connection: Connection) -> None:
        """Forget a connection and say that its peer cannot be reached on it."""
        if self._by_number.pop(connection.number, None) is None:
            return
        peer, asked = connection.peer, connection.opened_for
        source = peer.remote[0]
        self._by_source[source] -= 1
        if not self._by_source[source]:
            del self._by_source[source]
        key = peer.remote, peer.name
        if self._by_remote.get(key) is connection:
            del self._by_remote[key]
        if asked is not None:
            self._opening.pop((asked.remote, asked.name), None)
        if not self._closing:
            self._on_failed(peer)

    async def _open(self, peer: Peer) -> None:
        loop = asyncio.get_running_loop()

        def new() -> Connection:
            return Connection(self, next(_numbers), peer)

        try:
            async with asyncio.timeout(self.limits.connect_seconds):
                if self._reserved is None:
                    whence = _source(self.local[0])
                    await loop.create_connection(new, *peer.remote, local_addr=whence)
                else:
                    connected = await _connected(self.local, peer.remote)
                    await loop.create_connection(new, sock=connected)
        except (OSError, TimeoutError):
            self._opening.pop((peer.remote, peer.name), None)
            self._on_failed(peer)


def _source(address: str) -> tuple[str, int] | None:
    """Return whence to connect: carriers know us by our address."""
    return None if ipaddress.ip_address(address).is_unspecified else (address, 0)


async def _connected(local: tuple[str, int], remote: tuple[str, int]) -> socket.socket:
    """Connect from our own port.

    Where a connection between the same two has just ended the system may refuse that for a
    minute (TIME_WAIT): then from any port.

    Raises:
        OSError: the peer cannot be reached.
    """
    taken = (errno.EADDRINUSE, errno.EADDRNOTAVAIL)
    for port in (local[1], 0):
        opened = _bound(local[0], port)
        try:
            await asyncio.get_running_loop().sock_connect(opened, remote)
        except BaseException as error:
            opened.close()
            if not port or not isinstance(error, OSError) or error.errno not in taken:
                raise
        else:
            return opened
    raise AssertionError("the last attempt returns or raises")


def _bound(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
    except OSError:
        made.close()
        raise
    return made
