"""Transfers to a carrier, played by SIPp: answered, busy, redirected, silent, challenging."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import StartSwitch
from tests.integration.test_flow_edge import flows
from tests.support.processes import wait_until
from tests.support.sipp import Sipp, SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    HANGS_UP,
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
from tests.support.site import NUMBER, fixed_agent

pytestmark = [
    pytest.mark.interop(peer="SIPp", role="caller and carrier", over="UDP"),
    needs_raw_sockets,
]

CALLS_OUT = [*TALKS, press("3")]


def site(directory: Path, carrier: Sipp | None, **dial: Any) -> dict[str, Any]:
    """Return what a `Site` needs, with this carrier to dial through."""
    customers = directory / "customers.csv"
    customers.write_text("phone,name\n")
    port = 9 if carrier is None else carrier.port
    allowed = {"peer": f"sip:127.0.0.1:{port}", "allow": ["+1"], "caller_id": "+18005550100"}
    return {
        "numbers": {NUMBER: "edge"},
        "flows": flows(directory),
        "dial": {**allowed, **dial},
        "agents": [fixed_agent("asha", port, initial_state="ready")],
        "settings": {
            "http": {"allow": ["http://127.0.0.1:9"]},
            "tables": {"customers": {"csv": str(customers), "key": "phone"}},
        },
    }


def test_answered_and_hung_up_by_the_far_end(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    carrier = sipp.headset([*PICKS_UP, pause(1), hang_up(), receive(200)], echo=True)
    switch = start_switch(**site(tmp_path, carrier))
    sipp.caller(switch.sip, [*CALLS_OUT, *IS_DROPPED]).finish()
    carrier.finish()
    (invited,) = carrier.received("INVITE")
    assert invited.text.startswith(f"INVITE sip:+12125550177@127.0.0.1:{carrier.port} ")
    assert "<sip:+18005550100@" in invited.header("From")
    record = switch.record()
    (transfer,) = record["transfers"]
    assert (transfer["number"], transfer["trunk"]) == ("+12125550177", "carrier")
    assert transfer["outcome"] == "connected"
    assert transfer["talk_seconds"] == pytest.approx(1, abs=0.7)
    assert record["recording"]


def test_hung_up_by_the_caller_while_talking_and_while_it_rings(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    carrier = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(**site(tmp_path, carrier, show_caller=True))
    sipp.caller(switch.sip, [*CALLS_OUT, pause(1.5), *HANGS_UP]).finish()
    carrier.finish()
    assert "<sip:+14155550123@" in carrier.received("INVITE")[0].header("From")
    ringing = sipp.headset([*RINGS, *IS_CANCELLED], port=carrier.port)
    sipp.caller(switch.sip, [*CALLS_OUT, pause(1.5), *HANGS_UP]).finish()
    ringing.finish()
    outcomes = [each["transfers"][0]["outcome"] for each in switch.wait_for_records(2)]
    assert outcomes == ["connected", "abandoned"]


@pytest.mark.parametrize(
    ("code", "phrase", "headers", "went"),
    [
        (486, "Busy Here", [], "busy"),
        (404, "Not Found", [], "unreachable"),
        (302, "Moved Temporarily", ["Contact: <sip:+882999@127.0.0.1>"], "failed"),
        (403, "Forbidden", [], "failed"),
    ],
)
def test_refused(
    start_switch: StartSwitch,
    sipp: SippFactory,
    tmp_path: Path,
    code: int,
    phrase: str,
    headers: list[str],
    went: str,
) -> None:
    answer = reply_invite(code, phrase, headers=headers, retransmit=True)
    carrier = sipp.headset([receive_invite(), answer, receive("ACK")])
    switch = start_switch(**site(tmp_path, carrier))
    sipp.caller(switch.sip, [*CALLS_OUT, *IS_DROPPED]).finish()
    carrier.finish()
    record = switch.record()
    assert record["tags"] == {"went": went}
    (transfer,) = record["transfers"]
    assert (transfer["outcome"], transfer["sip_code"]) == (went, code)


def test_nobody_answers(start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path) -> None:
    carrier = sipp.headset([*RINGS, *IS_CANCELLED])
    switch = start_switch(**site(tmp_path, carrier))
    sipp.caller(switch.sip, [*CALLS_OUT, *IS_DROPPED]).finish()
    carrier.finish()
    assert switch.record()["tags"] == {"went": "no_answer"}


def test_a_challenge_is_answered_once(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    challenge = 'Proxy-Authenticate: Digest realm="carrier", nonce="abc", algorithm=MD5, qop="auth"'
    asks = [
        receive_invite(),
        reply_invite(407, "Proxy Authentication Required", headers=[challenge], retransmit=True),
        receive("ACK"),
    ]
    carrier = sipp.headset([*asks, *PICKS_UP, pause(0.5), hang_up(), receive(200)])
    switch = start_switch(**site(tmp_path, carrier, username="us", password="secret-x"))
    sipp.caller(switch.sip, [*CALLS_OUT, *IS_DROPPED]).finish()
    carrier.finish()
    first, second = carrier.received("INVITE")
    assert first.header("Proxy-Authorization") == ""
    assert 'username="us"' in second.header("Proxy-Authorization")
    assert second.header("CSeq") == "2 INVITE"
    assert switch.record()["transfers"][0]["outcome"] == "connected"
    assert "secret-x" not in switch.process.output()


@pytest.mark.parametrize(
    "dial",
    [{"allow": ["+44"]}, {"deny": ["+1212"]}, {"max_calls_per_hour": 1}],
    ids=["not_allowed", "denied", "too_many"],
)
def test_what_is_not_allowed_is_not_dialled(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path, dial: dict[str, Any]
) -> None:
    busy = [receive_invite(), reply_invite(486, "Busy Here", retransmit=True), receive("ACK")]
    carrier = sipp.headset(busy)
    switch = start_switch(**site(tmp_path, carrier, **dial))
    for _ in range(2 if "max_calls_per_hour" in dial else 1):
        sipp.caller(switch.sip, [*CALLS_OUT, *IS_DROPPED]).finish()
    (refused,) = wait_until(lambda: switch.log("dialling_refused"), "the line in the log")
    assert refused["level"] == "warning"
    records = switch.wait_for_records(2 if "max_calls_per_hour" in dial else 1)
    assert records[-1]["tags"] == {"went": "failed"}
    assert len(carrier.received("INVITE")) == len(records) - 1


def test_an_agent_is_rung_past_all_queues_and_gets_no_other_call_meanwhile(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(**site(tmp_path, headset))
    first = sipp.caller(switch.sip, [*TALKS, press("4"), pause(4), *HANGS_UP])
    headset.wait_for("ACK")
    sipp.caller(switch.sip, [*TALKS, press("4"), *IS_DROPPED]).finish()
    first.finish()
    headset.finish()
    switch.wait_for_metric("freeline_agents", 1, state="ready")
    records = sorted(switch.wait_for_records(2), key=lambda each: str(each["arrived_at"]))
    assert [each["transfers"][0]["outcome"] for each in records] == ["connected", "busy"]
    assert records[1]["tags"] == {"went": "busy"}
