"""UDP loses messages: each side repeats what it must, and a call is made or ended once."""

from __future__ import annotations

import socket

import pytest

from tests.integration.conftest import StartSwitch
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    HANGS_UP,
    IS_ANSWERED,
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    RINGS,
    TALKS,
    ack,
    invite,
    pause,
    press,
    receive,
    receive_invite,
    reply_invite,
    sdp,
)
from tests.support.site import fixed_agent

pytestmark = [
    pytest.mark.interop(peer="SIPp", role="caller and headset", over="UDP"),
    needs_raw_sockets,
]

QUICK = {"sip": {"t1_seconds": 0.05}}
"""T1 of a local network: what takes 64 * T1 takes 3.2 s."""


class TestTheCallersAck:
    def test_never_comes(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        """RFC 3261 13.3.1.4: the 200 is repeated; after 64 * T1 the call is over, with BYE."""
        switch = start_switch(settings=QUICK)
        caller = sipp.caller(switch.sip, [invite(), *IS_ANSWERED, *IS_DROPPED])
        caller.finish()
        # After T1, 2 * T1 and so on to T2: 0.05 0.15 0.35 0.75 1.55 3.15 s.
        assert len(caller.received("SIP/2.0 200")) == 7
        record = switch.record()
        assert (record["result"], record["reason"]) == ("failed", "no_ack")
        assert switch.metric("freeline_sip_retransmissions_total", direction="out") >= 6

    def test_comes_late(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        steps = [
            *(invite(), *IS_ANSWERED, pause(0.8), ack()),
            *(press("1"), pause(1.2), *HANGS_UP),
        ]
        caller = sipp.caller(switch.sip, steps)
        caller.finish()
        headset.finish()
        assert len(caller.received("SIP/2.0 200")) == 2 + 1  # INVITE's twice, BYE's once
        assert switch.record()["agent"] == "asha"


class TestThe200ToTheCaller:
    def test_is_lost_once(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        steps = [
            invite(retransmit=False),
            pause(0.3),  # deaf: the first 200 is not seen
            receive(100, optional=True),
            *(receive(200, makes_dialog=True), ack()),
            *(press("1"), pause(1.2)),
            *HANGS_UP,
        ]
        caller = sipp.caller(switch.sip, steps, options=["-pause_msg_ign"])
        caller.finish()
        headset.finish()
        assert switch.record()["agent"] == "asha"


class TestTheCallersInvite:
    def test_comes_twice(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        """One transaction, one call."""
        switch = start_switch()
        steps = [
            *(invite(retransmit=False), pause(0.01), invite(retransmit=False)),
            *(*IS_ANSWERED, ack(), pause(0.3), *HANGS_UP),
        ]
        caller = sipp.caller(switch.sip, steps, options=["-pause_msg_ign"])
        caller.finish()
        answers = caller.received("SIP/2.0 200")
        tags = {answer.header("To").partition("tag=")[2] for answer in answers}
        assert len(tags) == 1
        assert switch.record()["reason"] == "caller_hung_up"
        assert switch.metric("freeline_sip_retransmissions_total", direction="in") >= 1

    def test_comes_again_after_the_answer(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        switch = start_switch()
        steps = [
            *(invite(retransmit=False), *IS_ANSWERED, ack()),
            *(pause(0.2), invite(retransmit=False), pause(0.3), ack()),
            *HANGS_UP,
        ]
        caller = sipp.caller(switch.sip, steps, options=["-pause_msg_ign"])
        caller.finish()
        assert switch.record()["reason"] == "caller_hung_up"


class TestTheCallersBye:
    def test_comes_twice(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        switch = start_switch()
        caller = sipp.caller(switch.sip, [*TALKS, pause(0.2), *HANGS_UP])
        caller.finish()
        again = next(each for each in caller.messages() if each.text.startswith("BYE"))
        host, _, port = switch.sip.rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            data = "\r\n".join([*again.text.strip().splitlines(), "", ""]).encode()
            sender.sendto(data, (host, int(port)))
        switch.wait_for_metric("freeline_sip_retransmissions_total", 1, direction="in")
        assert switch.record()["reason"] == "caller_hung_up"


class TestTheHeadset:
    def test_loses_our_ack(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        """It repeats its 200, and each gets an ACK."""
        headset = sipp.headset(
            [
                *RINGS,
                reply_invite(200, "OK", sdp(0)),
                pause(0.3),  # deaf: our first ACK is not seen
                reply_invite(200, "OK", sdp(0)),
                receive("ACK"),
                *IS_HUNG_UP_ON,
            ],
            options=["-pause_msg_ign"],
        )
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        sipp.caller(switch.sip, [*TALKS, press("1"), pause(1.5), *HANGS_UP]).finish()
        headset.finish()
        assert switch.record()["agent"] == "asha"

    def test_does_not_hear_our_first_invite(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        """The INVITE is repeated until something comes back (timer A)."""
        headset = sipp.headset(
            [
                receive_invite(),
                pause(0.8),
                reply_invite(200, "OK", sdp(0), retransmit=True),
                receive("ACK"),
                *IS_HUNG_UP_ON,
            ],
            options=["-pause_msg_ign"],
        )
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        sipp.caller(switch.sip, [*TALKS, press("1"), pause(2), *HANGS_UP]).finish()
        headset.finish()
        assert switch.record()["agent"] == "asha"
        assert switch.metric("freeline_sip_retransmissions_total", direction="out") >= 1

    def test_says_nothing_at_all(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        """Timer B: 64 * T1 without any answer, and the next agent gets the call."""
        silent = sipp.headset([receive_invite(), pause(8)], options=["-pause_msg_ign"])
        second = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
        switch = start_switch(
            agents=[fixed_agent("silent", silent.port), fixed_agent("second", second.port)],
            settings=QUICK,
        )
        sipp.caller(switch.sip, [*TALKS, press("1"), pause(5), *HANGS_UP]).finish()
        silent.stop()
        second.finish()
        record = switch.record()
        outcomes = [(each["agent"], each["outcome"]) for each in record["offers"]]
        assert outcomes == [("silent", "unreachable"), ("second", "connected")]
        assert record["offers"][0]["sip_code"] == 408
