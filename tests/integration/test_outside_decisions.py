"""A program outside decides over MQTT who serves whom; calls go on without it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from tests.integration.conftest import StartSwitch
from tests.support.mosquitto import ADDRESS, Mosquitto
from tests.support.sipp import SippFactory
from tests.support.sipp_scenario import (
    IS_HUNG_UP_ON,
    PICKS_UP,
    TALKS,
    bye,
    info,
    pause,
    receive,
)
from tests.support.site import fixed_agent, queue

pytestmark = pytest.mark.interop(
    peer="Mosquitto and SIPp", role="broker; caller and headset", over="MQTT 5; UDP"
)

CALL = [*TALKS, info("1", cseq=2), receive(200), pause(1.5), bye(cseq=3), receive(200)]

Choose = Callable[[dict[str, Any]], str | None]


@contextmanager
def deciding(port: int, choose: Choose) -> Iterator[list[dict[str, Any]]]:
    """Run a program that answers what is asked; yields the questions so far."""
    asked: list[dict[str, Any]] = []
    ready = threading.Event()
    stop = threading.Event()

    async def run() -> None:
        async with aiomqtt.Client(ADDRESS, port) as client:
            await client.subscribe("freeline/v1/test/decision/+/wanted", qos=1)
            ready.set()
            work = asyncio.ensure_future(answer(client))
            await asyncio.to_thread(stop.wait)
            work.cancel()

    async def answer(client: aiomqtt.Client) -> None:
        async for message in client.messages:
            question = json.loads(message.payload)
            asked.append(question)
            choice = choose(question)
            if choice is not None:
                topic = str(message.topic).replace("/wanted", "/choice")
                await client.publish(topic, json.dumps({"choice": choice}), qos=1)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        assert ready.wait(10)
        yield asked
    finally:
        stop.set()
        thread.join(10)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    server = Mosquitto(tmp_path)
    asyncio.run(server.start())
    yield server
    server.close()


@pytest.mark.parametrize(
    ("choose", "served_by", "followed"),
    [
        (lambda question: question["candidates"][-1], "ben", 1),
        (lambda question: "nobody we know", "asha", 0),
        (lambda question: None, "asha", 0),
    ],
    ids=["in time", "nonsense", "silent"],
)
def test_what_is_decided_in_time_is_done_and_the_built_in_rule_stands_in(
    start_switch: StartSwitch,
    sipp: SippFactory,
    broker: Mosquitto,
    choose: Choose,
    served_by: str,
    followed: int,
) -> None:
    headsets = {name: sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON]) for name in ("asha", "ben")}
    switch = start_switch(
        agents=[fixed_agent(name, each.port) for name, each in headsets.items()],
        queues=[queue(outside={"within_seconds": 0.5, "candidates": 5})],
        settings={"mqtt": {"broker": f"mqtt://{ADDRESS}:{broker.port}"}},
    )
    switch.wait_for_metric("freeline_mqtt_connected", 1)
    with deciding(broker.port, choose) as asked:
        sipp.caller(switch.sip, CALL).finish()
    headsets[served_by].finish()
    assert switch.record()["agent"] == served_by
    assert [question["candidates"] for question in asked] == [["asha", "ben"]]
    assert switch.metric("freeline_outside_decisions_total", outcome="followed") == followed


def test_a_broker_that_is_killed_holds_up_nobody(
    start_switch: StartSwitch, sipp: SippFactory, broker: Mosquitto
) -> None:
    headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(
        agents=[fixed_agent("asha", headset.port)],
        queues=[queue(outside={"within_seconds": 0.3})],
        settings={"mqtt": {"broker": f"mqtt://{ADDRESS}:{broker.port}"}},
    )
    switch.wait_for_metric("freeline_mqtt_connected", 1)
    broker.kill()
    sipp.caller(switch.sip, CALL).finish()
    headset.finish()
    assert switch.record()["agent"] == "asha"
