"""Agents hand callers on with REFER: what they are told, and where caller and agents are then.

SIPp plays the headsets, message by message; `test_phones.py` has phones do it with sound.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.conftest import StartSwitch
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_dialog_steps import is_notified, refer
from tests.support.sipp_scenario import (
    HANGS_UP,
    IS_CANCELLED,
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    RINGS,
    TALKS,
    bye,
    hang_up,
    pause,
    press,
    receive,
    receive_invite,
    reinvite,
    reply_invite,
    sdp,
)
from tests.support.site import fixed_agent, queue

pytestmark = [
    pytest.mark.interop(peer="SIPp", role="caller and headset", over="UDP"),
    needs_raw_sockets,
]

ENDS = [bye(cseq=9), receive(200)]
IS_ACCEPTED = [receive(202), *is_notified(100)]


def agents(first: int, second: int, **more: Any) -> list[dict[str, Any]]:
    """Two agents: only the first serves the queue at the start."""
    return [
        fixed_agent("asha", first, **more),
        fixed_agent("ravi", second, skills={"helpdesk": 5}),
    ]


@pytest.mark.interop(proves="blind transfer by REFER to another agent, with NOTIFY of each step")
def test_blind_to_another_agent(start_switch: StartSwitch, sipp: SippFactory) -> None:
    first = sipp.headset(
        [
            *(*PICKS_UP, pause(0.5), refer("sip:ravi@freeline", cseq=2), *IS_ACCEPTED),
            *(*is_notified(180), *is_notified(200), *IS_HUNG_UP_ON),
        ]
    )
    second = sipp.headset([*PICKS_UP, pause(0.5), hang_up(), receive(200)])
    switch = start_switch(
        agents=agents(first.port, second.port), queues=[queue(wrap_up_seconds=60)]
    )
    caller = sipp.caller(switch.sip, [*TALKS, press("1"), *IS_DROPPED])
    first.finish()
    switch.wait_for_metric("freeline_agents", 1, state="wrap_up")
    second.finish()
    caller.finish()
    record = switch.record()
    assert record["agent"] == "asha"
    (transfer,) = record["transfers"]
    assert (transfer["agent"], transfer["by"], transfer["outcome"]) == ("ravi", "asha", "connected")
    assert record["talk_seconds"] < 2
    switch.wait_for_metric("freeline_agents", 1, state="ready")


@pytest.mark.interop(proves="a blind transfer that fails brings the caller back to the agent")
def test_the_caller_comes_back_when_the_target_is_busy(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    first = sipp.headset(
        [
            *(*PICKS_UP, pause(0.5), refer("sip:ravi@freeline", cseq=2), *IS_ACCEPTED),
            *(*is_notified(486), pause(0.5), hang_up(cseq=3), receive(200)),
        ]
    )
    second = sipp.headset(
        [receive_invite(), reply_invite(486, "Busy Here", retransmit=True), receive("ACK")]
    )
    switch = start_switch(agents=agents(first.port, second.port))
    sipp.caller(switch.sip, [*TALKS, press("1"), *IS_DROPPED]).finish()
    first.finish()
    second.finish()
    (transfer,) = switch.record()["transfers"]
    assert (transfer["outcome"], transfer["sip_code"]) == ("busy", 486)


@pytest.mark.interop(proves="a transferor may hang up at once, and the target is rung on")
def test_the_agent_may_hang_up_while_the_target_rings(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    first = sipp.headset(
        [
            *(*PICKS_UP, pause(0.5), refer("sip:ravi@freeline", cseq=2), *IS_ACCEPTED),
            *(*is_notified(180), hang_up(cseq=3), receive(200)),
        ]
    )
    answer = reply_invite(200, "OK", sdp(0), retransmit=True)
    second = sipp.headset([*RINGS, pause(1.5), answer, receive("ACK"), *IS_HUNG_UP_ON])
    switch = start_switch(agents=agents(first.port, second.port))
    caller = sipp.caller(switch.sip, [*TALKS, press("1"), pause(4), *HANGS_UP])
    first.finish()
    caller.finish()
    second.finish()
    (transfer,) = switch.record()["transfers"]
    assert (transfer["by"], transfer["outcome"]) == ("asha", "connected")


@pytest.mark.interop(proves="a re-INVITE of the caller while the target rings")
def test_the_caller_changes_the_codec_meanwhile(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    first = sipp.headset(
        [
            *(*PICKS_UP, pause(0.5), refer("sip:ravi@freeline", cseq=2), *IS_ACCEPTED),
            *(*is_notified(180), *is_notified(200), *IS_HUNG_UP_ON),
        ]
    )
    answer = reply_invite(200, "OK", sdp(0), retransmit=True)
    second = sipp.headset([*RINGS, pause(2.5), answer, receive("ACK"), *IS_HUNG_UP_ON])
    switch = start_switch(agents=agents(first.port, second.port))
    caller = sipp.caller(
        switch.sip,
        [*TALKS, press("1"), pause(1.5), *reinvite(sdp(0, version=2), cseq=2), pause(4), *ENDS],
    )
    second.wait_for("INVITE")
    caller.finish()
    first.finish()
    second.finish()
    assert "RTP/AVP 0" in caller.received("SIP/2.0 200")[1].body
    assert switch.record()["transfers"][0]["outcome"] == "connected"


@pytest.mark.interop(proves="without target and transferor the caller goes back to the queue")
def test_nobody_is_lost_when_the_target_fails_and_the_agent_has_gone(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    first = sipp.headset(
        [
            *(*PICKS_UP, pause(0.5), refer("sip:ravi@freeline", cseq=2), *IS_ACCEPTED),
            *(*is_notified(180), hang_up(cseq=3), receive(200)),
        ]
    )
    refusal = reply_invite(603, "Decline", retransmit=True)
    second = sipp.headset([*RINGS, pause(1), refusal, receive("ACK")])
    switch = start_switch(agents=agents(first.port, second.port))
    caller = sipp.caller(switch.sip, [*TALKS, press("1"), pause(5), *HANGS_UP])
    first.finish()
    again = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], port=first.port)
    second.finish()
    again.finish()
    caller.finish()
    record = switch.record()
    assert [offer["agent"] for offer in record["offers"]] == ["asha", "asha"]
    assert len(record["queues"]) == 2


@pytest.mark.interop(proves="blind transfer by REFER to a queue")
def test_blind_to_a_queue(start_switch: StartSwitch, sipp: SippFactory) -> None:
    first = sipp.headset(
        [
            *(*PICKS_UP, pause(0.5), refer("sip:helpdesk@freeline", cseq=2), *IS_ACCEPTED),
            *(*is_notified(200), *IS_HUNG_UP_ON),
        ]
    )
    second = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(
        agents=agents(first.port, second.port),
        queues=[queue(), queue("helpdesk", skills={"helpdesk": 1})],
    )
    caller = sipp.caller(switch.sip, [*TALKS, press("1"), pause(3), *HANGS_UP])
    first.finish()
    caller.finish()
    second.finish()
    record = switch.record()
    assert [wait["queue"] for wait in record["queues"]] == ["orders", "helpdesk"]
    assert [offer["agent"] for offer in record["offers"]] == ["asha", "ravi"]
    (transfer,) = record["transfers"]
    assert (transfer["queue"], transfer["by"]) == ("helpdesk", "asha")


@pytest.mark.interop(proves="a REFER without subscription (norefersub) is done without NOTIFY")
def test_a_silent_transfer(start_switch: StartSwitch, sipp: SippFactory) -> None:
    silent = refer("sip:ravi@freeline", cseq=2, headers=["Refer-Sub: false"])
    first = sipp.headset([*PICKS_UP, pause(0.5), silent, receive(202), *IS_HUNG_UP_ON])
    second = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(agents=agents(first.port, second.port))
    caller = sipp.caller(switch.sip, [*TALKS, press("1"), pause(3), *HANGS_UP])
    first.finish()
    caller.finish()
    second.finish()
    assert "Refer-Sub: false" in first.received("SIP/2.0 202")[0].text


@pytest.mark.parametrize(
    ("target", "may_reach", "code"),
    [
        ("sip:ravi@freeline", ["queues"], 403),
        ("sip:orders@freeline", ["agents"], 403),
        ("sip:+12125550177@freeline", ["agents", "queues"], 403),
        ("sip:+12125550177@freeline", ["numbers"], 403),  # no trunk may be dialled through
        ("sip:nobody@freeline", ["agents", "queues"], 404),
        ("sip:asha@freeline", ["agents"], 603),
    ],
)
@pytest.mark.interop(proves="a REFER beyond the agent's policy is refused and the call goes on")
def test_beyond_the_policy(
    start_switch: StartSwitch,
    sipp: SippFactory,
    target: str,
    may_reach: list[str],
    code: int,
) -> None:
    steps = [*PICKS_UP, pause(0.5), refer(target, cseq=2), receive(code), *IS_HUNG_UP_ON]
    first = sipp.headset(steps)
    second = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(agents=agents(first.port, second.port, may_reach=may_reach))
    sipp.caller(switch.sip, [*TALKS, press("1"), pause(2), *HANGS_UP]).finish()
    first.finish()
    assert second.received("INVITE") == []
    assert switch.record()["transfers"] == []
    second.stop()


@pytest.mark.interop(proves="an agent's REFER to an outside number is dialled by the trunk's rules")
def test_to_an_outside_number(start_switch: StartSwitch, sipp: SippFactory) -> None:
    first = sipp.headset(
        [
            *(*PICKS_UP, pause(0.5), refer("sip:+12125550177@freeline", cseq=2), *IS_ACCEPTED),
            *(*is_notified(180), *is_notified(200), *IS_HUNG_UP_ON),
        ]
    )
    carrier = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(
        agents=agents(first.port, 9, may_reach=["numbers"]),
        dial={
            "peer": f"sip:127.0.0.1:{carrier.port}",
            "allow": ["+1"],
            "caller_id": "+18005550100",
        },
    )
    caller = sipp.caller(switch.sip, [*TALKS, press("1"), pause(3), *HANGS_UP])
    first.finish()
    caller.finish()
    carrier.finish()
    assert carrier.received("INVITE")[0].text.startswith("INVITE sip:+12125550177@")
    (transfer,) = switch.record()["transfers"]
    assert (transfer["number"], transfer["trunk"]) == ("+12125550177", "carrier")


@pytest.mark.interop(proves="a caller who hangs up ends the ringing of the target")
def test_the_caller_hangs_up_while_the_target_rings(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    first = sipp.headset(
        [
            *(*PICKS_UP, pause(0.5), refer("sip:ravi@freeline", cseq=2), *IS_ACCEPTED),
            *(*is_notified(180), *IS_HUNG_UP_ON),
        ]
    )
    second = sipp.headset([*RINGS, *IS_CANCELLED])
    switch = start_switch(agents=agents(first.port, second.port))
    caller = sipp.caller(switch.sip, [*TALKS, press("1"), pause(2.5), *HANGS_UP])
    caller.finish()
    first.finish()
    second.finish()
    assert switch.record()["reason"] == "caller_hung_up"
