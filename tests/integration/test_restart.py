"""The core is killed and started again: agents, headsets and places are as before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_registration import log_in
from tests.support.ports import PortBlock
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
from tests.support.site import Site, fixed_agent, headset_agent, queue
from tests.support.switch_process import SwitchProcess, serve

pytestmark = pytest.mark.interop(peer="SIPp", role="caller and headset", over="UDP")

CALLS = [*TALKS, info("1", cseq=2), receive(200), pause(0.5), bye(cseq=3), receive(200)]


def test_after_a_kill_agents_are_in_their_states_and_headsets_are_reached(
    tmp_path: Path, ports: PortBlock, prompt_cache: Path, sipp: SippFactory
) -> None:
    bens = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    sip_port = ports.take(2)
    settings: dict[str, Any] = {
        "sip": {"listen": [{"transport": "udp", "address": "127.0.0.1", "port": sip_port}]},
        "routing": {"journal": {"path": str(tmp_path / "routing.journal")}},
    }
    site = Site(
        agents=[
            fixed_agent("ben", bens.port, initial_state="ready"),
            headset_agent("asha"),
            fixed_agent("cleo", 9, initial_state="not_ready"),
        ],
        queues=[queue(wrap_up_seconds=300)],
        settings=settings,
    )

    def start(name: str) -> SwitchProcess:
        return serve(site, tmp_path / name, ports=ports, prompt_cache=prompt_cache)

    first = start("first")
    try:
        sipp.caller(first.sip, CALLS).finish()
        bens.finish()
        ashas = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
        log_in(sipp, first, "asha", ashas.port)
        first.wait_for_metric("freeline_agents", 1, state="wrap_up")
        first.wait_for_metric("freeline_agents", 1, state="ready")
    finally:
        first.process.kill()
    second = start("second")
    try:
        for state in ("wrap_up", "ready", "not_ready"):
            second.wait_for_metric("freeline_agents", 1, state=state)
        sipp.caller(second.sip, CALLS).finish()
        ashas.finish()
        assert second.record()["agent"] == "asha"
        second.finish()
    finally:
        second.process.kill()
