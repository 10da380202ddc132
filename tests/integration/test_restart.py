"""The core is killed and started again: agents, headsets and places are as before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_registration import log_in
from tests.integration.test_transfers import CALLS_OUT
from tests.integration.test_transfers import site as dials
from tests.support.ports import PortBlock
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    RINGS,
    TALKS,
    hang_up,
    info,
    pause,
    presses_1_and_talks,
    receive,
    receive_invite,
    reply_invite,
)
from tests.support.site import Site, fixed_agent, headset_agent, queue
from tests.support.switch_process import SwitchProcess, serve

pytestmark = pytest.mark.interop(peer="SIPp", role="caller and headset", over="UDP")

WAITS = [*TALKS, info("1", cseq=2), receive(200), *IS_DROPPED]
CALLS = presses_1_and_talks(0.5)


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


def test_after_a_kill_who_waited_and_calls_again_is_served_first_and_who_was_rung_is_ready(
    tmp_path: Path, ports: PortBlock, prompt_cache: Path, sipp: SippFactory
) -> None:
    ringing = sipp.headset([*RINGS, pause(60)])
    site = Site(
        agents=[fixed_agent("asha", ringing.port, initial_state="ready")],
        queues=[queue(ring_seconds=60)],
        settings={"routing": {"journal": {"path": str(tmp_path / "routing.journal")}}},
    )
    first = serve(site, tmp_path / "first", ports=ports, prompt_cache=prompt_cache)
    try:
        sipp.caller(first.sip, WAITS, caller="+14155550101")
        ringing.wait_for("INVITE")
        sipp.caller(first.sip, WAITS, caller="+14155550102")
        first.wait_for_metric("freeline_queue_length", 2, queue="orders")
        first.wait_for_metric("freeline_agents", 1, state="reserved")
    finally:
        first.process.kill()
    sipp.stop()

    answering = sipp.headset(
        [*PICKS_UP, pause(0.5), hang_up(), receive(200)], port=ringing.port, calls=3
    )
    second = serve(site, tmp_path / "second", ports=ports, prompt_cache=prompt_cache)
    try:
        second.wait_for_metric("freeline_agents", 1, state="ready")
        agent = [sys.executable, "-m", "switch", "agent", "asha"]
        config = ["--config", str(second.config)]
        subprocess.run([*agent, "not_ready", *config], check=True, timeout=30, capture_output=True)
        # A stranger is there before those who had waited call again, in the other order.
        for length, number in enumerate(("03", "02", "01"), 1):
            sipp.caller(second.sip, WAITS, caller=f"+141555501{number}")
            second.wait_for_metric("freeline_queue_length", length, queue="orders")
        subprocess.run([*agent, "ready", *config], check=True, timeout=30, capture_output=True)
        answering.finish()
        records = second.wait_for_records(3)
        served = sorted(records, key=lambda each: str(each["connected_at"]))
        assert [each["caller"] for each in served] == [
            "+14155550101",
            "+14155550102",
            "+14155550103",
        ]
        assert [each["queues"][0]["resumed"] for each in served] == [True, True, False]
        second.finish()
    finally:
        second.process.kill()


@pytest.mark.interop(role="caller and carrier")
@needs_raw_sockets
def test_a_kill_is_no_way_past_the_limit_of_a_trunk(
    tmp_path: Path, ports: PortBlock, prompt_cache: Path, sipp: SippFactory
) -> None:
    """Also when the switch is away for longer than it takes states up again."""
    busy = [receive_invite(), reply_invite(486, "Busy Here", retransmit=True), receive("ACK")]
    carrier = sipp.headset(busy, calls=2)
    wanted = dials(tmp_path, carrier, max_calls_per_hour=2)
    journal = {"path": str(tmp_path / "routing.journal"), "resume_within_seconds": 0.01}
    wanted["settings"] = {**wanted["settings"], "routing": {"journal": journal}}
    site = Site(**wanted)
    for name, answer in (("first", "busy"), ("second", "busy"), ("third", "failed")):
        switch = serve(site, tmp_path / name, ports=ports, prompt_cache=prompt_cache)
        try:
            sipp.caller(switch.sip, [*CALLS_OUT, *IS_DROPPED]).finish()
            record = switch.record()
            assert record["tags"] == {"went": answer}
            if answer == "failed":
                assert "max_calls_per_hour" in str(switch.log("dialling_refused"))
                switch.finish()
        finally:
            switch.process.kill()
    assert len(carrier.received("INVITE")) == 2
