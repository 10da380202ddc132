"""The edge of SIP with real sockets, over a core that writes down what it is told."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from switch.sip.peer import Peer
from switch.transport import Listen, SipDriver, StreamLimits, StreamSettings, TlsContexts
from switch.transport.stream_listener import StreamListener

MESSAGE = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n"


class Core:
    """Answers what it hears with the same, and keeps everything."""

    def __init__(self) -> None:
        self.heard: list[tuple[bytes, Peer]] = []
        self.failed: list[Peer] = []
        self.timers: list[float] = []
        self.deadline: float | None = None
        self.output: list[tuple[bytes, Peer]] = []
        self.events: deque[str] = deque()

    def receive(self, data: bytes, peer: Peer, now: float) -> None:
        self.heard.append((data, peer))
        self.output.append((data, peer))

    def transport_failed(self, peer: Peer, now: float) -> None:
        self.failed.append(peer)

    def handle_timer(self, now: float) -> None:
        if self.deadline is not None and now >= self.deadline:
            self.timers.append(now)
            self.deadline = None

    def next_deadline(self) -> float | None:
        return self.deadline

    def next_event(self) -> str | None:
        return self.events.popleft() if self.events else None

    def datagrams_to_send(self) -> list[tuple[bytes, Peer]]:
        output, self.output = self.output, []
        return output


class Edge:
    """A started driver with its core."""

    def __init__(
        self,
        limits: StreamLimits | None = None,
        tls: TlsContexts | None = None,
        origins: Sequence[str] = (),
    ) -> None:
        self.core = Core()
        self.events: list[str] = []
        settings = StreamSettings(limits or StreamLimits(), tls, origins)
        self.driver: SipDriver[str] = SipDriver(self.core, self.events.append, settings)

    async def start(self, *transports: str, address: str = "127.0.0.1") -> None:
        """Listen for UDP and TCP, or for these, at ports that the system chooses."""
        wanted = transports or ("udp", "tcp")
        await self.driver.start([Listen(transport, address, 0) for transport in wanted])

    def stream(self, transport: str) -> StreamListener:
        return next(each for each in self.driver.streams() if each.transport == transport)

    def address(self, transport: str) -> tuple[str, int]:
        found = next(each for each in self.driver.local_addresses if each.transport == transport)
        return found.address, found.port

    def peer(self, transport: str, remote: tuple[str, int]) -> Peer:
        return Peer(transport, remote, self.address(transport))

    def send(self, data: bytes, peer: Peer) -> None:
        self.core.output.append((data, peer))
        self.driver.flush()


async def is_cut(reader: asyncio.StreamReader) -> None:
    """Wait for the end of a connection; it may come as a reset."""
    with suppress(ConnectionResetError):
        assert await reader.read() == b""


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a client's connection, and wait until it is: over TLS that takes a while."""
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
