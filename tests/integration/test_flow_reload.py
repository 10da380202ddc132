"""Flows are changed while calls run: new calls get the new flow, running ones keep theirs."""

from __future__ import annotations

import asyncio
import shutil
import signal
from itertools import pairwise
from pathlib import Path

import pytest

from tests.integration.conftest import StartSwitch
from tests.support.mosquitto import Mosquitto, subscriber
from tests.support.processes import wait_until
from tests.support.sipp import SippFactory
from tests.support.sipp_scenario import HANGS_UP, IS_DROPPED, TALKS, ok, pause, receive
from tests.support.site import FLOWS, NUMBER
from tests.support.switch_process import SwitchProcess

pytestmark = pytest.mark.interop(peer="SIPp", role="caller", over="UDP")

WAITS = """
nodes:
  hello:
    type: menu
    prompts: Hello.
    options: {"1": end}
    timeout_seconds: 15
    retries: 0
    exits: {no_input: last_word, no_match: end}
  last_word: {type: hangup, prompts: The old flow.}
  end: {type: hangup}
"""
NEW = "nodes:\n  brief: {type: hangup, prompts: The new flow.}\n"


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    """A directory with the flow that the number leads to."""
    directory = tmp_path / "flows"
    shutil.copytree(FLOWS, directory)
    (directory / "order_line.yaml").write_text(WAITS)
    return directory


def wait_for_reloads(switch: SwitchProcess, result: str) -> None:
    """Wait for a change to be taken up or refused; the check is a process that must start."""
    wait_until(
        lambda: switch.metric("freeline_flow_reloads_total", result=result) >= 1,
        f"a reload {result}",
        within_seconds=60,
        every=0.1,
    )


def wait_for_rejection(switch: SwitchProcess, why: str) -> None:
    """Wait until the log tells a rejection with these words."""
    wait_until(
        lambda: why in str(switch.log("flow_rejected")),
        f"a rejection: {why}",
        within_seconds=60,
        every=0.1,
    )


def paths(switch: SwitchProcess) -> list[list[str]]:
    """Return the nodes that each call on record has entered."""
    return [[step["node"] for step in row["path"]] for row in switch.wait_for_records(2)]


def test_a_call_in_progress_finishes_as_it_began_and_the_next_gets_the_new_flow(
    start_switch: StartSwitch, sipp: SippFactory, flows: Path
) -> None:
    switch = start_switch(flows=flows, numbers={NUMBER: "order_line"})
    is_dropped_late = [receive("BYE", timeout_ms=50_000), ok()]
    running = sipp.caller(switch.sip, [*TALKS, *is_dropped_late])
    switch.wait_for_metric("freeline_flow_node_entries_total", 1, node="hello")

    (flows / "order_line.yaml").write_text(NEW)
    wait_for_reloads(switch, "loaded")
    assert switch.metric("freeline_calls_live") == 1
    new = sipp.caller(switch.sip, [*TALKS, *IS_DROPPED])
    new.finish()
    running.finish()
    assert sorted(paths(switch)) == [["brief"], ["hello", "last_word"]]
    (line,) = switch.log("flows_reloaded")
    assert line["changed"] == ["order_line"]
    # The old nodes have no series any more.
    assert switch.metric("freeline_flow_node_entries_total", node="brief") == 1
    assert not any(labels >= {("node", "hello")} for _, labels in switch.metrics())


def test_a_bad_flow_changes_nothing_and_is_told(
    start_switch: StartSwitch, sipp: SippFactory, flows: Path
) -> None:
    switch = start_switch(flows=flows, numbers={NUMBER: "order_line"})
    before = switch.metric("freeline_flow_loaded_timestamp_seconds", flow="order_line")
    (flows / "order_line.yaml").write_text(NEW.replace("hangup", "hangupp"))
    wait_for_reloads(switch, "rejected")
    wait_for_rejection(switch, "did you mean `hangup`?")
    assert "order_line.yaml:2:" in str(switch.log("flow_rejected"))
    assert switch.metric("freeline_flow_loaded_timestamp_seconds", flow="order_line") == before

    sipp.caller(switch.sip, [*TALKS, pause(0.3), *HANGS_UP]).finish()
    assert switch.record()["path"][0]["node"] == "hello"

    (flows / "order_line.yaml").write_text(NEW)
    wait_for_reloads(switch, "loaded")


def test_a_yaml_bomb_stops_nobody(
    start_switch: StartSwitch, sipp: SippFactory, flows: Path
) -> None:
    switch = start_switch(flows=flows, numbers={NUMBER: "order_line"})
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]" for a, b in pairwise("abcdefgh")]
    (flows / "order_line.yaml").write_text("\n".join(lines) + "\n")
    sipp.caller(switch.sip, [*TALKS, pause(0.3), *HANGS_UP]).finish()
    wait_for_rejection(switch, "expand to far too much")

    with (flows / "order_line.yaml").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    wait_for_rejection(switch, "is larger than 1 MiB")


@pytest.mark.interop(proves="")
def test_sighup_reads_the_flows_again(start_switch: StartSwitch, flows: Path) -> None:
    switch = start_switch(flows=flows, numbers={NUMBER: "order_line"})
    switch.process.signal(signal.SIGHUP)
    wait_for_reloads(switch, "loaded")
    wait_until(lambda: switch.log("flows_reloaded"), "the line in the log")
    assert switch.log("flows_reloaded")[0]["changed"] == []


@pytest.mark.interop(peer="Mosquitto", role="broker", over="MQTT 5")
async def test_a_broker_is_told_of_a_bad_flow_and_of_a_good_one(
    start_switch: StartSwitch, flows: Path, tmp_path: Path
) -> None:
    broker = Mosquitto(tmp_path)
    await broker.start()
    try:
        async with subscriber(broker.port) as heard:
            mqtt = {"broker": f"mqtt://127.0.0.1:{broker.port}"}
            switch = start_switch(
                flows=flows, numbers={NUMBER: "order_line"}, settings={"mqtt": mqtt}
            )
            await asyncio.to_thread(
                wait_until, lambda: switch.metric("freeline_mqtt_connected") == 1, "the broker"
            )
            (flows / "order_line.yaml").write_text(NEW.replace("hangup", "hangupp"))
            await asyncio.to_thread(wait_for_reloads, switch, "rejected")
            rejected = await heard.on("/flow_rejected")
            assert "order_line.yaml:2:" in rejected.payload["problems"][0]
            (flows / "order_line.yaml").write_text(NEW)
            await asyncio.to_thread(wait_for_reloads, switch, "loaded")
            reloaded = await heard.on("/flows_reloaded")
            assert reloaded.payload["changed"] == ["order_line"]
            await asyncio.to_thread(switch.finish)
    finally:
        broker.close()
