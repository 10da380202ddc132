"""A caller who drops and calls again is offered the old place (SIPp as callers and headset)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import StartSwitch
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    PICKS_UP,
    TALKS,
    bye,
    hang_up,
    info,
    ok,
    pause,
    receive,
)
from tests.support.site import NUMBER, fixed_agent, queue
from tests.support.switch_process import SwitchProcess

pytestmark = pytest.mark.interop(
    peer="SIPp",
    role="caller and headset",
    over="UDP",
    proves="who drops while waiting and calls again is asked whether to keep the old place",
)

FLOW = """\
nodes:
  wait:
    type: queue
    queue: orders
    exits: {timeout: end, no_agents: end}
  end: {type: hangup}
"""

DROPS = [*TALKS, pause(1), bye(cseq=2), receive(200)]
IS_SERVED = [*TALKS, receive("BYE", timeout_ms=60_000), ok()]
GOES_TO_THE_END = [
    *TALKS,
    pause(1),
    info("2", cseq=2),
    receive(200),
    receive("BYE", timeout_ms=60_000),
    ok(),
]


def tell_agent(switch: SwitchProcess, state: str) -> None:
    command = [sys.executable, "-m", "switch", "agent", "asha", state]
    config = ["--config", str(switch.config)]
    subprocess.run([*command, *config], check=True, timeout=30, capture_output=True)


@needs_raw_sockets
def test_silence_keeps_the_old_place_and_a_key_leaves_it(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    (tmp_path / "wait.yaml").write_text(FLOW)
    headset = sipp.headset([*PICKS_UP, pause(0.3), hang_up(), receive(200)], calls=3)
    switch = start_switch(
        agents=[fixed_agent("asha", headset.port)],
        queues=[queue(resume="offer", skills={})],
        numbers={NUMBER: "wait"},
        flows=tmp_path,
    )
    tell_agent(switch, "not_ready")
    for number in ("01", "02"):
        sipp.caller(switch.sip, DROPS, caller=f"+141555501{number}").finish()
    sipp.caller(switch.sip, IS_SERVED, caller="+14155550103")
    switch.wait_for_metric("freeline_queue_length", 1, queue="orders")
    sipp.caller(switch.sip, GOES_TO_THE_END, caller="+14155550102")
    switch.wait_for_metric("freeline_queue_length", 2, queue="orders")
    sipp.caller(switch.sip, IS_SERVED, caller="+14155550101")
    switch.wait_for_metric("freeline_queue_length", 3, queue="orders", within_seconds=40)
    tell_agent(switch, "ready")
    headset.finish()
    records = [each for each in switch.wait_for_records(5) if each["agent"]]
    served = sorted(records, key=lambda each: str(each["connected_at"]))
    assert [(each["caller"][-2:], each["queues"][0]["resumed"]) for each in served] == [
        ("01", True),
        ("03", False),
        ("02", False),
    ]
