"""Callers are rung back by SIPp's carrier, and joined with SIPp's headset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.integration.conftest import StartSwitch
from tests.integration.test_transfers import site
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    IS_CANCELLED,
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    RINGS,
    TALKS,
    hang_up,
    pause,
    press,
    receive,
    receive_invite,
    reply_invite,
)
from tests.support.site import fixed_agent, queue

pytestmark = [
    pytest.mark.interop(peer="SIPp", role="carrier and headset", over="UDP"),
    needs_raw_sockets,
]

ASKS = [*TALKS, press("7"), *IS_DROPPED]
"""For a callback that rings the agent first, as they do unless the flow says otherwise."""
ASKS_CALLER_FIRST = [*TALKS, press("6"), *IS_DROPPED]

ENDS_IT = [*PICKS_UP, pause(4), hang_up(), receive(200)]
"""Long enough for the caller to pick up and hear what is said first."""
IS_BUSY = [receive_invite(), reply_invite(486, "Busy Here", retransmit=True), receive("ACK")]
DECLINES = [receive_invite(), reply_invite(603, "Decline", retransmit=True), receive("ACK")]


@pytest.mark.parametrize("asks", [ASKS, ASKS_CALLER_FIRST], ids=["agent_first", "caller_first"])
def test_rung_back_and_joined(
    asks: Sequence[str], start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    phone = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], echo=True)
    headset = sipp.headset(ENDS_IT, echo=True)
    wanted = site(tmp_path, phone)
    wanted["agents"] = [fixed_agent("asha", headset.port)]
    switch = start_switch(**wanted)
    sipp.caller(switch.sip, asks).finish()
    headset.finish()
    phone.finish()
    assert phone.received("INVITE")[0].text.startswith("INVITE sip:+14155550123@")
    asked, rung = sorted(switch.wait_for_records(2), key=lambda each: str(each["arrived_at"]))
    assert rung["origin"] == asked["id"]
    assert (rung["flow"], rung["agent"]) == ("callback", "asha")
    assert 1 < rung["talk_seconds"] < 4.7
    switch.wait_for_metric("freeline_agents", 1, state="ready")


def test_no_phone_rings_before_an_agent_has_answered(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    phone = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], echo=True)
    declines = sipp.headset(DECLINES)
    rings = sipp.headset([*RINGS, pause(2), *ENDS_IT[len(RINGS) :]], echo=True)
    wanted = site(tmp_path, phone)
    wanted["agents"] = [
        fixed_agent("asha", declines.port, skills={"orders": 9}),
        fixed_agent("binu", rings.port),
    ]
    wanted["queues"] = [queue(strategy="most_skilled")]
    switch = start_switch(**wanted)
    sipp.caller(switch.sip, ASKS).finish()
    rings.wait_for("INVITE")
    assert phone.received("INVITE") == []
    rings.finish()
    phone.finish()
    (rung,) = [each for each in switch.wait_for_records(2) if each["flow"] == "callback"]
    assert [(each["agent"], each["outcome"]) for each in rung["offers"]] == [
        ("asha", "declined"),
        ("binu", "connected"),
    ]


def test_the_place_is_kept_when_no_agent_answers(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    phone = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], echo=True)
    headset = sipp.headset(DECLINES)
    wanted = site(tmp_path, phone)
    wanted["agents"] = [fixed_agent("asha", headset.port)]
    wanted["queues"] = [queue(busy_pause_seconds=4)]
    switch = start_switch(**wanted)
    sipp.caller(switch.sip, ASKS).finish()
    headset.finish()
    answers = sipp.headset(ENDS_IT, port=headset.port, echo=True)
    answers.finish()
    phone.finish()
    assert len(phone.received("INVITE")) == 1
    switch.wait_for_records(3)


def test_an_agent_waits_for_nobody_who_does_not_answer(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    phone = sipp.headset(IS_BUSY, calls=2)
    headset = sipp.headset([receive_invite()])
    wanted = site(tmp_path, phone)
    wanted["agents"] = [fixed_agent("asha", headset.port)]
    switch = start_switch(**wanted)
    sipp.caller(switch.sip, ASKS_CALLER_FIRST).finish()
    phone.finish()
    records = switch.wait_for_records(3, within_seconds=20)
    assert len({each["id"] for each in records}) == 3
    assert headset.received("INVITE") == []
    switch.wait_for_metric("freeline_agents", 1, state="ready")


def test_who_does_not_answer_is_rung_again(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    phone = sipp.headset(IS_BUSY, calls=2)
    headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], calls=2)
    wanted = site(tmp_path, phone)
    wanted["agents"] = [fixed_agent("asha", headset.port)]
    switch = start_switch(**wanted)
    sipp.caller(switch.sip, ASKS).finish()
    phone.finish()
    headset.finish()
    assert len(switch.wait_for_records(3, within_seconds=20)) == 3
    switch.wait_for_metric("freeline_agents", 1, state="ready")


def test_an_agent_who_hangs_up_meanwhile_takes_the_call_back(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    phone = sipp.headset([*RINGS, *IS_CANCELLED])
    headset = sipp.headset(ENDS_IT)
    wanted = site(tmp_path, phone)
    wanted["agents"] = [fixed_agent("asha", headset.port)]
    switch = start_switch(**wanted)
    sipp.caller(switch.sip, ASKS).finish()
    headset.finish()
    phone.finish()
    (rung,) = [each for each in switch.wait_for_records(2) if each["flow"] == "callback"]
    assert rung["detail"] == "the agent hung up"
