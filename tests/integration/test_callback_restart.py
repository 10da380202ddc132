"""Callers who wait to be rung back keep their places though the switch ends, in whatever way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_transfers import site
from tests.support.centre import fall
from tests.support.ports import PortBlock
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    RINGS,
    TALKS,
    hang_up,
    pause,
    press,
    receive,
    reply,
)
from tests.support.site import FLOWS, NUMBER, Site, fixed_agent, queue
from tests.support.switch_process import SwitchProcess, serve

pytestmark = [
    pytest.mark.interop(peer="SIPp", role="carrier and headset", over="UDP"),
    needs_raw_sockets,
]

ORDER_LINE = "+18005550101"
ASKS = [*TALKS, press("6"), *IS_DROPPED]
"""For a callback that rings the caller first."""
ASKS_AGENT_FIRST = [*TALKS, press("7"), *IS_DROPPED]
WAITS = [*TALKS, press("1"), *IS_DROPPED]
RINGS_OFF = [*PICKS_UP, pause(4), hang_up(), receive(200)]
"""Long enough for the caller to pick up and hear what is said first."""

End = Callable[[SwitchProcess], None]


def kill(switch: SwitchProcess) -> None:
    """End it as a power failure does."""
    switch.process.kill()


ENDS = pytest.mark.parametrize("end", [kill, SwitchProcess.finish], ids=["killed", "stopped"])


class House:
    """One installation: a journal and a carrier, and switches one after another."""

    def __init__(self, directory: Path, ports: PortBlock, prompt_cache: Path) -> None:
        self.journal = directory / "routing.journal"
        self._directory = directory
        self._ports = ports
        self._prompt_cache = prompt_cache
        self._running: list[SwitchProcess] = []
        self._wanted: dict[str, Any] = {}

    def furnish(self, *, attempts: int = 2, same_port: bool = False) -> tuple[int, int]:
        """Let callers be rung back at one port, and asha, who is not ready, sit at another.

        Return both: whoever sits there is started when needed, as SIPp waits a minute at most.
        """
        phone, headset = self._ports.take(), self._ports.take()
        peer = f"sip:127.0.0.1:{phone}"
        wanted = self._wanted = site(self._directory, None, peer=peer)
        edge = wanted["flows"] / "edge.yaml"
        edge.write_text(edge.read_text().replace("attempts: 2", f"attempts: {attempts}"))
        shutil.copy(FLOWS / "order_line.yaml", wanted["flows"])
        wanted["numbers"] = {NUMBER: "edge", ORDER_LINE: "order_line"}
        wanted["agents"] = [fixed_agent("asha", headset, initial_state="not_ready")]
        wanted["settings"]["routing"] = {"journal": {"path": str(self.journal)}}
        wanted["settings"]["limits"] = {"drain_seconds": 1}
        if same_port:
            wanted["queues"] = [queue(wrap_up_seconds=60)]
            listen = {"transport": "udp", "address": "127.0.0.1", "port": self._ports.take()}
            wanted["settings"]["sip"] = {"listen": [listen]}
        return phone, headset

    def start(self) -> SwitchProcess:
        """Start a switch."""
        switch = serve(
            Site(**self._wanted),
            self._directory / f"switch{len(self._running) + 1}",
            ports=self._ports,
            prompt_cache=self._prompt_cache,
        )
        self._running.append(switch)
        return switch

    def close(self) -> None:
        """End whatever still runs."""
        for switch in self._running:
            switch.process.kill()


@pytest.fixture
def house(tmp_path: Path, ports: PortBlock, prompt_cache: Path) -> Iterator[House]:
    built = House(tmp_path, ports, prompt_cache)
    yield built
    built.close()


def make_ready(switch: SwitchProcess) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "switch", "agent", "asha", "ready"),
            *("--config", str(switch.config)),
        ],
        check=True,
        timeout=30,
        capture_output=True,
    )


def wait_for_places(switch: SwitchProcess, count: int) -> None:
    switch.wait_for_metric("freeline_queue_length", count, queue="orders")


@pytest.mark.parametrize(
    ("end", "asks"),
    [(kill, ASKS), (SwitchProcess.finish, ASKS), (kill, ASKS_AGENT_FIRST)],
    ids=["killed", "stopped", "killed, and the agent is rung first"],
)
def test_who_is_to_be_rung_back_is_served_at_the_old_place(
    house: House, sipp: SippFactory, end: End, asks: Sequence[str]
) -> None:
    phone_port, headset_port = house.furnish()
    first = house.start()
    sipp.caller(first.sip, asks).finish()
    wait_for_places(first, 1)
    asked = first.record()
    end(first)

    second = house.start()
    wait_for_places(second, 1)
    later = sipp.caller(second.sip, WAITS, number=ORDER_LINE, caller="+14155550188")
    wait_for_places(second, 2)
    phone = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], echo=True, port=phone_port)
    headset = sipp.headset(RINGS_OFF, echo=True, calls=2, port=headset_port)
    make_ready(second)
    phone.finish()
    later.finish()
    headset.finish()
    rung, waited = sorted(second.wait_for_records(2), key=lambda each: str(each["connected_at"]))
    assert (rung["flow"], rung["origin"], rung["agent"]) == ("callback", asked["id"], "asha")
    assert (waited["flow"], waited["agent"]) == ("order_line", "asha")
    second.finish()


@ENDS
def test_an_attempt_that_the_switch_cut_short_does_not_count(
    house: House, sipp: SippFactory, end: End
) -> None:
    phone_port, headset_port = house.furnish(attempts=1)
    first = house.start()
    sipp.caller(first.sip, ASKS).finish()
    phone = sipp.headset([*RINGS, pause(30)], port=phone_port)
    make_ready(first)
    phone.wait_for("INVITE")
    end(first)
    phone.stop()

    second = house.start()
    answering = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], echo=True, port=phone_port)
    headset = sipp.headset(RINGS_OFF, echo=True, port=headset_port)
    make_ready(second)
    answering.finish()
    headset.finish()
    assert second.record()["flow"] == "callback"
    wait_for_places(second, 0)
    second.finish()


def test_nobody_is_rung_again_whom_the_switch_has_connected(
    house: House, sipp: SippFactory
) -> None:
    phone_port, headset_port = house.furnish()
    first = house.start()
    sipp.caller(first.sip, ASKS).finish()
    for port in (phone_port, headset_port):
        sipp.headset([*PICKS_UP, pause(30)], echo=True, port=port)
    make_ready(first)
    first.wait_for_metric("freeline_agent_ring_seconds_count", 1, queue="orders")
    kill(first)
    second = house.start()
    assert second.metric("freeline_queue_length", queue="orders") == 0
    (restored,) = second.log("routing_restored")
    assert restored["callbacks"] == 0
    second.finish()


@pytest.mark.interop(proves="talks on while the switch is killed; the agent hangs up after it")
def test_who_was_rung_back_talks_on_and_the_agent_wraps_up(house: House, sipp: SippFactory) -> None:
    phone_port, headset_port = house.furnish(same_port=True)
    first = house.start()
    sipp.caller(first.sip, ASKS_AGENT_FIRST).finish()
    asked = first.record()
    taken = receive("BYE", timeout_ms=60_000), reply(200, "OK")
    phone = sipp.headset([*PICKS_UP, *taken], echo=True, port=phone_port)
    rings_off = [*PICKS_UP, pause(20), hang_up(), receive(200)]
    headset = sipp.headset(rings_off, echo=True, port=headset_port)
    make_ready(first)
    fall(first, talking=1)

    second = house.start()
    assert second.metric("freeline_agents", state="talking") == 1
    assert second.metric("freeline_trunk_calls", trunk="carrier", direction="out") == 1
    headset.finish(within_seconds=60)
    phone.finish()
    second.wait_for_metric("freeline_agents", 1, state="wrap_up")
    rung = second.record()
    assert (rung["origin"], rung["agent"]) == (asked["id"], "asha")
    assert (rung["result"], rung["reason"]) == ("completed", "agent_hung_up")
    assert rung["talk_seconds"] == pytest.approx(20, abs=5)
    assert rung["recording"]
    second.finish()


def test_a_switch_that_was_away_for_too_long_tells_whom_it_does_not_ring(
    house: House, sipp: SippFactory
) -> None:
    house.furnish()
    first = house.start()
    sipp.caller(first.sip, ASKS).finish()
    wait_for_places(first, 1)
    asked = first.record()
    kill(first)
    long_ago = time.time() - 3600
    os.utime(house.journal, (long_ago, long_ago))
    second = house.start()
    lost = second.wait_for_log("callback_given_up")
    assert (lost["call"], lost["why"]) == (asked["id"], "lost")
    assert second.metric("freeline_queue_length", queue="orders") == 0
    second.finish()
