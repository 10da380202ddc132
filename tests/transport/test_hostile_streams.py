"""Streams of those who mean no good: cut in pieces, all at once, too slow, too much, untrue."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from switch.transport import StreamLimits
from tests.support.sip_edge import MESSAGE, Edge, is_cut
from tests.support.waiting import until

HEAD = b"OPTIONS sip:a SIP/2.0\r\n"


async def test_byte_by_byte_is_a_message_all_the_same() -> None:
    edge = Edge()
    await edge.start("tcp")
    reader, writer = await asyncio.open_connection(*edge.address("tcp"))
    for byte in MESSAGE:
        writer.write(bytes((byte,)))
        await writer.drain()
        await asyncio.sleep(0)
    assert await reader.readexactly(len(MESSAGE)) == MESSAGE
    writer.close()
    await edge.driver.stop()


async def test_a_thousand_at_once_are_a_thousand() -> None:
    edge = Edge()
    await edge.start("tcp")
    reader, writer = await asyncio.open_connection(*edge.address("tcp"))
    writer.write(MESSAGE * 1000)
    assert await reader.readexactly(1000 * len(MESSAGE)) == MESSAGE * 1000
    writer.close()
    await edge.driver.stop()


async def test_who_drips_is_cut_though_something_comes_all_the_time() -> None:
    """Slow loris: each byte comes in time, the message never."""
    edge = Edge(StreamLimits(message_seconds=0.3))
    await edge.start("tcp")
    reader, writer = await asyncio.open_connection(*edge.address("tcp"))

    async def drip() -> None:
        with suppress(ConnectionError):
            while True:
                writer.write(b"X: y\r\n")
                await writer.drain()
                await asyncio.sleep(0.02)

    writer.write(HEAD)
    dripping = asyncio.get_running_loop().create_task(drip())
    await is_cut(reader)
    dripping.cancel()
    assert edge.core.heard == []
    assert edge.stream("tcp").refused["slow"] == 1
    writer.close()
    await edge.driver.stop()


@pytest.mark.parametrize(
    "flood",
    [
        HEAD + b"X: y\r\n" * 100_000,
        HEAD + b"X: " + b"y" * 1_000_000,
        b"x" * 100_000,
        HEAD + b"Content-Length: 49152\r\n\r\n",
        HEAD + b"Content-Length: 99999999999999999999\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello",
    ],
    ids=["headers", "a header", "noise", "body", "a huge body", "negative", "two lengths"],
)
async def test_what_is_too_much_or_untrue_is_cut_and_not_kept(flood: bytes) -> None:
    edge = Edge()
    await edge.start("tcp")
    reader, writer = await asyncio.open_connection(*edge.address("tcp"))
    writer.write(flood)
    await is_cut(reader)
    assert edge.core.heard == []
    await until(lambda: not len(edge.stream("tcp")))
    writer.close()
    await edge.driver.stop()


@pytest.mark.parametrize("garbage", [HEAD + b"Content-Length: -1\r\n\r\n", b"x" * 20_000])
async def test_what_came_before_the_garbage_is_answered_first(garbage: bytes) -> None:
    """A BYE counts, whatever stands behind it in the same read."""
    edge = Edge()
    await edge.start("tcp")
    reader, writer = await asyncio.open_connection(*edge.address("tcp"))
    writer.write(MESSAGE * 2 + garbage)
    assert await reader.readexactly(2 * len(MESSAGE)) == MESSAGE * 2
    await is_cut(reader)
    assert len(edge.core.heard) == 2
    assert edge.stream("tcp").refused == {"not_sip": 1}
    writer.close()
    await edge.driver.stop()


async def test_a_length_that_is_too_short_makes_the_rest_another_message() -> None:
    """What stands behind the told end is not taken for part of the message, nor for SIP."""
    edge = Edge()
    await edge.start("tcp")
    reader, writer = await asyncio.open_connection(*edge.address("tcp"))
    first = HEAD + b"Content-Length: 2\r\n\r\nab"
    writer.write(first + b"cdef")
    assert await reader.readexactly(len(first)) == first
    writer.write(b"x" * 20_000)
    await is_cut(reader)
    assert [data for data, _ in edge.core.heard] == [first]
    writer.close()
    await edge.driver.stop()


async def test_who_does_not_read_is_cut() -> None:
    edge = Edge(StreamLimits(unsent_bytes=100_000))
    await edge.start("tcp")
    _, writer = await asyncio.open_connection(*edge.address("tcp"), limit=1024)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(MESSAGE)
    await until(lambda: edge.core.heard)
    peer = edge.core.heard[0][1]
    for _ in range(400):
        edge.send(b"x" * 60_000, peer)
    await until(lambda: not len(edge.stream("tcp")))
    assert edge.stream("tcp").refused["unread"] == 1
    writer.close()
    await edge.driver.stop()
