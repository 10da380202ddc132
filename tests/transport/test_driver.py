"""The edge of SIP: real sockets, a core that writes down what it is told."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from switch.sip.peer import Peer
from switch.transport import Listen, StreamLimits
from tests.support.sip_edge import MESSAGE, Edge, hang_up, is_cut
from tests.support.waiting import until


@pytest.fixture
async def edge() -> AsyncIterator[Edge]:
    edge = Edge()
    await edge.start()
    yield edge
    await edge.driver.stop()


class TestTap:
    async def test_hears_what_comes_and_what_goes_and_what_cannot(self, edge: Edge) -> None:
        tapped: list[tuple[float, int, bytes, Peer]] = []
        edge.driver.tap = tapped.append
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.bind(("127.0.0.1", 0))
            client.sendto(MESSAGE, edge.address("udp"))
            await until(lambda: edge.core.heard)
            peer = edge.peer("udp", client.getsockname())
        edge.send(b"to nobody", peer)
        await until(lambda: edge.core.failed)
        assert [each[1:] for each in tapped[:2]] == [(0, MESSAGE, peer), (1, MESSAGE, peer)]
        assert (1, b"to nobody", peer) in [each[1:] for each in tapped]
        assert tapped[-1][1:] == (2, b"", peer)
        times = [each[0] for each in tapped]
        assert times == sorted(times)


class TestUdp:
    async def test_a_datagram_comes_and_goes(self, edge: Edge) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.bind(("127.0.0.1", 0))
            client.setblocking(False)
            client.sendto(MESSAGE, edge.address("udp"))
            await until(lambda: edge.core.heard)
            data, peer = edge.core.heard[0]
            assert data == MESSAGE
            assert peer == edge.peer("udp", client.getsockname())
            loop = asyncio.get_running_loop()
            assert await loop.sock_recv(client, 100) == MESSAGE

    async def test_nobody_there_is_told_and_it_goes_on_hearing(self, edge: Edge) -> None:
        """The ICMP error names its peer; the socket must survive it."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
            closed.bind(("127.0.0.1", 0))
            nobody = closed.getsockname()
        for _ in range(3):
            edge.send(MESSAGE, edge.peer("udp", nobody))
            edge.send(MESSAGE, edge.peer("udp", nobody))
        await until(lambda: edge.core.failed)
        assert edge.core.failed[0] == edge.peer("udp", nobody)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(MESSAGE, edge.address("udp"))
            await until(lambda: edge.core.heard)

    async def test_many_at_once_are_all_heard(self, edge: Edge) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            for number in range(200):
                client.sendto(b"%d" % number, edge.address("udp"))
            await until(lambda: len(edge.core.heard) == 200)
        assert [int(data) for data, _ in edge.core.heard] == list(range(200))


class TestDelay:
    async def test_how_long_a_datagram_waited_is_told_and_when_none_is_left(
        self, edge: Edge
    ) -> None:
        told: list[float] = []
        edge.driver.on_delay = lambda seconds, now: told.append(seconds)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            for _ in range(3):
                client.sendto(MESSAGE, edge.address("udp"))
            time.sleep(0.05)  # noqa: ASYNC251 - the loop is to be late
            await until(lambda: len(edge.core.heard) == 3)
            await until(lambda: told and told[-1] == 0.0)
        assert max(told) >= 0.05


class TestTcp:
    async def test_answers_go_back_on_the_same_connection(self, edge: Edge) -> None:
        reader, writer = await asyncio.open_connection(*edge.address("tcp"))
        writer.write(MESSAGE[:10])
        await asyncio.sleep(0.02)
        writer.write(MESSAGE[10:] + MESSAGE)
        assert await reader.readexactly(2 * len(MESSAGE)) == 2 * MESSAGE
        assert len(edge.core.heard) == 2
        assert edge.core.heard[0][1].connection == edge.core.heard[1][1].connection > 0
        await hang_up(writer)
        await until(lambda: edge.core.failed)

    async def test_a_keep_alive_is_answered(self, edge: Edge) -> None:
        """RFC 5626 3.5.1."""
        reader, writer = await asyncio.open_connection(*edge.address("tcp"))
        writer.write(b"\r\n\r\n")
        assert await reader.readexactly(2) == b"\r\n"
        assert edge.core.heard == []
        await hang_up(writer)

    async def test_a_connection_is_opened_once_for_what_waits(self, edge: Edge) -> None:
        got: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            got.append(await reader.readexactly(3 * len(MESSAGE)))
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        peer = edge.peer("tcp", server.sockets[0].getsockname())
        for _ in range(3):
            edge.send(MESSAGE, peer)
        await until(lambda: got)
        assert got == [3 * MESSAGE]
        server.close()
        await server.wait_closed()

    async def test_nobody_there_is_told(self, edge: Edge) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as closed:
            closed.bind(("127.0.0.1", 0))
            nobody = closed.getsockname()
        edge.send(MESSAGE, edge.peer("tcp", nobody))
        await until(lambda: edge.core.failed)
        assert edge.core.failed == [edge.peer("tcp", nobody)]

    @pytest.mark.parametrize(
        "nonsense",
        [
            b"x" * 20_000,
            b"OPTIONS sip:a SIP/2.0\r\nVia: none\r\n\r\n",
            b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 9999999\r\n\r\n",
            b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\nxx",
        ],
    )
    async def test_a_stream_that_cannot_be_split_is_cut(self, edge: Edge, nonsense: bytes) -> None:
        reader, writer = await asyncio.open_connection(*edge.address("tcp"))
        writer.write(nonsense)
        await is_cut(reader)
        assert edge.core.heard == []
        await hang_up(writer)

    async def test_who_says_nothing_is_cut(self) -> None:
        edge = Edge(StreamLimits(message_seconds=0.05))
        await edge.start()
        reader, writer = await asyncio.open_connection(*edge.address("tcp"))
        writer.write(MESSAGE[:5])
        await is_cut(reader)
        await hang_up(writer)
        await edge.driver.stop()

    async def test_one_address_has_only_so_many(self) -> None:
        edge = Edge(StreamLimits(per_source=1))
        await edge.start()
        _, first = await asyncio.open_connection(*edge.address("tcp"))
        first.write(MESSAGE)
        await until(lambda: edge.core.heard)
        reader, second = await asyncio.open_connection(*edge.address("tcp"))
        await is_cut(reader)
        assert edge.stream("tcp").refused == {"source": 1}
        first.close()
        await until(lambda: edge.core.failed)
        again, third = await asyncio.open_connection(*edge.address("tcp"))
        third.write(MESSAGE)
        assert await again.readexactly(len(MESSAGE)) == MESSAGE
        for writer in (second, third):
            await hang_up(writer)
        await edge.driver.stop()

    async def test_who_is_silent_for_long_is_cut(self) -> None:
        edge = Edge(StreamLimits(idle_seconds=0.1))
        await edge.start()
        reader, writer = await asyncio.open_connection(*edge.address("tcp"))
        writer.write(MESSAGE)
        assert await reader.readexactly(len(MESSAGE)) == MESSAGE
        await is_cut(reader)
        assert edge.stream("tcp").refused == {"idle": 1}
        assert edge.core.failed == [edge.core.heard[0][1]]
        await hang_up(writer)
        await edge.driver.stop()

    async def test_who_promised_keep_alives_is_cut_without_them(self, edge: Edge) -> None:
        """RFC 5626 4.4: the flow is taken for dead."""
        reader, writer = await asyncio.open_connection(*edge.address("tcp"))
        writer.write(MESSAGE)
        assert await reader.readexactly(len(MESSAGE)) == MESSAGE
        edge.driver.expect_within(edge.core.heard[0][1], 0.1)
        await is_cut(reader)
        assert edge.stream("tcp").refused == {"idle": 1}
        await hang_up(writer)

    async def test_a_connection_of_ours_is_kept_alive(self) -> None:
        edge = Edge(StreamLimits(ping_seconds=0.05))
        await edge.start()
        got = bytearray()
        over = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionResetError):
                while data := await reader.read(100):
                    got.extend(data)
            await hang_up(writer)
            over.set()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        edge.send(MESSAGE, edge.peer("tcp", server.sockets[0].getsockname()))
        await until(lambda: got.endswith(MESSAGE + 2 * b"\r\n\r\n"))
        await edge.driver.stop()
        await over.wait()
        server.close()
        await server.wait_closed()

    async def test_when_the_connection_is_gone_the_contact_is_dialled(self, edge: Edge) -> None:
        """RFC 5923's spirit: the connection while it lives, then a new one to the address."""
        got: list[bytes] = []
        over = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            got.append(await reader.readexactly(len(MESSAGE)))
            await hang_up(writer)
            over.set()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        contact = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(*edge.address("tcp"))
        writer.write(MESSAGE)
        assert await reader.readexactly(len(MESSAGE)) == MESSAGE
        source = edge.core.heard[0][1]
        peer = Peer("tcp", contact, source.local, source.connection)
        edge.send(MESSAGE, peer)
        assert await reader.readexactly(len(MESSAGE)) == MESSAGE
        await hang_up(writer)
        await until(lambda: edge.core.failed)
        edge.send(MESSAGE, peer)
        await over.wait()
        assert got == [MESSAGE]
        server.close()
        await server.wait_closed()

    async def test_there_are_only_so_many_connections(self) -> None:
        edge = Edge(StreamLimits(connections=1))
        await edge.start()
        _, first = await asyncio.open_connection(*edge.address("tcp"))
        first.write(MESSAGE)
        await until(lambda: edge.core.heard)
        reader, second = await asyncio.open_connection(*edge.address("tcp"))
        await is_cut(reader)
        for writer in (first, second):
            await hang_up(writer)
        await edge.driver.stop()


class TestIpv6:
    @pytest.mark.parametrize("transport", ["udp", "tcp"])
    async def test_both_versions_may_listen_at_one_port(self, transport: str) -> None:
        edge = Edge()
        await edge.driver.start([Listen(transport, "0.0.0.0", 0)])
        port = edge.address(transport)[1]
        other = Edge()
        await other.driver.start([Listen(transport, "::", port)])
        assert [str(each) for each in other.driver.local_addresses] == [f"{transport} [::]:{port}"]
        await other.driver.stop()
        await edge.driver.stop()

    async def test_messages_come_and_go(self) -> None:
        edge = Edge()
        await edge.start("udp", "tcp", address="::1")
        reader, writer = await asyncio.open_connection(*edge.address("tcp"))
        writer.write(MESSAGE)
        assert await reader.readexactly(len(MESSAGE)) == MESSAGE
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client:
            client.bind(("::1", 0))
            client.setblocking(False)
            client.sendto(MESSAGE, edge.address("udp"))
            assert await asyncio.get_running_loop().sock_recv(client, 100) == MESSAGE
        assert {peer.remote[0] for _, peer in edge.core.heard} == {"::1"}
        await hang_up(writer)
        await edge.driver.stop()


class TestTimer:
    async def test_it_fires_when_the_core_asks(self, edge: Edge) -> None:
        edge.core.deadline = edge.driver.now() + 0.03
        edge.driver.flush()
        await until(lambda: edge.core.timers)

    async def test_an_earlier_deadline_moves_it(self, edge: Edge) -> None:
        edge.core.deadline = edge.driver.now() + 3600
        edge.driver.flush()
        edge.core.deadline = edge.driver.now() + 0.03
        edge.driver.flush()
        await until(lambda: edge.core.timers)

    async def test_those_that_fall_due_close_together_are_served_together(self, edge: Edge) -> None:
        edge.core.deadline = edge.driver.now()
        edge.driver.flush()
        await until(lambda: edge.core.timers)
        at, until_then = edge.driver.now(), len(edge.core.timers)
        edge.core.deadline = at + 0.001
        edge.driver.flush()
        await until(lambda: len(edge.core.timers) > until_then)
        assert edge.core.timers[until_then] - edge.core.timers[until_then - 1] > 0.015


async def test_an_event_may_use_the_core_and_flush_again(edge: Edge) -> None:
    def handle(event: str) -> None:
        edge.events.append(event)
        if event == "one":
            edge.core.events.append("two")
            edge.driver.flush()

    edge.driver._on_event = handle
    edge.core.events.append("one")
    edge.driver.flush()
    assert edge.events == ["one", "two"]


async def test_an_address_that_is_taken_is_told() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        host, port = taken.getsockname()
        edge = Edge()
        with pytest.raises(OSError, match=f"cannot listen on udp {host}:{port}"):
            await edge.driver.start([Listen("udp", host, port)])
