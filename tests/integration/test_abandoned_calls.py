"""The caller goes away: in the menu, in the queue, while a headset rings, while answering."""

from __future__ import annotations

import pytest

from tests.integration.conftest import StartSwitch
from tests.support.ports import PortBlock
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    HANGS_UP,
    IS_CANCELLED,
    IS_HUNG_UP_ON,
    RINGS,
    TALKS,
    ack,
    ack_refusal,
    bye,
    cancel,
    invite,
    pause,
    press,
    receive,
    reply,
    reply_invite,
    sdp,
)
from tests.support.site import fixed_agent
from tests.support.switch_process import SwitchProcess

pytestmark = [
    pytest.mark.interop(peer="SIPp", role="caller", over="UDP"),
    needs_raw_sockets,
]


def is_gone_everywhere(switch: SwitchProcess) -> None:
    """Assert that nothing of the call is left in the switch."""
    switch.wait_for_metric("freeline_calls_live", 0)
    switch.wait_for_metric("freeline_legs_live", 0)
    switch.wait_for_metric("freeline_media_streams_live", 0)
    switch.wait_for_metric("freeline_queue_length", 0)
    switch.wait_for_metric("freeline_agents", 0, state="reserved")
    switch.wait_for_metric("freeline_agents", 0, state="talking")


def test_in_the_menu(start_switch: StartSwitch, sipp: SippFactory) -> None:
    switch = start_switch()
    sipp.caller(switch.sip, [*TALKS, pause(0.5), *HANGS_UP]).finish()
    record = switch.record()
    assert (record["result"], record["reason"]) == ("abandoned", "caller_hung_up")
    assert [step["node"] for step in record["path"]] == ["menu"]
    assert record["queues"] == []
    is_gone_everywhere(switch)


def test_in_the_queue(start_switch: StartSwitch, sipp: SippFactory, ports: PortBlock) -> None:
    agents = [fixed_agent("asha", ports.take(), initial_state="not_ready")]
    switch = start_switch(agents=agents)
    caller = sipp.caller(switch.sip, [*TALKS, press("1"), pause(1.5), *HANGS_UP])
    switch.wait_for_metric("freeline_queue_length", 1, queue="orders")
    caller.finish()
    record = switch.record()
    assert (record["result"], record["reason"]) == ("abandoned", "caller_hung_up")
    assert [wait["outcome"] for wait in record["queues"]] == ["abandoned"]
    assert 0.5 < record["wait_seconds"] < 2
    assert record["offers"] == []
    is_gone_everywhere(switch)


def test_while_a_headset_rings(start_switch: StartSwitch, sipp: SippFactory) -> None:
    headset = sipp.headset([*RINGS, *IS_CANCELLED])
    switch = start_switch(agents=[fixed_agent("asha", headset.port)])
    sipp.caller(switch.sip, [*TALKS, press("1"), pause(1), *HANGS_UP]).finish()
    headset.finish()
    record = switch.record()
    assert (record["result"], record["reason"]) == ("abandoned", "caller_hung_up")
    assert [offer["agent"] for offer in record["offers"]] == ["asha"]
    assert record["agent"] == ""
    is_gone_everywhere(switch)
    switch.wait_for_metric("freeline_agents", 1, state="ready")


def test_the_agent_who_was_ringing_gets_the_next_caller(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    headset = sipp.headset([*RINGS, *IS_CANCELLED])
    switch = start_switch(agents=[fixed_agent("asha", headset.port)])
    sipp.caller(switch.sip, [*TALKS, press("1"), pause(0.8), *HANGS_UP]).finish()
    headset.finish()
    again = sipp.headset(
        [*RINGS, reply_invite(200, "OK", sdp(0)), receive("ACK"), *IS_HUNG_UP_ON],
        port=headset.port,
    )
    sipp.caller(switch.sip, [*TALKS, press("1"), pause(1), *HANGS_UP]).finish()
    again.finish()
    records = switch.wait_for_records(2)
    assert [record["result"] for record in records] == ["abandoned", "completed"]


class TestCancel:
    def test_races_with_our_200(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        """CANCEL comes right behind the INVITE; the flow answers at once.

        RFC 3261 9.2: once a final response was sent, CANCEL has no effect, so the
        caller, who sees a 200, acknowledges it and hangs up.
        """
        switch = start_switch()
        steps = [
            invite(retransmit=False),
            cancel(),
            *_either_answered_or_terminated(),
        ]
        for _ in range(5):
            sipp.caller(switch.sip, steps, options=["-default_behaviors", "none"]).finish()
        records = switch.wait_for_records(5)
        assert {record["result"] for record in records} == {"abandoned"}
        assert {record["reason"] for record in records} <= {"caller_cancelled", "caller_hung_up"}
        is_gone_everywhere(switch)

    def test_crosses_the_200_of_the_headset(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        """The headset answers before it sees our CANCEL: ACK and BYE at once (9.1)."""
        headset = sipp.headset(
            [
                *RINGS,
                receive("CANCEL"),
                reply_invite(200, "OK", sdp(0)),
                receive("ACK"),
                *IS_HUNG_UP_ON,
            ],
            options=["-default_behaviors", "none"],
        )
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        sipp.caller(switch.sip, [*TALKS, press("1"), pause(1), *HANGS_UP]).finish()
        headset.finish()
        record = switch.record()
        assert record["result"] == "abandoned"
        is_gone_everywhere(switch)

    def test_for_a_call_that_does_not_exist(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        """RFC 3261 9.2: 481."""
        switch = start_switch()
        sipp.caller(switch.sip, [cancel(), receive(481)]).finish()
        assert switch.records() == []


def _either_answered_or_terminated() -> list[str]:
    """What may follow INVITE and CANCEL: 200s and BYE, or 487; labels join the paths."""
    return [
        receive(100, optional=True),
        '<recv response="487" optional="true" next="terminated"/>',
        '<recv response="200" rrs="true"/>',
        # The 200 of the INVITE or of the CANCEL: with the other one still to come.
        '<recv response="487" optional="true" next="terminated"/>',
        '<recv response="200" rrs="true" timeout="3000"/>',
        ack(),
        bye(),
        receive(200),
        '<nop next="over"/>',
        '<label id="terminated"/>',
        ack_refusal(),
        # The 200 of the CANCEL may come behind the 487.
        '<recv response="200" timeout="300" ontimeout="over"/>',
        '<label id="over"/>',
        pause(0.1),
    ]


def test_a_bye_while_the_headset_is_being_rung_is_not_lost(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    """The headset has not even said 180 when the caller goes: CANCEL waits for that."""
    headset = sipp.headset(
        [
            RINGS[0],
            pause(1),
            *RINGS[1:],
            receive("CANCEL"),
            reply(200, "OK"),
            reply_invite(487, "Request Terminated", retransmit=True),
            receive("ACK"),
        ],
        options=["-pause_msg_ign"],
    )
    switch = start_switch(agents=[fixed_agent("asha", headset.port)])
    sipp.caller(switch.sip, [*TALKS, press("1"), pause(0.6), *HANGS_UP]).finish()
    headset.finish()
    assert switch.record()["result"] == "abandoned"
    is_gone_everywhere(switch)
