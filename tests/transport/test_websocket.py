"""SIP over WebSocket (RFC 7118), with a real WebSocket client."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect as connect_in_thread
from websockets.typing import Origin, Subprotocol

from switch.transport import StreamLimits
from switch.transport.tls import TlsSettings, load_tls
from tests.support.certificates import client_context, write_certificate
from tests.support.sip_edge import MESSAGE, Edge, is_cut
from tests.support.waiting import until

SIP = Subprotocol("sip")
DESK = "https://desk.example"
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: sip\r\n\r\n"
)


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    files = write_certificate(tmp_path)
    tls = load_tls(TlsSettings(certificate=files.certificate, key=files.key)).contexts
    edge = Edge(tls=tls, origins=[DESK])
    await edge.start("ws", "wss", "udp")
    yield edge
    await edge.driver.stop()


def client(
    edge: Edge, transport: str = "ws", *, origin: str | None = DESK, subprotocol: str = "sip"
) -> connect:
    host, port = edge.address(transport)
    return connect(
        f"{transport}://{host}:{port}/",
        origin=None if origin is None else Origin(origin),
        subprotocols=[Subprotocol(subprotocol)] if subprotocol else None,
        ssl=client_context() if transport == "wss" else None,
        proxy=None,
    )


async def heard_back(socket: ClientConnection, message: bytes | str) -> bytes | str:
    await socket.send(message)
    return await socket.recv()


class TestMessages:
    @pytest.mark.parametrize("transport", ["ws", "wss"])
    async def test_come_and_go(self, edge: Edge, transport: str) -> None:
        async with client(edge, transport) as socket:
            assert socket.subprotocol == SIP
            assert await heard_back(socket, MESSAGE.decode()) == MESSAGE.decode()
            peer = edge.core.heard[0][1]
            assert (peer.transport, peer.secure) == (transport, transport == "wss")
        await until(lambda: edge.core.failed)

    async def test_binary_frames_get_binary_frames(self, edge: Edge) -> None:
        async with client(edge) as socket:
            assert await heard_back(socket, MESSAGE) == MESSAGE

    async def test_may_come_in_fragments(self, edge: Edge) -> None:
        async with client(edge) as socket:
            await socket.send([MESSAGE[:7].decode(), MESSAGE[7:20].decode(), MESSAGE[20:].decode()])
            assert await socket.recv() == MESSAGE.decode()

    async def test_need_no_content_length(self, edge: Edge) -> None:
        """RFC 7118 4.2: the frame tells the length."""
        async with client(edge) as socket:
            short = "OPTIONS sip:a SIP/2.0\r\n\r\n"
            assert await heard_back(socket, short) == short

    async def test_that_are_too_large_end_the_connection(self, edge: Edge) -> None:
        async with client(edge) as socket:
            await socket.send("x" * 70_000)
            with pytest.raises(ConnectionClosed):
                await socket.recv()
        assert edge.core.heard == []
        assert edge.stream("ws").refused == {"not_sip": 1}

    @pytest.mark.parametrize("last", [b"\x88\x80" + bytes(4), b"\xff" * 20])
    async def test_count_when_a_good_bye_or_nonsense_follows_at_once(
        self, edge: Edge, last: bytes
    ) -> None:
        reader, writer = await asyncio.open_connection(*edge.address("ws"))
        writer.write(HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        frame = bytes((0x81, 0x80 | len(MESSAGE))) + bytes(4) + MESSAGE
        writer.write(frame + frame + last)
        await reader.read()
        assert [data for data, _ in edge.core.heard] == [MESSAGE] * 2
        writer.close()


class TestKeepAlives:
    async def test_a_ping_gets_a_pong(self, edge: Edge) -> None:
        async with client(edge) as socket:
            await (await socket.ping())

    async def test_so_does_that_of_streams(self, edge: Edge) -> None:
        async with client(edge) as socket:
            assert await heard_back(socket, "\r\n\r\n") == "\r\n"
        assert edge.core.heard == []

    async def test_are_ours_since_a_page_has_none(self) -> None:
        """Its browser answers (RFC 7118 6)."""
        edge = Edge(StreamLimits(ping_seconds=0.05))
        await edge.start("ws")
        reader, writer = await asyncio.open_connection(*edge.address("ws"))
        writer.write(HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(3):
            assert await reader.readexactly(2) == b"\x89\x00"
            writer.write(b"\x8a\x80" + bytes(4))
        assert edge.stream("ws").refused == {}
        writer.close()
        await edge.driver.stop()

    async def test_that_nobody_answers_end_the_connection(self) -> None:
        edge = Edge(StreamLimits(ping_seconds=0.05, idle_seconds=0.3))
        await edge.start("ws")
        reader, writer = await asyncio.open_connection(*edge.address("ws"))
        writer.write(HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        pings = await reader.read()
        assert pings[:2] == b"\x89\x00"
        assert edge.stream("ws").refused == {"idle": 1}
        writer.close()
        await edge.driver.stop()


class TestTheDoor:
    async def test_is_closed_to_pages_from_elsewhere(self, edge: Edge) -> None:
        with pytest.raises(InvalidStatus) as caught:
            await client(edge, origin="https://evil.example").__aenter__()
        assert caught.value.response.status_code == 403
        assert edge.stream("ws").failures == {"origin": 1}

    async def test_is_open_to_who_is_no_browser(self, edge: Edge) -> None:
        async with client(edge, origin=None) as socket:
            assert await heard_back(socket, MESSAGE) == MESSAGE

    @pytest.mark.parametrize("subprotocol", ["", "chat"])
    async def test_is_for_sip_alone(self, edge: Edge, subprotocol: str) -> None:
        with pytest.raises(InvalidStatus) as caught:
            await client(edge, subprotocol=subprotocol).__aenter__()
        assert caught.value.response.status_code == 400
        assert edge.stream("ws").failures == {"subprotocol": 1}

    async def test_answers_a_browsers_plain_visit(self, edge: Edge) -> None:
        reader, writer = await asyncio.open_connection(*edge.address("ws"))
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 426 ")
        writer.close()

    async def test_is_shut_before_who_speaks_no_http(self, edge: Edge) -> None:
        reader, writer = await asyncio.open_connection(*edge.address("ws"))
        writer.write(MESSAGE)
        await is_cut(reader)
        assert edge.stream("ws").failures == {"not_websocket": 1}
        writer.close()

    async def test_is_shut_before_who_is_slow(self) -> None:
        edge = Edge(StreamLimits(handshake_seconds=0.05))
        await edge.start("ws")
        reader, writer = await asyncio.open_connection(*edge.address("ws"))
        writer.write(b"GET / HTTP/1.1\r\n")
        await is_cut(reader)
        assert edge.stream("ws").failures == {"timeout": 1}
        writer.close()
        await edge.driver.stop()

    async def test_wants_a_certificate_that_the_page_trusts(self, edge: Edge) -> None:
        host, port = edge.address("wss")

        def visit() -> None:
            connect_in_thread(f"wss://{host}:{port}/", subprotocols=[SIP], proxy=None).close()

        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(visit)


async def test_none_is_opened_by_us(edge: Edge) -> None:
    """RFC 7118 5: a client that is gone can only come back itself."""
    gone = edge.peer("ws", ("127.0.0.1", 9))
    edge.send(MESSAGE, gone)
    await until(lambda: edge.core.failed)
    assert edge.core.failed == [gone]
