"""The MQTT link, against a real Mosquitto and a real subscriber."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from structlog.testing import capture_logs

from switch.errors import RoutingError
from switch.events import CallEvent
from switch.telemetry import (
    AgentCommand,
    Command,
    ForceCommand,
    MqttLink,
    MqttSettings,
    ReleaseCommand,
)
from switch.telemetry.payloads import Topics
from tests.support.mosquitto import ADDRESS, Gate, Mosquitto, subscriber
from tests.support.ports import PortBlock
from tests.support.sample_events import EVENTS, ended, state

pytestmark = pytest.mark.interop(peer="Mosquitto", role="broker", over="MQTT 5, TCP")

BASE = "freeline/v1/main"


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    mosquitto = Mosquitto(tmp_path)
    await mosquitto.start()
    yield mosquitto
    mosquitto.close()


@pytest.fixture
async def gate(broker: Mosquitto) -> AsyncIterator[Gate]:
    gate = Gate(broker.port)
    yield gate
    await gate.close()


MakeLink = Callable[..., MqttLink]


@pytest.fixture
async def make_link() -> AsyncIterator[MakeLink]:
    links: list[MqttLink] = []

    def make(
        port: int,
        *,
        agents: tuple[str, ...] = ("asha", "ravi"),
        on_command: Callable[[str, Command], None] = lambda agent, command: None,
        on_choice: Callable[[int, str], str] = lambda number, choice: "too_late",
        queue_limit: int = 1000,
    ) -> MqttLink:
        settings = MqttSettings(
            host=ADDRESS,
            port=port,
            queue_limit=queue_limit,
            min_backoff_seconds=0.02,
            max_backoff_seconds=0.1,
            timeout_seconds=5,
        )
        link = MqttLink(
            settings,
            site="main",
            version="1.2.3",
            agents=agents,
            on_command=on_command,
            on_choice=on_choice,
            utc=lambda: datetime.now(UTC),
        )
        links.append(link)
        return link

    yield make
    for link in links:
        await link.stop()


async def until(probe: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not probe():  # noqa: ASYNC110 - what it asks for has no event to wait on
            await asyncio.sleep(0.01)


async def test_every_event_arrives_on_its_topic_in_order(
    broker: Mosquitto, make_link: MakeLink
) -> None:
    async with subscriber(broker.port, f"{BASE}/call/#") as heard:
        link = make_link(broker.port)
        link.start()
        for event in EVENTS:
            link.handle(event)
        last = await heard.on("/ended")
    of_call = [event for event in EVENTS if isinstance(event, CallEvent)]
    assert [message.topic for message in heard.heard] == [
        Topics(BASE).of(event) for event in of_call
    ]
    assert last.payload["termination"]["reason"] == "caller_hung_up"
    assert last.qos == 1
    assert heard.heard[0].qos == 0


async def test_what_is_known_of_the_switch_and_its_agents_is_retained(
    broker: Mosquitto, make_link: MakeLink
) -> None:
    link = make_link(broker.port)
    link.start()
    link.handle(state("asha", "ready"))
    await until(lambda: link.connected and link.published >= 2)
    async with subscriber(broker.port) as late:
        asha = await late.on("agent/asha/state")
        ravi = await late.on("agent/ravi/state")
        status = await late.on("switch/status")
    assert (asha.payload["state"], asha.retained) == ("ready", True)
    assert (ravi.payload["state"], ravi.payload["reason"]) == ("logged_out", "switch_started")
    assert status.retained
    assert status.payload["status"] == "online"
    assert status.payload["version"] == "1.2.3"


async def test_a_stop_in_order_publishes_what_waits_and_says_offline(
    broker: Mosquitto, make_link: MakeLink
) -> None:
    async with subscriber(broker.port) as heard:
        link = make_link(broker.port)
        link.start()
        await until(lambda: link.connected)
        for number in range(300):
            link.handle(ended(f"{number:016x}"))
        await link.stop()
        await heard.wait_for(lambda message: message.payload.get("status") == "offline")
    assert sum(message.payload["event"] == "ended" for message in heard.heard) == 300


async def test_a_link_that_dies_leaves_offline_behind(
    broker: Mosquitto, make_link: MakeLink
) -> None:
    link = make_link(broker.port)
    link.start()
    await until(lambda: link.connected)
    async with subscriber(broker.port) as heard:
        await heard.wait_for(lambda message: message.payload.get("status") == "online")
        # Whoever comes with the same identifier takes the session over: the broker drops
        # the link's connection and sends its will.
        async with aiomqtt.Client(ADDRESS, broker.port, identifier=link.identifier):
            await heard.wait_for(lambda message: message.payload.get("status") == "offline")


async def test_a_broker_killed_and_started_again_loses_nothing_and_logs_twice(
    broker: Mosquitto, gate: Gate, make_link: MakeLink
) -> None:
    await gate.open()
    link = make_link(gate.port)
    with capture_logs() as logs:
        link.start()
        link.handle(state("asha", "ready"))
        await until(lambda: link.connected and not link.waiting)
        broker.kill()
        await until(lambda: not link.connected)
        await gate.shut()
        link.handle(ended("00000000000000aa"))
        link.handle(state("ravi", "ready"))
        await broker.start()
        async with subscriber(broker.port) as heard:
            await gate.open()
            await heard.on("call/00000000000000aa/ended")
            for agent in ("asha", "ravi"):
                again = await heard.on(f"agent/{agent}/state")
                assert again.payload["state"] == "ready"
    told = [line["event"] for line in logs]
    assert told == ["mqtt_connected", "mqtt_unavailable", "mqtt_connected"]
    assert link.dropped == 0


@pytest.mark.interop(proves="")
async def test_a_connection_that_is_reset_is_no_error_of_the_switch(
    make_link: MakeLink, caplog: pytest.LogCaptureFixture
) -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        linger_not = struct.pack("ii", 1, 0)  # close() then sends RST
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not)
        writer.close()

    server = await asyncio.start_server(reset, ADDRESS, 0)
    with capture_logs() as logs:
        make_link(server.sockets[0].getsockname()[1]).start()
        await until(lambda: logs)
    server.close()
    assert [line["event"] for line in logs] == ["mqtt_unavailable"]
    assert [record.message for record in caplog.records if record.name == "mqtt"] == []


async def test_without_a_broker_the_oldest_events_are_dropped_and_states_are_not_lost(
    broker: Mosquitto, gate: Gate, make_link: MakeLink
) -> None:
    link = make_link(gate.port, queue_limit=10)
    with capture_logs() as logs:
        link.start()
        link.handle(state("asha", "ready"))
        for number in range(25):
            link.handle(ended(f"{number:016x}"))
        assert (link.waiting, link.dropped, link.connected) == (10, 16, False)
        await until(lambda: logs)
        async with subscriber(broker.port) as heard:
            await gate.open()
            await heard.on(f"call/{24:016x}/ended")
            asha = await heard.on("agent/asha/state")
    calls = {message.topic for message in heard.heard if "/call/" in message.topic}
    assert calls == {f"{BASE}/call/{number:016x}/ended" for number in range(15, 25)}
    assert asha.payload["state"] == "ready"
    assert [line["event"] for line in logs].count("mqtt_unavailable") == 1


@pytest.mark.interop(proves="")
async def test_a_link_that_never_connected_stops_at_once(make_link: MakeLink) -> None:
    block = PortBlock()
    link = make_link(block.take(1))
    link.start()
    link.handle(state("asha", "ready"))
    await link.stop()
    assert not link.connected
    block.close()


async def test_agent_commands_are_carried_out(broker: Mosquitto, make_link: MakeLink) -> None:
    obeyed: list[tuple[str, Command]] = []
    link = make_link(broker.port, on_command=lambda agent, command: obeyed.append((agent, command)))
    link.start()
    await until(lambda: link.connected)
    async with aiomqtt.Client(ADDRESS, broker.port) as client:
        await client.publish(
            f"{BASE}/agent/ravi/set", json.dumps({"state": "not_ready", "reason": "lunch"})
        )
        await until(lambda: obeyed)
    assert obeyed == [("ravi", AgentCommand(state="not_ready", reason="lunch"))]
    assert (link.commands, link.commands_refused) == (1, 0)


async def test_what_a_supervisor_orders_has_topics_of_its_own(
    broker: Mosquitto, make_link: MakeLink
) -> None:
    obeyed: list[tuple[str, Command]] = []
    link = make_link(broker.port, on_command=lambda agent, command: obeyed.append((agent, command)))
    link.start()
    await until(lambda: link.connected)
    async with aiomqtt.Client(ADDRESS, broker.port) as client:
        for topic, payload in (
            ("force", {"state": "not_ready", "by": "lena"}),
            ("release", {}),
            ("set", {"heartbeat": True}),
            ("set", {"extend_wrap_up_seconds": 60}),
        ):
            await client.publish(f"{BASE}/agent/ravi/{topic}", json.dumps(payload), qos=1)
    await until(lambda: len(obeyed) == 4)
    assert [command for _, command in obeyed] == [
        ForceCommand(state="not_ready", by="lena"),
        ReleaseCommand(),
        AgentCommand(heartbeat=True),
        AgentCommand(extend_wrap_up_seconds=60),
    ]


async def test_an_outside_decision_is_handed_over_and_counted(
    broker: Mosquitto, make_link: MakeLink
) -> None:
    chosen: list[tuple[int, str]] = []

    def take(number: int, choice: str) -> str:
        chosen.append((number, choice))
        return "followed" if choice == "asha" else "too_late"

    link = make_link(broker.port, on_choice=take)
    link.start()
    await until(lambda: link.connected)
    async with aiomqtt.Client(ADDRESS, broker.port) as client:
        for number, payload in (("7", '{"choice": "asha"}'), ("8", '{"choice": "ben"}')):
            await client.publish(f"{BASE}/decision/{number}/choice", payload, qos=1)
        await client.publish(f"{BASE}/decision/x/choice", '{"choice": "asha"}', qos=1)
        await client.publish(f"{BASE}/decision/9/choice", "nonsense", qos=1)
    await until(lambda: link.choices["impossible"] == 1 and link.commands_refused == 1)
    assert chosen == [(7, "asha"), (8, "ben")]
    assert link.choices == {"followed": 1, "too_late": 1, "impossible": 1}
    assert link.connected


def _refuse(agent: str, command: Command) -> None:
    raise RoutingError("is logged out")


def _break(agent: str, command: Command) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("topic", "payload", "message"),
    [
        ("agent/ravi/set", "lunch", "Invalid JSON"),
        ("agent/ravi/set", '{"state": "asleep"}', "state: Input should be 'ready', 'not_ready'"),
        ("agent/ravi/set", '{"state": "ready", "queue": "x"}', "queue: Extra inputs"),
        ("agent/ravi/set", "{" + " " * 5000, "longer than 4096 bytes"),
        ("agent/nobody/set", '{"state": "ready"}', "no such agent"),
        ("agent/ravi/set", '{"state": "ready"}', "is logged out"),
        ("agent/asha/set", '{"state": "ready"}', "ZeroDivisionError"),
    ],
)
async def test_a_bad_command_is_answered_and_logged_and_does_no_harm(
    broker: Mosquitto, make_link: MakeLink, topic: str, payload: str, message: str
) -> None:
    link = make_link(
        broker.port,
        on_command=lambda agent, command: {"ravi": _refuse, "asha": _break}[agent](agent, command),
    )
    with capture_logs() as logs:
        link.start()
        await until(lambda: link.connected)
        async with subscriber(broker.port) as heard:
            await heard.client.publish(f"{BASE}/switch/x", "{}", qos=1)  # subscribed for sure
            async with aiomqtt.Client(ADDRESS, broker.port) as client:
                await client.publish(f"{BASE}/{topic}", payload)
            answer = await heard.wait_for(lambda found: found.topic.endswith("/error"))
    assert answer.topic == f"{BASE}/{topic}".replace("/set", "/error")
    assert answer.payload["event"] == "error"
    assert message in answer.payload["message"]
    assert any(line["event"] == "agent_command_refused" for line in logs)
    assert link.connected
    assert (link.commands, link.commands_refused) == (0, 1)


async def test_a_retained_command_is_refused(broker: Mosquitto, make_link: MakeLink) -> None:
    async with aiomqtt.Client(ADDRESS, broker.port) as client:
        await client.publish(f"{BASE}/agent/asha/set", '{"state": "ready"}', qos=1, retain=True)
    link = make_link(broker.port)
    link.start()
    await until(lambda: link.commands_refused)
    assert link.commands == 0


@pytest.mark.interop(proves="")
def test_a_password_is_not_in_the_settings_text() -> None:
    assert "hunter2" not in repr(MqttSettings(host="h", username="u", password="hunter2"))


@pytest.mark.interop(proves="")
def test_the_link_costs_nothing_until_started() -> None:
    link = MqttLink(
        MqttSettings(host="192.0.2.1"),
        site="main",
        version="1",
        agents=(),
        on_command=lambda agent, command: None,
        utc=lambda: datetime.now(UTC),
    )
    link.handle(ended())
    assert (link.waiting, link.published) == (1, 0)
