"""Calls that get no media: each with the status that tells why, and on record."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.integration.conftest import StartSwitch
from tests.support.processes import wait_until
from tests.support.sipp import SippFactory
from tests.support.sipp_scenario import (
    HANGS_UP,
    IS_ANSWERED,
    TALKS,
    ack,
    ack_refusal,
    invite,
    options,
    receive,
    register,
    sdp,
)
from tests.support.site import NUMBER, headset_agent

pytestmark = pytest.mark.interop(peer="SIPp", role="caller", over="UDP")


def refused(code: int, body: str = sdp(0, 8)) -> list[str]:
    """A caller who expects this status."""
    return [invite(body), receive(100, optional=True), receive(code), ack_refusal()]


def test_an_unknown_number_gets_404(start_switch: StartSwitch, sipp: SippFactory) -> None:
    switch = start_switch()
    sipp.caller(switch.sip, refused(404), number="+18005550199").finish()
    record = switch.record()
    assert (record["result"], record["reason"]) == ("rejected", "unknown_number")
    assert record["sip_code"] == 404
    assert record["dialled"] == "+18005550199"


def test_no_common_codec_gets_488(start_switch: StartSwitch, sipp: SippFactory) -> None:
    switch = start_switch()
    sipp.caller(switch.sip, refused(488, sdp(9, 18))).finish()
    record = switch.record()
    assert (record["result"], record["reason"]) == ("rejected", "no_common_codec")
    assert record["sip_code"] == 488
    switch.wait_for_metric("freeline_media_streams_live", 0)


def test_a_stranger_gets_403_and_no_call(start_switch: StartSwitch, sipp: SippFactory) -> None:
    """The trunk is 127.0.0.1 alone; 127.0.0.2 is nobody we know."""
    switch = start_switch()
    sipp.caller(switch.sip, refused(403), address="127.0.0.2").finish()
    record = switch.record()
    assert (record["result"], record["reason"]) == ("rejected", "forbidden")
    assert record["source"].startswith("127.0.0.2:")
    assert switch.metric("freeline_calls_arrived_total") == 0
    switch.wait_for_metric("freeline_media_streams_live", 0)


def test_a_stranger_may_not_register(start_switch: StartSwitch, sipp: SippFactory) -> None:
    switch = start_switch(agents=[headset_agent("asha")])
    steps = [
        register(expires=60, cseq=1, credentials=False),
        '<recv response="401" auth="true" optional="true" next="challenged"/>',
        receive(403),
        '<nop next="over"/>',
        '<label id="challenged"/>',
        register(expires=60, cseq=2, credentials=True),
        '<recv response="401" optional="true" next="over"/>',
        receive(403),
        '<label id="over"/>',
    ]
    sipp.caller(switch.sip, steps, number="nobody", options=["-au", "nobody", "-ap", "x"]).finish()
    assert switch.metric("freeline_headset_registrations_total") == 0


def test_too_many_calls_get_503_with_retry_after(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    switch = start_switch(settings={"limits": {"max_calls": 1}})
    first = sipp.caller(switch.sip, [*TALKS, '<pause milliseconds="2500"/>', *HANGS_UP])
    switch.wait_for_metric("freeline_calls_live", 1)
    second = sipp.caller(switch.sip, refused(503))
    second.finish()
    assert second.received("SIP/2.0 503")[0].header("Retry-After").isdigit()
    first.finish()
    reasons = [record["reason"] for record in switch.wait_for_records(2)]
    assert sorted(reasons) == ["caller_hung_up", "overloaded"]


def test_overload_is_told_once_however_many_are_refused(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    switch = start_switch(settings={"sip": {"overload": {"per_second": 0.01, "burst": 1}}})
    sipp.caller(switch.sip, [invite(), *IS_ANSWERED, ack(), *HANGS_UP]).finish()
    for _ in range(3):
        sipp.caller(switch.sip, refused(503)).finish()
    wait_until(lambda: switch.log("overload_ended"), "the end of it", within_seconds=60)
    (began,), (ended,) = switch.log("overload_began"), switch.log("overload_ended")
    assert (began["level"], began["limit"]) == ("warning", "per_second")
    assert ended["refused"] == 3
    command = [sys.executable, "-m", "switch", "status", "--config", str(switch.config)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
    assert "takes calls" in told
    assert "over: 3 calls refused to keep up" in told


def test_the_number_may_stand_in_other_headers(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    """Carriers put a routing number into the Request-URI and the dialled one elsewhere."""
    switch = start_switch()
    for header in (
        f"Diversion: <sip:{NUMBER}@127.0.0.1>;reason=unconditional",
        f"P-Called-Party-ID: <sip:{NUMBER}@127.0.0.1>",
    ):
        steps = [invite(headers=[header]), *IS_ANSWERED, ack(), *HANGS_UP]
        sipp.caller(switch.sip, steps, number="5551").finish()
    records = switch.wait_for_records(2)
    assert {record["dialled"] for record in records} == {NUMBER}


@pytest.mark.parametrize("dialled", ["18005550100", "8005550100", "1-800-555-0100"])
def test_the_number_is_normalised(
    start_switch: StartSwitch, sipp: SippFactory, dialled: str
) -> None:
    switch = start_switch()
    steps = [invite(), *IS_ANSWERED, ack(), *HANGS_UP]
    sipp.caller(switch.sip, steps, number=dialled).finish()
    assert switch.record()["dialled"] == NUMBER


def test_options_tells_what_we_understand(start_switch: StartSwitch, sipp: SippFactory) -> None:
    switch = start_switch()
    caller = sipp.caller(switch.sip, [options(), receive(200)])
    caller.finish()
    answer = caller.received("SIP/2.0 200")[0]
    assert {"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS"} <= {
        each.strip() for each in answer.header("Allow").split(",")
    }
    assert switch.records() == []


def test_an_unknown_extension_that_is_required_gets_420(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    """RFC 3261 8.2.2.3."""
    switch = start_switch()
    steps = [
        invite(headers=["Require: teleportation"]),
        receive(100, optional=True),
        *(receive(420), ack_refusal()),
    ]
    caller = sipp.caller(switch.sip, steps)
    caller.finish()
    assert caller.received("SIP/2.0 420")[0].header("Unsupported") == "teleportation"


def test_a_body_that_is_no_sdp_is_refused(start_switch: StartSwitch, sipp: SippFactory) -> None:
    switch = start_switch()
    steps = [
        *(invite("this is not a session description"), receive(100, optional=True)),
        '<recv response="400" optional="true" next="refused"/>',
        receive(488),
        '<label id="refused"/>',
        ack_refusal(),
    ]
    sipp.caller(switch.sip, steps).finish()
    assert switch.record()["result"] == "rejected"


def test_a_number_without_a_flow_gets_503_with_retry_after(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    switch = start_switch(numbers={NUMBER: None})
    caller = sipp.caller(switch.sip, refused(503))
    caller.finish()
    assert caller.received("SIP/2.0 503")[0].header("Retry-After").isdigit()
    record = switch.record()
    assert (record["result"], record["reason"]) == ("rejected", "no_flow")
