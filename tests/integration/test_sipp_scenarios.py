"""Every scenario that SIPp brings along, against the switch, in the role that fits.

`branchc` and `branchs` register without a password and want the call within the
registration's Call-ID: what the switch does with that is right, and shown here too.
`ooc_dummy` waits for a method that nobody has; it is run as SIPp means it, beside another.
"""

from __future__ import annotations

import pytest

from tests.integration.conftest import StartSwitch
from tests.support.ports import PortBlock
from tests.support.processes import wait_until
from tests.support.sipp import SippFactory, is_bound, needs_raw_sockets
from tests.support.sipp_scenario import (
    HANGS_UP,
    IS_HUNG_UP_ON,
    PICKS_UP,
    TALKS,
    pause,
    press,
)
from tests.support.site import fixed_agent, headset_agent

pytestmark = pytest.mark.interop(peer="SIPp", over="UDP")


@pytest.mark.interop(role="caller", proves="built-in scenario uac")
def test_uac(start_switch: StartSwitch, sipp: SippFactory) -> None:
    switch = start_switch()
    sipp.built_in("uac", "-d", "500", target=switch.sip).finish()
    assert switch.record()["reason"] == "caller_hung_up"


@pytest.mark.interop(role="caller", proves="built-in scenario uac: BYE right after the ACK")
def test_uac_that_hangs_up_at_once(start_switch: StartSwitch, sipp: SippFactory) -> None:
    switch = start_switch()
    sipp.built_in("uac", "-r", "20", "-d", "0", target=switch.sip, calls=20).finish()
    records = switch.wait_for_records(20)
    assert {record["reason"] for record in records} == {"caller_hung_up"}


@needs_raw_sockets
@pytest.mark.interop(role="caller", proves="built-in scenario uac_pcap: speech, and a key as sound")
def test_uac_pcap(start_switch: StartSwitch, sipp: SippFactory) -> None:
    """Its speech is PCMA and lasts 8 seconds; then it presses 1 and goes on for a second."""
    headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(agents=[fixed_agent("asha", headset.port)])
    sipp.built_in("uac_pcap", target=switch.sip).finish()
    headset.finish()
    record = switch.record()
    media = {each["leg"]: each for each in record["media"]}
    assert media["inbound"]["packets_received"] > 200
    assert (record["agent"], record["path"][0]["choice"]) == ("asha", "1")


@pytest.mark.interop(role="caller", proves="built-in scenario regexp: reads our SDP and Contact")
def test_regexp(start_switch: StartSwitch, sipp: SippFactory) -> None:
    switch = start_switch()
    caller = sipp.built_in("regexp", target=switch.sip)
    caller.finish()
    (ack,) = [each for each in caller.messages() if each.sent and each.text.startswith("ACK")]
    assert ack.header("retrievedContact").startswith(f"<sip:{switch.sip}")
    assert ack.header("retrievedSdpOrigin") == "o=freeline 1 1"


@needs_raw_sockets
@pytest.mark.parametrize("name", ["uas", "3pcc-A", "3pcc-B"])
@pytest.mark.interop(role="headset", proves="built-in scenarios uas, 3pcc-A, 3pcc-B: is called")
def test_those_who_are_called(start_switch: StartSwitch, sipp: SippFactory, name: str) -> None:
    """An agent's device that answers at once, and is hung up on."""
    headset = sipp.built_in(name)
    switch = start_switch(agents=[fixed_agent("asha", headset.port)])
    sipp.caller(switch.sip, [*TALKS, press("1"), pause(2), *HANGS_UP]).finish()
    headset.finish()
    assert switch.record()["agent"] == "asha"


@pytest.mark.interop(
    role="caller", proves="built-in scenarios 3pcc-C-A and 3pcc-C-B: third party call control"
)
def test_a_controller_joins_two_calls(
    start_switch: StartSwitch, sipp: SippFactory, ports: PortBlock
) -> None:
    """RFC 3725, flow I: the offer of our 200 becomes the offer of the other call's INVITE, and
    its answer comes back to us in the ACK of the first. Both ends are the switch."""
    switch = start_switch()
    twin = f"127.0.0.1:{ports.take()}"
    second = sipp.built_in("3pcc-C-B", "-3pcc", twin, target=switch.sip)
    wait_until(lambda: is_listening(twin), "the other controller")
    first = sipp.built_in("3pcc-C-A", "-3pcc", twin, target=switch.sip)
    first.finish()
    second.finish()
    (late,) = first.received("SIP/2.0 200")[:1]
    assert late.body.startswith("v=0")
    records = switch.wait_for_records(2)
    assert {record["reason"] for record in records} == {"caller_hung_up"}
    assert {record["inbound_codec"] for record in records} == {"PCMU"}


@pytest.mark.interop(
    role="headset", proves="built-in scenario branchc registers without a password: 401, no call"
)
def test_branchc(start_switch: StartSwitch, sipp: SippFactory) -> None:
    """It registers `ua1` and takes nothing but 200. The switch challenges every REGISTER, so
    the scenario cannot get further against it; nothing must come of its try."""
    switch = start_switch(agents=[headset_agent("ua1")])
    caller = sipp.built_in("branchc", "-timeout", "8s", target=switch.sip)
    caller.wait_for("SIP/2.0 401")
    assert caller.process.wait(30) != 0
    assert switch.metric("freeline_headset_registrations_total") == 0
    assert switch.metric("freeline_calls_active") == 0


@needs_raw_sockets
@pytest.mark.interop(
    role="headset", proves="built-in scenario branchs takes no call: the next agent is rung"
)
def test_branchs(start_switch: StartSwitch, sipp: SippFactory) -> None:
    """It takes an INVITE only after a REGISTER with the same Call-ID, which nobody sends; to
    the switch that is a headset that does not answer."""
    first = sipp.built_in("branchs")
    second = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(
        agents=[fixed_agent("first", first.port), fixed_agent("second", second.port)]
    )
    caller = sipp.caller(switch.sip, [*TALKS, press("1"), pause(8), *HANGS_UP])
    first.wait_for("INVITE")
    caller.finish()
    second.finish()
    record = switch.record()
    assert [offer["agent"] for offer in record["offers"]] == ["first", "second"]
    assert record["agent"] == "second"
    first.stop()


@pytest.mark.parametrize("beside", ["ooc_default", "ooc_dummy"])
@pytest.mark.interop(
    role="caller", proves="built-in scenarios ooc_default and ooc_dummy, beside uac"
)
def test_out_of_call(start_switch: StartSwitch, sipp: SippFactory, beside: str) -> None:
    """They see to what comes outside of the caller's calls; the call goes as ever."""
    switch = start_switch()
    sipp.built_in("uac", "-oocsn", beside, "-d", "500", target=switch.sip).finish()
    assert switch.record()["reason"] == "caller_hung_up"


def is_listening(address: str) -> bool:
    """Say whether somebody listens at this TCP port."""

    return is_bound(int(address.rpartition(":")[2]), "tcp")
