"""A part of the switch stands still for a moment under load: calls are late, and nothing else.

So does a machine that has other things to do. Nobody is refused here, for the switch of these
tests may be late; what an installation refuses meanwhile, it refuses with 503.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.support.ports import PortBlock
from tests.support.processes import wait_until
from tests.support.sipp import SippFactory
from tests.support.sipp_scenario import IS_HUNG_UP_ON, PICKS_UP, presses_1_and_talks
from tests.support.site import Site, fixed_agent, queue
from tests.support.switch_process import serve

pytestmark = pytest.mark.interop(peer="SIPp", role="caller and headset", over="UDP")

CALLS = 110
RATE = 50
AGENTS = 110
PAUSE_SECONDS = 1.0
STREAMS = 240
"""Two for each call, and those that stand ready: ports rest for a while after use."""


@pytest.mark.parametrize("part", ["media worker"])
def test_every_call_is_served_though_a_part_stands_still_for_a_second(
    tmp_path: Path, ports: PortBlock, prompt_cache: Path, sipp: SippFactory, part: str
) -> None:
    headsets = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], calls=CALLS)
    site = Site(
        agents=[
            fixed_agent(f"agent{n}", headsets.port, initial_state="ready") for n in range(AGENTS)
        ],
        queues=[queue(ring_seconds=20)],
        settings={"sip": {"overload": {"low_seconds": 9, "high_seconds": 10}}},
    )
    block = PortBlock()
    low = block.take(2 * STREAMS)
    switch = serve(
        *(site, tmp_path / "switch"),
        ports=ports,
        prompt_cache=prompt_cache,
        rtp_ports=(low, low + 2 * STREAMS - 1),
    )
    try:
        switch.wait_for_metric("freeline_agents", AGENTS, state="ready")
        callers = sipp.caller(switch.sip, presses_1_and_talks(0.5), calls=CALLS, rate=RATE)
        decided = "freeline_routing_decision_seconds_count"
        wait_until(lambda: switch.metric(decided) > 10, "calls that are under way")
        stopped = switch.pid if part == "core" else switch.ready["workers"][0]
        os.kill(stopped, signal.SIGSTOP)
        time.sleep(PAUSE_SECONDS)
        os.kill(stopped, signal.SIGCONT)
        callers.finish(60)
        headsets.finish(60)
        records = switch.wait_for_records(CALLS, within_seconds=30)
        ends = {(each["result"], each["reason"]) for each in records}
        assert ends == {("completed", "caller_hung_up")}
        assert all(each["agent"] for each in records)
        switch.wait_for_metric("freeline_agents", AGENTS, state="ready")
        switch.wait_for_metric("freeline_legs_live", 0)
        switch.finish()
    finally:
        switch.process.kill()
        block.close()
