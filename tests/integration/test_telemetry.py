"""What Prometheus and MQTT are told, read with their own parser and their own client."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import StartSwitch
from tests.support.mosquitto import Mosquitto
from tests.support.processes import ChildProcess, wait_until
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    HANGS_UP,
    IS_HUNG_UP_ON,
    PICKS_UP,
    TALKS,
    ack_refusal,
    invite,
    ok,
    pause,
    press,
    receive,
    speak,
)
from tests.support.site import NUMBER, fixed_agent, headset_agent

pytestmark = [
    pytest.mark.interop(peer="SIPp", role="caller and headset", over="UDP"),
    needs_raw_sockets,
]

CHOOSES = """
nodes:
  choose:
    type: menu
    prompts: Choose.
    options: {"1": end}
    timeout_seconds: 5
    retries: 1
    exits: {no_input: end, no_match: end}
  end: {type: hangup}
"""


class TestMetrics:
    def test_tell_what_was_done(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], calls=2, echo=True)
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        steps = [*TALKS, press("1"), pause(0.3), speak(), pause(1.2), *HANGS_UP]
        for _ in range(2):
            sipp.caller(switch.sip, steps).finish()
            switch.wait_for_metric("freeline_agents", 1, state="ready")
        headset.finish()
        sipp.caller(switch.sip, [*TALKS, *HANGS_UP]).finish()
        refused = [invite(), receive(100, optional=True), receive(404), ack_refusal()]
        sipp.caller(switch.sip, refused, number="+18005550111").finish()
        switch.wait_for_records(4)

        metric = switch.metric
        assert metric("freeline_calls_arrived_total", trunk="carrier", flow="order_line") == 3
        ended = {
            ("completed", "caller_hung_up"): 2,
            ("abandoned", "caller_hung_up"): 1,
            ("rejected", "unknown_number"): 1,
        }
        for (result, reason), count in ended.items():
            assert metric("freeline_calls_total", result=result, reason=reason) == count
        assert metric("freeline_calls_total") == 4
        assert metric("freeline_digits_total", method="rfc4733") == 2
        assert metric("freeline_queue_entered_total", queue="orders") == 2
        assert metric("freeline_queue_left_total", queue="orders", outcome="connected") == 2
        assert metric("freeline_queue_wait_seconds_count", queue="orders") == 2
        assert metric("freeline_queue_service_level_ratio", queue="orders") == 1
        assert metric("freeline_routing_decision_seconds_count") == 2
        assert metric("freeline_call_setup_seconds_count") == 3
        assert metric("freeline_sip_messages_total", method="INVITE", code="") == 4 + 2
        assert metric("freeline_sip_retransmissions_total") == 0
        assert metric("freeline_rtp_packets_received_total") > 100
        assert metric("freeline_rtp_packets_lost_total") == 0
        assert metric("freeline_event_loop_lag_seconds_count") > 0
        assert metric("freeline_records_written_total") == 4
        assert metric("freeline_records_dropped_total") == 0
        for nothing_left in ("calls_live", "legs_live", "media_streams_live", "queue_length"):
            switch.wait_for_metric(f"freeline_{nothing_left}", 0)

    @pytest.mark.interop(
        role="caller", proves="keys, silence and hang-ups are counted at each node of a flow"
    )
    def test_tell_where_callers_give_up(
        self, start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
    ) -> None:
        flows = tmp_path / "flows"
        flows.mkdir()
        (flows / "order_line.yaml").write_text(CHOOSES)
        switch = start_switch(flows=flows, numbers={NUMBER: "order_line"})
        is_dropped = [receive("BYE", timeout_ms=50_000), ok()]
        wrong_then_right = [pause(0.3), press("9"), pause(1.5), press("1")]
        callers = [
            sipp.caller(switch.sip, [*TALKS, *steps])
            for steps in ([*wrong_then_right, *is_dropped], is_dropped, [pause(1), *HANGS_UP])
        ]
        for caller in callers:
            caller.finish()
        switch.wait_for_records(3)

        def counted(what: str, **labels: str) -> float:
            return switch.metric(f"freeline_flow_node_{what}", flow="order_line", **labels)

        assert counted("entries_total", node="choose") == 3
        assert counted("entries_total", node="end") == 2
        for way in ("1", "no_input", "gone"):
            assert counted("exits_total", node="choose", exit=way) == 1
        assert counted("exits_total", node="choose") == 3
        assert counted("exits_total", node="end", exit="hangup") == 2
        assert counted("hangups_total", node="choose") == counted("hangups_total") == 1
        assert counted("no_match_total", node="choose") == 1
        assert counted("no_input_total", node="choose") == 2
        assert counted("seconds_count", node="choose") == 3
        assert counted("seconds_sum", node="choose") > 12

    @pytest.mark.interop(
        peer="promtool",
        role="reader of metrics",
        over="HTTP",
        proves="the metrics of a running switch pass its lint",
    )
    def test_pass_promtools_lint(self, start_switch: StartSwitch) -> None:
        switch = start_switch()
        finished = subprocess.run(
            ["promtool", "check", "metrics"],
            input=switch.http("/metrics")[1],
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr

    @pytest.mark.interop(proves="")
    def test_health(self, start_switch: StartSwitch) -> None:
        switch = start_switch()
        assert switch.http("/healthz")[0] == 200
        assert switch.http("/readyz")[0] == 200
        assert switch.http("/nothing")[0] == 404


@dataclass
class Ear:
    """`mosquitto_sub`, and what it has heard."""

    process: ChildProcess

    def heard(self, topic_end: str = "") -> list[dict[str, Any]]:
        """Return the payloads so far of topics that end so, with their topic and flags."""
        found = []
        for line in self.process.output().splitlines():
            message = json.loads(line)
            if message["topic"].endswith(topic_end):
                found.append({**message["payload"], "_topic": message["topic"], "_mqtt": message})
        return found

    def wait_for(self, topic_end: str, **values: Any) -> dict[str, Any]:
        """Return the first message on such a topic that has these values."""

        def found() -> dict[str, Any] | None:
            for message in self.heard(topic_end):
                if all(message.get(key) == value for key, value in values.items()):
                    return message
            return None

        return wait_until(found, f"{topic_end} with {values}", within_seconds=15)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A Mosquitto on a port of its own."""
    mosquitto = Mosquitto(tmp_path)
    asyncio.run(mosquitto.start())
    yield mosquitto
    mosquitto.close()


def listen(broker: Mosquitto, directory: Path, name: str = "ear") -> Ear:
    """Subscribe to everything with Mosquitto's own client."""
    arguments = ["-h", "127.0.0.1", "-p", str(broker.port), "-t", "freeline/#", "-F", "%J"]
    process = ChildProcess(name, ["mosquitto_sub", *arguments], directory / f"{name}.txt")
    time.sleep(0.3)  # it does not say when it has subscribed
    return Ear(process)


def settings(broker: Mosquitto) -> dict[str, Any]:
    return {"mqtt": {"broker": f"mqtt://127.0.0.1:{broker.port}"}}


@pytest.mark.interop(peer="Mosquitto and SIPp", role="broker; caller", over="MQTT 5; UDP")
class TestMqtt:
    def test_tells_the_whole_story_of_a_call(
        self,
        start_switch: StartSwitch,
        sipp: SippFactory,
        broker: Mosquitto,
        tmp_path: Path,
    ) -> None:
        ear = listen(broker, tmp_path)
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], echo=True)
        switch = start_switch(agents=[fixed_agent("asha", headset.port)], settings=settings(broker))
        ear.wait_for("/switch/status", status="online")
        steps = [*TALKS, press("1"), pause(0.3), speak(), pause(1), *HANGS_UP]
        sipp.caller(switch.sip, steps).finish()
        headset.finish()
        ended = ear.wait_for("/ended")
        call = ended["call"]
        assert ended["termination"]["reason"] == "caller_hung_up"
        assert switch.record()["id"] == call

        kinds = [each["event"] for each in ear.heard() if f"/call/{call}/" in each["_topic"]]
        wanted = ["arrived", "answered", "node", "prompt", "digit", "queued", "offered"]
        positions = [kinds.index(kind) for kind in [*wanted, "connected", "ended"]]
        assert positions == sorted(positions)
        assert kinds.count("ended") == 1
        assert kinds[-1] == "ended"
        states = [each["state"] for each in ear.heard("/agent/asha/state")]
        assert states[:4] == ["ready", "reserved", "talking", "wrap_up"]
        ear.process.stop()

    def test_keeps_the_agents_state_for_whoever_comes_later(
        self, start_switch: StartSwitch, broker: Mosquitto, tmp_path: Path
    ) -> None:
        first = listen(broker, tmp_path, "first")
        start_switch(agents=[fixed_agent("asha", 9)], settings=settings(broker))
        first.wait_for("/agent/asha/state", state="ready")
        later = listen(broker, tmp_path, "later")
        message = later.wait_for("/agent/asha/state", state="ready")
        assert message["_mqtt"]["retain"] == 1
        first.process.stop()
        later.process.stop()

    def test_carries_commands_for_agents(
        self, start_switch: StartSwitch, broker: Mosquitto, tmp_path: Path
    ) -> None:
        ear = listen(broker, tmp_path)
        switch = start_switch(agents=[fixed_agent("asha", 9)], settings=settings(broker))
        ear.wait_for("/switch/status", status="online")
        self.command(broker, "asha", '{"state": "not_ready", "reason": "lunch"}')
        message = ear.wait_for("/agent/asha/state", state="not_ready")
        assert "lunch" in message["reason"]
        switch.wait_for_metric("freeline_agents", 1, state="not_ready")
        self.command(broker, "asha", '{"state": "asleep"}')
        assert "asleep" in ear.wait_for("/agent/asha/error")["command"]
        self.command(broker, "nobody", '{"state": "ready"}')
        ear.wait_for("/agent/nobody/error")
        ear.process.stop()

    def test_carries_commands_for_agents_who_came_by_a_reload(
        self, start_switch: StartSwitch, broker: Mosquitto, tmp_path: Path
    ) -> None:
        ear = listen(broker, tmp_path)
        switch = start_switch(agents=[fixed_agent("asha", 9)], settings=settings(broker))
        ear.wait_for("/switch/status", status="online")
        (switch.config / "agents.yaml").write_text(json.dumps({"agents": [fixed_agent("ben", 9)]}))
        os.kill(switch.pid, signal.SIGHUP)
        ear.wait_for("/agent/ben/state", state="ready")
        self.command(broker, "ben", '{"state": "not_ready", "reason": "lunch"}')
        ear.wait_for("/agent/ben/state", state="not_ready", reason="lunch")
        self.command(broker, "asha", '{"state": "ready"}')
        assert ear.wait_for("/agent/asha/error")["message"] == "no such agent"
        ear.process.stop()

    def command(self, broker: Mosquitto, agent: str, payload: str) -> None:
        topic = f"freeline/v1/test/agent/{agent}/set"
        subprocess.run(
            [
                "mosquitto_pub",
                "-h",
                "127.0.0.1",
                "-p",
                str(broker.port),
                "-t",
                topic,
                "-m",
                payload,
            ],
            check=True,
            timeout=10,
        )

    def test_says_offline_when_the_switch_ends(
        self, start_switch: StartSwitch, broker: Mosquitto, tmp_path: Path
    ) -> None:
        ear = listen(broker, tmp_path)
        switch = start_switch(settings=settings(broker))
        ear.wait_for("/switch/status", status="online")
        switch.terminate()
        ear.wait_for("/switch/status", status="offline")
        ear.process.stop()


@pytest.mark.interop(peer="Mosquitto and SIPp", role="broker; caller", over="MQTT 5; UDP")
class TestDeadBroker:
    def test_that_was_never_there(
        self, start_switch: StartSwitch, sipp: SippFactory, broker: Mosquitto
    ) -> None:
        broker.kill()
        switch = start_switch(settings=settings(broker))
        sipp.caller(switch.sip, [*TALKS, pause(0.3), *HANGS_UP]).finish()
        assert switch.record()["reason"] == "caller_hung_up"
        assert switch.metric("freeline_mqtt_connected") == 0
        wait_until(
            lambda: any("mqtt" in str(line).lower() for line in switch.log()),
            "a word about the broker in the log",
        )

    def test_that_dies_and_comes_back(
        self,
        start_switch: StartSwitch,
        sipp: SippFactory,
        broker: Mosquitto,
        tmp_path: Path,
    ) -> None:
        switch = start_switch(agents=[fixed_agent("asha", 9)], settings=settings(broker))
        switch.wait_for_metric("freeline_mqtt_connected", 1)
        broker.kill()
        switch.wait_for_metric("freeline_mqtt_connected", 0)
        sipp.caller(switch.sip, [*TALKS, pause(0.3), *HANGS_UP]).finish()
        assert switch.record()["reason"] == "caller_hung_up"

        asyncio.run(broker.start())
        ear = listen(broker, tmp_path)
        # Nothing was kept by the new broker: the switch tells again how things stand.
        ear.wait_for("/agent/asha/state", state="ready")
        ear.wait_for("/switch/status", status="online")
        ear.wait_for("/ended")  # of the call made while there was nobody to tell
        ear.process.stop()


@pytest.mark.interop(proves="")
def test_agents_who_never_registered_are_logged_out(start_switch: StartSwitch) -> None:
    switch = start_switch(agents=[headset_agent("asha"), headset_agent("ravi")])
    assert switch.metric("freeline_agents", state="logged_out") == 2
