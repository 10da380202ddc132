"""A program outside decides over MQTT who serves whom; calls go on without it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from tests.integration.conftest import StartSwitch
from tests.integration.test_control import freeline
from tests.support.mosquitto import ADDRESS, Mosquitto
from tests.support.sipp import SippFactory
from tests.support.sipp_scenario import (
    IS_HUNG_UP_ON,
    PICKS_UP,
    presses_1_and_talks,
    receive_invite,
)
from tests.support.site import fixed_agent, queue
from tests.support.switch_process import SwitchProcess

pytestmark = pytest.mark.interop(
    peer="Mosquitto and SIPp", role="broker; caller and headset", over="MQTT 5; UDP"
)

CALL = presses_1_and_talks(1.5)

Choose = Callable[[dict[str, Any]], str | None]

LATE_SECONDS = 2.0
"""After the question; its deadline is a small part of that."""


@contextmanager
def deciding(
    port: int, choose: Choose, *, after_seconds: float = 0, together: int = 1
) -> Iterator[list[dict[str, Any]]]:
    """Run a program that answers what it is asked; yields the questions so far.

    Args:
        after_seconds: how long it thinks.
        together: of so many questions it answers none before the last.
    """
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
        waiting: list[tuple[str, str]] = []
        async for message in client.messages:
            question = json.loads(message.payload)
            asked.append(question)
            choice = choose(question)
            if choice is not None:
                waiting.append((str(message.topic).replace("/wanted", "/choice"), choice))
            if len(asked) < together:
                continue
            await asyncio.sleep(after_seconds)
            for topic, choice in waiting:
                await client.publish(topic, json.dumps({"choice": choice}), qos=1)
            waiting.clear()

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


def outcomes(switch: SwitchProcess) -> Counter[str]:
    """Return how many choices of the program came to what."""
    name = "freeline_outside_decisions_total"
    words = ("followed", "too_late", "impossible")
    return +Counter({word: int(switch.metric(name, outcome=word)) for word in words})


@pytest.mark.parametrize(
    ("choose", "served_by", "came_to", "rule"),
    [
        (lambda question: question["candidates"][-1], "ben", "followed", "outside"),
        (lambda question: "nobody we know", "asha", "impossible", "stand_in"),
        (lambda question: "cleo", "asha", "impossible", "stand_in"),
        (lambda question: None, "asha", "", "stand_in"),
    ],
    ids=["in time", "unknown", "not free", "silent"],
)
def test_what_is_decided_in_time_is_done_and_the_built_in_rule_stands_in(
    start_switch: StartSwitch,
    sipp: SippFactory,
    broker: Mosquitto,
    choose: Choose,
    served_by: str,
    came_to: str,
    rule: str,
) -> None:
    headsets = {name: sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON]) for name in ("asha", "ben")}
    agents = [fixed_agent(name, each.port) for name, each in headsets.items()]
    switch = start_switch(
        agents=[*agents, fixed_agent("cleo", 9, initial_state="not_ready")],
        queues=[queue(outside={"within_seconds": 0.5, "candidates": 5})],
        settings={"mqtt": {"broker": f"mqtt://{ADDRESS}:{broker.port}"}},
    )
    switch.wait_for_metric("freeline_mqtt_connected", 1)
    with deciding(broker.port, choose) as asked:
        sipp.caller(switch.sip, CALL).finish()
    headsets[served_by].finish()
    assert switch.record()["agent"] == served_by
    assert [question["candidates"] for question in asked] == [["asha", "ben"]]
    assert outcomes(switch) == Counter([came_to] if came_to else [])
    assert switch.metric("freeline_routing_decisions_total", rule=rule) == 1
    assert switch.record()["offers"][0]["rule"] == rule
    why = freeline(switch, "why", switch.record()["id"]).stdout
    assert ("The program outside did not decide" in why) == (rule == "stand_in")


def test_an_answer_that_comes_too_late_changes_nothing_and_is_told(
    start_switch: StartSwitch, sipp: SippFactory, broker: Mosquitto
) -> None:
    ashas = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    bens = sipp.headset([receive_invite()])
    switch = start_switch(
        agents=[fixed_agent("asha", ashas.port), fixed_agent("ben", bens.port)],
        queues=[queue(outside={"within_seconds": 0.2, "candidates": 5})],
        settings={"mqtt": {"broker": f"mqtt://{ADDRESS}:{broker.port}"}},
    )
    switch.wait_for_metric("freeline_mqtt_connected", 1)
    call = presses_1_and_talks(LATE_SECONDS + 2)
    with deciding(broker.port, lambda question: "ben", after_seconds=LATE_SECONDS) as asked:
        caller = sipp.caller(switch.sip, call)
        ashas.wait_for("INVITE")
        assert outcomes(switch) == Counter(), "the rule stood in before the answer"
        switch.wait_for_metric("freeline_outside_decisions_total", 1, outcome="too_late")
        caller.finish()
    ashas.finish()
    (question,) = asked
    assert question["candidates"] == ["asha", "ben"]
    assert not bens.received("INVITE")
    (offer,) = switch.record()["offers"]
    assert (offer["agent"], offer["outcome"], offer["rule"]) == ("asha", "connected", "stand_in")
    (told,) = switch.log("choice_not_followed")
    assert (told["decision"], told["choice"], told["why"]) == (
        str(question["number"]),
        "ben",
        "too_late",
    )
    switch.wait_for_metric("freeline_agents", 2, state="ready")


def test_of_two_choices_of_one_agent_the_second_is_impossible(
    start_switch: StartSwitch, sipp: SippFactory, broker: Mosquitto
) -> None:
    ashas = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    bens = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(
        agents=[fixed_agent("asha", ashas.port), fixed_agent("ben", bens.port)],
        queues=[queue(outside={"within_seconds": 10, "candidates": 5})],
        settings={"mqtt": {"broker": f"mqtt://{ADDRESS}:{broker.port}"}},
    )
    switch.wait_for_metric("freeline_mqtt_connected", 1)
    call = presses_1_and_talks(4)
    # Both callers are asked about before either is answered: asha is free in both questions.
    with deciding(broker.port, lambda question: "asha", together=2) as asked:
        callers = [sipp.caller(switch.sip, call) for _ in range(2)]
        for caller in callers:
            caller.finish()
    ashas.finish()
    bens.finish()
    assert [question["candidates"] for question in asked] == [["asha", "ben"]] * 2
    assert outcomes(switch) == Counter(["followed", "impossible"])
    assert sorted(record["agent"] for record in switch.wait_for_records(2)) == ["asha", "ben"]


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
