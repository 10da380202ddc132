"""Callers are rung back by SIPp's carrier, and joined with SIPp's headset."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.conftest import StartSwitch
from tests.integration.test_transfers import site
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    TALKS,
    hang_up,
    pause,
    press,
    receive,
    receive_invite,
    reply_invite,
)
from tests.support.site import fixed_agent

pytestmark = [
    pytest.mark.interop(peer="SIPp", role="carrier and headset", over="UDP"),
    needs_raw_sockets,
]

ASKS = [*TALKS, press("6"), *IS_DROPPED]


def test_rung_back_and_joined(start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path) -> None:
    phone = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], echo=True)
    headset = sipp.headset([*PICKS_UP, pause(1), hang_up(), receive(200)], echo=True)
    wanted = site(tmp_path, phone)
    wanted["agents"] = [fixed_agent("asha", headset.port)]
    switch = start_switch(**wanted)
    sipp.caller(switch.sip, ASKS).finish()
    headset.finish()
    phone.finish()
    assert phone.received("INVITE")[0].text.startswith("INVITE sip:+14155550123@")
    asked, rung = sorted(switch.wait_for_records(2), key=lambda each: str(each["arrived_at"]))
    assert rung["origin"] == asked["id"]
    assert (rung["flow"], rung["agent"]) == ("callback", "asha")
    assert rung["talk_seconds"] == pytest.approx(1, abs=0.7)
    switch.wait_for_metric("freeline_agents", 1, state="ready")


def test_who_does_not_answer_is_rung_again(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    busy = [receive_invite(), reply_invite(486, "Busy Here", retransmit=True), receive("ACK")]
    phone = sipp.headset([*busy], calls=2)
    headset = sipp.headset([receive_invite()])
    wanted = site(tmp_path, phone)
    wanted["agents"] = [fixed_agent("asha", headset.port)]
    switch = start_switch(**wanted)
    sipp.caller(switch.sip, ASKS).finish()
    phone.finish()
    records = switch.wait_for_records(3, within_seconds=20)
    assert len({each["id"] for each in records}) == 3
    assert headset.received("INVITE") == []
    switch.wait_for_metric("freeline_agents", 1, state="ready")
