"""A real Mosquitto broker on a port of its own, and a subscriber that remembers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiomqtt

from tests.support.ports import PortBlock
from tests.support.processes import ChildProcess

ADDRESS = "127.0.0.1"


class Mosquitto:
    """One broker; `kill` and `start` again keep the port and lose everything retained."""

    def __init__(self, directory: Path) -> None:
        self._block = PortBlock()
        self.port = self._block.take(1)
        self._directory = directory
        self._process: ChildProcess | None = None

    async def start(self) -> None:
        """Start it and wait until it answers."""
        config = self._directory / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} {ADDRESS}\nallow_anonymous true\npersistence false\n"
        )
        self._process = ChildProcess(
            "mosquitto", ["/usr/sbin/mosquitto", "-c", str(config)], self._directory / "output.txt"
        )
        for _ in range(500):
            try:
                _, writer = await asyncio.open_connection(ADDRESS, self.port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            await writer.wait_closed()
            return
        raise AssertionError(f"Mosquitto does not answer:\n{self._process.output()}")

    def kill(self) -> None:
        """End it at once, as in a power failure."""
        assert self._process is not None
        self._process.kill()

    def close(self) -> None:
        """End it and give the port back."""
        if self._process is not None:
            self._process.stop()
        self._block.close()


class Gate:
    """Another way to a broker, that can be shut: so a test says when a link gets through."""

    def __init__(self, broker_port: int) -> None:
        self._broker_port = broker_port
        self._block = PortBlock()
        self.port = self._block.take(1)
        self._server: asyncio.Server | None = None
        self._relays: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Let connections through."""
        self._server = await asyncio.start_server(self._pass_on, ADDRESS, self.port)

    async def shut(self) -> None:
        """End all connections and take no new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for relay in self._relays:
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)

    async def close(self) -> None:
        """Shut it for good and give the port back."""
        await self.shut()
        self._block.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(ADDRESS, self._broker_port)
        for source, sink in ((reader, there_writer), (there_reader, writer)):
            relay = asyncio.create_task(_relay(source, sink))
            self._relays.add(relay)
            relay.add_done_callback(self._relays.discard)


async def _relay(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    except ConnectionError:
        pass
    finally:
        sink.close()


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as a subscriber got it."""

    topic: str
    payload: dict[str, Any]
    qos: int
    retained: bool


@dataclass(slots=True)
class Subscriber:
    """Everything below a topic since it began to listen."""

    client: aiomqtt.Client
    heard: list[Heard] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        """Collect messages until cancelled."""
        async for message in self.client.messages:
            try:
                payload = json.loads(message.payload)
            except ValueError:  # a bad command that a test sends
                payload = {}
            self.heard.append(Heard(str(message.topic), payload, message.qos, message.retain))
            self._news.set()

    async def wait_for(self, wanted: Callable[[Heard], bool]) -> Heard:
        """Return the first message that fits, past or to come."""
        seen = 0
        while True:
            for heard in self.heard[seen:]:
                if wanted(heard):
                    return heard
            seen = len(self.heard)
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), 20)

    async def on(self, topic: str) -> Heard:
        """Return the first message whose topic ends so."""
        return await self.wait_for(lambda heard: heard.topic.endswith(topic))


@asynccontextmanager
async def subscriber(port: int, topic: str = "freeline/#") -> AsyncIterator[Subscriber]:
    """Listen to a topic for as long as the block runs."""
    async with aiomqtt.Client(ADDRESS, port) as client:
        await client.subscribe(topic, qos=1)
        listening = Subscriber(client)
        task = asyncio.create_task(listening.listen())
        try:
            yield listening
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
