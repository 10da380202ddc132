"""Events to an MQTT broker, and agent commands from it. No call ever waits for it.

Events go into a bounded queue that drops its oldest; one task empties it while there
is a connection and reconnects, ever more patiently, while there is none. Agents' states
are retained by the broker, and told again after every reconnect, so that whoever
subscribes sees how things stand now. Delivery is at least once for ended calls and
states, at most once for the rest. docs/mqtt.md has the topics.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import ssl
import time
from collections import deque
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiomqtt

from switch.errors import FreelineError
from switch.events import AgentStateChanged, Event
from switch.log import get_logger
from switch.telemetry.commands import COMMANDS, Command, read_choice, read_command
from switch.telemetry.payloads import (
    CommandRefused,
    SwitchStatus,
    Topics,
    encode,
    is_retained,
    quality_of_service,
)

_LIBRARY_LOG = logging.getLogger("mqtt")
_LIBRARY_LOG.setLevel(logging.CRITICAL)  # a lost broker is told once, by `_note_outage`

BATCH = 50
"""Publications under way at once at most."""
YIELD_AFTER = 8
"""Publications, of some 0.1 ms each, before other tasks get their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """How to reach the broker, and what for."""

    host: str
    port: int = 1883
    tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    topic_prefix: str = "freeline/v1"
    queue_limit: int = 10_000
    min_backoff_seconds: float = 1.0
    max_backoff_seconds: float = 60.0
    timeout_seconds: float = 5.0
    """For connecting and for each answer of the broker."""


CommandHandler = Callable[[str, Command], None]
"""Carries out a command for an agent; a FreelineError's message goes back."""


CHOICE_OUTCOMES = ("followed", "too_late", "impossible")

ChoiceHandler = Callable[[int, str], str]
"""Takes the number of a decision and what was chosen; returns one of `CHOICE_OUTCOMES`."""


class MqttLink:
    """Publishes what `handle` is given, and hands agent commands to `on_command`.

    Counters for the metrics are plain attributes.
    """

    def __init__(
        self,
        settings: MqttSettings,
        *,
        site: str,
        version: str,
        agents: Collection[str],
        on_command: CommandHandler,
        on_choice: ChoiceHandler = lambda number, choice: "too_late",
        utc: Callable[[], datetime],
        uniform: Callable[[], float] = random.random,
    ) -> None:
        self.published = 0
        self.dropped = 0
        self.commands = 0
        self.commands_refused = 0
        self.choices = dict.fromkeys(CHOICE_OUTCOMES, 0)
        """How many choices of an outside program came to what."""
        self.connected = False
        self._settings = settings
        self._site = site
        self._version = version
        self._agents = frozenset(agents)
        self._on_command = on_command
        self._on_choice = on_choice
        self._utc = utc
        self._uniform = uniform
        self._topics = Topics(f"{settings.topic_prefix}/{site}")
        self.identifier = f"freeline-{site}-{secrets.token_hex(4)}"
        self._tls = ssl.create_default_context() if settings.tls else None
        self._log = get_logger(broker=f"{settings.host}:{settings.port}")
        self._queue: deque[Event] = deque()
        self._states: dict[str, AgentStateChanged] = {}
        self._stale: set[str] = set()
        """Agents whose retained state may be old and whose present one is not queued."""
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._down_since: float | None = None

    @property
    def waiting(self) -> int:
        """Events that wait for the broker."""
        return len(self._queue)

    def handle(self, event: Event) -> None:
        """Queue an event; the subscriber for the event bus."""
        if isinstance(event, AgentStateChanged):
            self._states[event.agent] = event
            self._stale.discard(event.agent)
        self._queue.append(event)
        if len(self._queue) > self._settings.queue_limit:
            self._drop_oldest()
        if not self._wake.is_set():
            self._wake.set()

    def know_agents(self, agents: Collection[str]) -> None:
        """Take commands for these agents from now on."""
        self._agents = frozenset(agents)

    def start(self) -> None:
        """Begin to connect. Until there is a connection, events wait."""
        now = self._utc()
        for agent in self._agents - self._states.keys():
            # A state that an earlier run left with the broker is not true any more.
            self._states[agent] = AgentStateChanged(
                at=now,
                agent=agent,
                state="logged_out",
                previous="logged_out",
                reason="switch_started",
            )
        self._task = asyncio.create_task(self._run(), name="mqtt")

    async def stop(self, timeout_seconds: float = 3.0) -> None:
        """Publish what waits, for so long at most, say `offline`, and disconnect."""
        self._stopping = True
        self._wake.set()
        task = self._task
        if task is None:
            return
        if self.connected:
            await asyncio.wait([task], timeout=timeout_seconds)
        task.cancel()
        await asyncio.wait([task])
        self._task = None

    # The connection

    async def _run(self) -> None:
        backoff = self._settings.min_backoff_seconds
        while not self._stopping:
            try:
                await self._session()
            except Exception as error:
                if not isinstance(error, aiomqtt.MqttError | OSError):
                    self._log.exception("mqtt_failed")
                self._note_outage(error)
                if self.connected:
                    backoff = self._settings.min_backoff_seconds
            finally:
                self.connected = False
            if not self._stopping:
                await asyncio.sleep(backoff * (0.5 + self._uniform() / 2))
                backoff = min(backoff * 2, self._settings.max_backoff_seconds)

    async def _session(self) -> None:
        """Connect and work until stopped or the connection is lost."""
        settings = self._settings
        async with aiomqtt.Client(
            settings.host,
            settings.port,
            username=settings.username,
            password=settings.password,
            identifier=self.identifier,
            timeout=settings.timeout_seconds,
            keepalive=20,
            tls_context=self._tls,
            max_queued_incoming_messages=1000,
            logger=_LIBRARY_LOG,
            will=aiomqtt.Will(self._topics.status, self._status("offline"), qos=1, retain=True),
        ) as client:
            client.pending_calls_threshold = 2 * BATCH
            await client.subscribe([(each, 1) for each in self._topics.commands])
            await client.publish(self._topics.status, self._status("online"), qos=1, retain=True)
            queued = {event.agent for event in self._queue if isinstance(event, AgentStateChanged)}
            self._stale = self._states.keys() - queued
            self._note_connected()
            await _first_of(self._send(client), self._receive(client))
            await client.publish(self._topics.status, self._status("offline"), qos=1, retain=True)

    def _note_connected(self) -> None:
        self.connected = True
        seconds = 0.0 if self._down_since is None else time.monotonic() - self._down_since
        self._down_since = None
        self._log.info("mqtt_connected", down_seconds=round(seconds, 1), waiting=self.waiting)
        self._wake.set()

    def _note_outage(self, error: Exception) -> None:
        if self._down_since is None:
            self._down_since = time.monotonic()
            why = str(error) or type(error).__name__
            self._log.warning("mqtt_unavailable", why=why, note="calls go on; retrying")

    def _status(self, status: str) -> bytes:
        return SwitchStatus.model_validate(
            {"site": self._site, "at": self._utc(), "status": status, "version": self._version}
        ).model_dump_json().encode()  # fmt: skip

    # Events out

    async def _send(self, client: aiomqtt.Client) -> None:
        """Empty the queue for ever; return when stopping and all is sent."""
        while True:
            if batch := self._next_batch():
                await self._publish(client, batch)
            elif self._stopping:
                return
            else:
                self._wake.clear()
                await self._wake.wait()

    def _next_batch(self) -> list[Event]:
        queue, stale = self._queue, self._stale
        if queue:
            return [queue.popleft() for _ in range(min(BATCH, len(queue)))]
        return [self._states[stale.pop()] for _ in range(min(BATCH, len(stale)))]

    async def _publish(self, client: aiomqtt.Client, batch: list[Event]) -> None:
        """Publish events in order; those that did not arrive go back into the queue."""
        unsent: dict[int, Event] = dict(enumerate(batch))

        async def publish(index: int, event: Event) -> None:
            try:
                payload = encode(event, self._site)
            except ValueError:  # or it would be tried for ever
                self._log.exception("mqtt_event_not_encoded", kind=event.kind)
                self.dropped += 1
                del unsent[index]
                return
            qos = quality_of_service(event)
            await client.publish(self._topics.of(event), payload, qos, is_retained(event))
            del unsent[index]
            self.published += 1

        acknowledged: list[asyncio.Task[None]] = []
        try:
            for index, event in enumerate(batch):
                if quality_of_service(event):
                    # All under way together: the broker's answers take a round trip.
                    acknowledged.append(asyncio.create_task(publish(index, event)))
                else:
                    await publish(index, event)
                if index % YIELD_AFTER == YIELD_AFTER - 1:
                    await asyncio.sleep(0)
            await asyncio.gather(*acknowledged)
        finally:
            for task in acknowledged:
                task.cancel()
            await asyncio.gather(*acknowledged, return_exceptions=True)
            self._queue.extendleft(reversed(unsent.values()))
            while len(self._queue) > self._settings.queue_limit:
                self._drop_oldest()

    def _drop_oldest(self) -> None:
        event = self._queue.popleft()
        self.dropped += 1
        if isinstance(event, AgentStateChanged) and self._states.get(event.agent) is event:
            self._stale.add(event.agent)

    # Commands in

    async def _receive(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            subject, kind = self._topics.of_command(str(message.topic))
            payload = message.payload
            try:
                if kind in COMMANDS:
                    self._obey(subject, kind, payload, retained=message.retain)
                else:
                    self._take_choice(subject, payload)
            except (ValueError, FreelineError) as error:
                await self._refuse(client, subject, kind, payload, str(error))
            except Exception as error:
                self._log.exception("mqtt_command_failed", subject=subject, kind=kind)
                await self._refuse(client, subject, kind, payload, type(error).__name__)

    def _obey(self, agent: str, kind: str, payload: bytes, *, retained: bool) -> None:
        if retained:
            raise ValueError("a command must not be retained: it would be obeyed again and again")
        if agent not in self._agents:
            raise ValueError("no such agent")
        command = read_command(payload, kind)
        self._on_command(agent, command)
        self.commands += 1
        asked = command.model_dump(exclude_none=True)
        if not asked.get("heartbeat"):
            self._log.info("agent_command", agent=agent, asked=kind, **asked, via="mqtt")

    def _take_choice(self, number: str, payload: bytes) -> None:
        choice = read_choice(payload).choice
        outcome = "impossible"
        if number.isascii() and number.isdigit():
            outcome = self._on_choice(int(number), choice)
        self.choices[outcome] += 1
        if outcome != "followed":
            self._log.info(
                "choice_not_followed", decision=number[:20], choice=choice, why=outcome, via="mqtt"
            )

    async def _refuse(
        self, client: aiomqtt.Client, agent: str, kind: str, payload: bytes, message: str
    ) -> None:
        self.commands_refused += 1
        self._log.warning("agent_command_refused", agent=agent[:64], why=message, via="mqtt")
        if kind not in COMMANDS:
            return
        refusal = CommandRefused(
            site=self._site,
            at=self._utc(),
            agent=agent,
            message=message,
            command=payload[:200].decode("utf-8", "replace"),
        )
        await client.publish(self._topics.error(agent), refusal.model_dump_json())


async def _first_of(*works: Coroutine[Any, Any, None]) -> None:
    """Run all until one ends; cancel the others; raise what the first one raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
