"""An agent takes a call over with another device: INVITE with Replaces (RFC 3891), by SIPp."""

from __future__ import annotations

import pytest

from tests.integration.conftest import StartSwitch
from tests.integration.test_registration import account, log_in
from tests.support.ports import PortBlock
from tests.support.sipp import Sipp, SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    HANGS_UP,
    IS_ANSWERED,
    IS_CANCELLED,
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    RINGS,
    TALKS,
    ack,
    ack_refusal,
    invite,
    pause,
    press,
    receive,
    receive_challenge,
)
from tests.support.site import headset_agent
from tests.support.switch_process import SwitchProcess

pytestmark = [
    pytest.mark.interop(peer="SIPp", role="headset", over="UDP"),
    needs_raw_sockets,
]


def tag(value: str) -> str:
    return value.partition("tag=")[2].partition(";")[0]


def replaces(headset: Sipp, *, early_only: bool = False) -> str:
    """Return the header that names the dialog of a headset's call."""
    invited = headset.wait_for("INVITE")[0]
    rung = next(each for each in headset.messages() if each.text.startswith("SIP/2.0 180"))
    call_id, ours, theirs = invited.header("Call-ID"), invited.header("From"), rung.header("To")
    return (
        f"Replaces: {call_id};to-tag={tag(ours)};from-tag={tag(theirs)}"
        f"{';early-only' if early_only else ''}"
    )


def takes_over(header: str, *last: str) -> list[str]:
    """A call that replaces another: challenged, then with credentials."""
    headers = ["Require: replaces", header]
    again = invite(cseq=2, branch="again", credentials=True, retransmit=False, headers=headers)
    return [
        *(invite(retransmit=False, headers=headers), receive(100, optional=True)),
        *(receive_challenge(), ack_refusal(), again, *last),
    ]


def other_device(sipp: SippFactory, switch: SwitchProcess, name: str, steps: list[str]) -> Sipp:
    return sipp.caller(switch.sip, steps, number="pickup", caller=name, options=account(name))


def refused(code: int) -> list[str]:
    return [
        receive(100, optional=True),
        receive(code),
        ack_refusal(cseq=2, branch="again"),
    ]


@pytest.mark.interop(proves="Replaces of a ringing dialog: the other device is cancelled")
def test_a_ringing_call(start_switch: StartSwitch, sipp: SippFactory, ports: PortBlock) -> None:
    first = sipp.headset([*RINGS, *IS_CANCELLED])
    switch = start_switch(agents=[headset_agent("asha")])
    log_in(sipp, switch, "asha", first.port)
    caller = sipp.caller(switch.sip, [*TALKS, press("1"), pause(5), *HANGS_UP])
    first.wait_for("INVITE")
    pickup = takes_over(replaces(first, early_only=True), *IS_ANSWERED, ack(cseq=2), *IS_DROPPED)
    second = other_device(sipp, switch, "asha", pickup)
    first.finish()
    caller.finish()
    second.finish()
    record = switch.record()
    assert (record["agent"], record["outbound_codec"]) == ("asha", "PCMA")
    assert [offer["outcome"] for offer in record["offers"]] == ["connected"]


@pytest.mark.interop(proves="Replaces of a talking dialog: the other device is hung up on")
def test_a_talking_call(start_switch: StartSwitch, sipp: SippFactory, ports: PortBlock) -> None:
    first = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(agents=[headset_agent("asha")])
    log_in(sipp, switch, "asha", first.port)
    caller = sipp.caller(switch.sip, [*TALKS, press("1"), pause(5), *HANGS_UP])
    switch.wait_for_metric("freeline_agents", 1, state="talking")
    early = takes_over(replaces(first, early_only=True), *refused(486))
    other_device(sipp, switch, "asha", early).finish()
    pickup = takes_over(replaces(first), *IS_ANSWERED, ack(cseq=2), *IS_DROPPED)
    second = other_device(sipp, switch, "asha", pickup)
    first.finish()
    assert switch.metric("freeline_agents", state="talking") == 1
    caller.finish()
    second.finish()
    assert "Call completed elsewhere" in first.received("BYE")[0].header("Reason")


@pytest.mark.interop(proves="Replaces of nothing, or of somebody else's dialog, is refused")
def test_what_is_not_ones_own(
    start_switch: StartSwitch, sipp: SippFactory, ports: PortBlock
) -> None:
    first = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(agents=[headset_agent("asha"), headset_agent("ravi", skills={})])
    log_in(sipp, switch, "asha", first.port)
    log_in(sipp, switch, "ravi", ports.take())
    caller = sipp.caller(switch.sip, [*TALKS, press("1"), pause(4), *HANGS_UP])
    switch.wait_for_metric("freeline_agents", 1, state="talking")
    other_device(sipp, switch, "ravi", takes_over(replaces(first), *refused(403))).finish()
    nothing = "Replaces: nothing;to-tag=a;from-tag=b"
    other_device(sipp, switch, "ravi", takes_over(nothing, *refused(481))).finish()
    caller.finish()
    first.finish()
    record = next(each for each in switch.wait_for_records(3) if each["flow"] == "order_line")
    assert record["agent"] == "asha"
