"""The core is killed while people talk, and started again: they notice nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.ports import PortBlock
from tests.support.processes import is_running, wait_until
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    HANGS_UP,
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    TALKS,
    bye,
    hang_up,
    headset_reinvite,
    info,
    ok,
    pause,
    receive,
    reinvite,
    reply,
    sdp,
    speak,
)
from tests.support.site import NUMBER, Site, fixed_agent, queue
from tests.support.switch_process import SwitchProcess, serve

pytestmark = pytest.mark.interop(
    peer="SIPp",
    role="caller and headset",
    over="UDP",
    proves="talks on while the switch is killed and started again; BYE and re-INVITE work after it",
)

HELP = "+18005550199"
ARRIVES = [*TALKS, info("1", cseq=2), receive(200)]
AWAY = 15.0
"""Seconds that a party says nothing in SIP: the switch falls and comes back meanwhile."""

Start = Callable[[str], SwitchProcess]


@dataclass
class Centre:
    """Two lines with agents of their own, and a switch that can be started again and again."""

    directory: Path
    ports: PortBlock
    prompt_cache: Path
    sip_port: int
    rtp_port: int
    running: list[SwitchProcess] = field(default_factory=list)

    def start(self, agents: list[dict[str, Any]], **settings: Any) -> SwitchProcess:
        flows = self.directory / "flows"
        if not flows.exists():
            flows.mkdir()
            for name in ("orders", "help"):
                (flows / f"{name}.yaml").write_text(_FLOW.format(queue=name))
        listen = [{"transport": "udp", "address": "127.0.0.1", "port": self.sip_port}]
        site = Site(
            agents=agents,
            queues=[queue("orders"), queue("help", skills={"help": 1})],
            numbers={NUMBER: "orders", HELP: "help"},
            flows=flows,
            settings={
                "sip": {"listen": listen},
                "routing": {"journal": {"path": str(self.directory / "routing.journal")}},
                **settings,
            },
        )
        switch = serve(
            site,
            self.directory / f"switch{len(self.running) + 1}",
            ports=self.ports,
            prompt_cache=self.prompt_cache,
            rtp_ports=(self.rtp_port, self.rtp_port + 239),
        )
        self.running.append(switch)
        return switch


_FLOW = """\
nodes:
  menu:
    type: menu
    prompts: Press 1.
    options: {{"1": wait}}
    exits: {{no_input: good_bye, no_match: good_bye}}
  wait:
    type: queue
    queue: {queue}
    exits: {{timeout: good_bye, no_agents: good_bye}}
  good_bye:
    type: hangup
"""


@pytest.fixture
def centre(tmp_path: Path, ports: PortBlock, prompt_cache: Path) -> Iterator[Centre]:
    rtp_ports = PortBlock()  # a hundred streams take a block of their own
    centre = Centre(tmp_path, ports, prompt_cache, ports.take(2), rtp_ports.take(240))
    yield centre
    rtp_ports.close()
    for switch in centre.running:
        for worker in switch.ready["workers"]:
            if is_running(worker):
                os.kill(worker, signal.SIGKILL)
        switch.process.kill()


def at_port(prefix: str, count: int, port: int, skill: str) -> list[dict[str, Any]]:
    """Return agents whose headsets are one SIPp."""
    return [
        fixed_agent(f"{prefix}{number}", port, initial_state="ready", skills={skill: 5})
        for number in range(count)
    ]


def fall(switch: SwitchProcess, talking: int, *, with_words: str = "") -> None:
    """Kill the core, and nothing but the core, once so many talk and are noted."""
    switch.wait_for_metric("freeline_agents", talking, within_seconds=40, state="talking")
    journal = switch.directory.parent / "routing.journal"

    def noted() -> bool:
        lines = journal.read_text().splitlines() if journal.exists() else []
        calls = [each for each in lines if each.startswith('{"k":"call:') and with_words in each]
        return len(calls) >= talking

    wait_until(noted, "the notes of all calls", within_seconds=30)
    os.kill(switch.pid, signal.SIGKILL)
    wait_until(lambda: not is_running(switch.pid), "the end of the core")


@needs_raw_sockets
def test_fifty_who_talk_notice_nothing_of_a_kill(centre: Centre, sipp: SippFactory) -> None:
    taken = receive("BYE", timeout_ms=60_000), reply(200, "OK")
    takers = sipp.headset([*PICKS_UP, *taken], calls=30, echo=True)
    helpers = sipp.headset([*PICKS_UP, pause(AWAY), hang_up(), receive(200)], calls=20, echo=True)
    agents = at_port("taker", 30, takers.port, "orders") + at_port(
        "helper", 20, helpers.port, "help"
    )
    first = centre.start(agents)
    hanging_up = sipp.caller(
        first.sip,
        [
            *ARRIVES,
            speak(),
            pause(AWAY),
            *reinvite(sdp(8, 0, version=2), cseq=3),
            bye(cseq=4),
            receive(200),
        ],
        calls=30,
        rate=20,
    )
    hung_up_on = sipp.caller(
        first.sip,
        [*ARRIVES, speak(), receive("BYE", timeout_ms=60_000), ok()],
        number=HELP,
        calls=20,
        rate=20,
    )
    fall(first, talking=50)
    workers = [pid for pid in first.ready["workers"] if is_running(pid)]
    assert workers == first.ready["workers"]
    second = centre.start(agents)
    assert second.ready["workers"] == workers
    told = second.wait_for_log("calls_taken_over")
    assert told["calls"] == 50
    assert second.metric("freeline_calls_taken_over_total") == 50
    assert second.metric("freeline_agents", state="talking") == 50
    for party in (hanging_up, hung_up_on, takers, helpers):
        party.finish(within_seconds=60)
    records = second.wait_for_records(50)
    assert {record["result"] for record in records} == {"completed"}
    reasons = [record["reason"] for record in records]
    assert sorted(set(reasons)) == ["agent_hung_up", "caller_hung_up"]
    assert reasons.count("agent_hung_up") == 20
    assert {record["agent"] for record in records} == {agent["id"] for agent in agents}
    for record in records:
        assert record["talk_seconds"] > AWAY - 2
        assert record["path"][0]["choice"] == "1"
        assert record["recording"]
        assert not record["recording_error"]
        media = {leg["leg"]: leg for leg in record["media"]}
        # All 235 packets of the capture, seven seconds of speech through the fall and after it.
        assert media["inbound"]["packets_received"] >= 230
        assert media["inbound"]["packets_lost"] == 0
        assert media["outbound"]["packets_lost"] == 0
    second.wait_for_metric("freeline_agents", 50, state="ready")
    second.finish()


def test_hold_and_music_outlive_the_core(centre: Centre, sipp: SippFactory) -> None:
    asha = sipp.headset(
        [
            *PICKS_UP,
            pause(0.5),
            *headset_reinvite(sdp(0, direction="sendonly", version=2), cseq=1),
            pause(AWAY),
            *headset_reinvite(sdp(0, version=3), cseq=2),
            *IS_HUNG_UP_ON,
        ]
    )
    agents = at_port("asha", 1, asha.port, "orders")
    first = centre.start(agents)
    caller = sipp.caller(first.sip, [*ARRIVES, pause(AWAY + 3), bye(cseq=3), receive(200)])
    asha.wait_for("SIP/2.0 200")
    fall(first, talking=1, with_words='"held":true')
    second = centre.start(agents)
    caller.finish()
    asha.finish()
    record = second.record()
    assert record["result"] == "completed"
    assert AWAY - 1 < record["hold_seconds"] < AWAY + 3
    second.finish()


def test_a_call_whose_worker_fell_too_ends_for_both(centre: Centre, sipp: SippFactory) -> None:
    asha = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    agents = at_port("asha", 1, asha.port, "orders")
    first = centre.start(agents)
    caller = sipp.caller(first.sip, [*ARRIVES, *IS_DROPPED])
    fall(first, talking=1)
    [worker] = first.ready["workers"]
    os.kill(worker, signal.SIGKILL)
    second = centre.start(agents)
    caller.finish()
    asha.finish()
    record = second.record()
    assert (record["result"], record["reason"]) == ("failed", "media_lost")
    assert record["agent"] == "asha0"
    second.wait_for_metric("freeline_agents", 1, state="ready")
    second.finish()


def test_a_switch_that_comes_too_late_closes_the_record(centre: Centre, sipp: SippFactory) -> None:
    asha = sipp.headset([*PICKS_UP, pause(60)])
    agents = at_port("asha", 1, asha.port, "orders")
    soon = {
        "routing": {
            "journal": {
                "path": str(centre.directory / "routing.journal"),
                "resume_within_seconds": 1,
            }
        }
    }
    first = centre.start(agents, **soon)
    sipp.caller(first.sip, [*ARRIVES, pause(60), *HANGS_UP])
    fall(first, talking=1)
    [worker] = first.ready["workers"]
    wait_until(lambda: not is_running(worker), "the end of the worker")
    second = centre.start(agents, **soon)
    record = second.record()
    assert (record["result"], record["reason"]) == ("failed", "switch_stopped")
    assert record["agent"] == "asha0"
    second.finish()


def test_a_switch_hands_over_those_who_talk(centre: Centre, sipp: SippFactory) -> None:
    asha = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    agents = at_port("asha", 1, asha.port, "orders")
    first = centre.start(agents, limits={"hand_over_seconds": 1})
    caller = sipp.caller(first.sip, [*ARRIVES, pause(AWAY), bye(cseq=3), receive(200)])
    first.wait_for_metric("freeline_agents", 1, state="talking")
    listener = sipp.caller(first.sip, [*TALKS, *IS_DROPPED])
    first.wait_for_metric("freeline_calls_live", 2)
    first.process.signal(signal.SIGUSR2)
    assert first.process.wait(15) == 0
    listener.finish()
    record = first.record()
    assert (record["result"], record["reason"]) == ("failed", "switch_stopped")
    second = centre.start(agents)
    assert second.ready["workers"] == first.ready["workers"]
    caller.finish()
    asha.finish()
    record = second.record()
    assert (record["result"], record["reason"]) == ("completed", "caller_hung_up")
    assert record["agent"] == "asha0"
    second.finish()
