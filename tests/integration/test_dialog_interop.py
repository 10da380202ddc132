"""What gateways and PBXes do inside calls, as Asterisk does it, played by SIPp.

Late offers, other codecs, UPDATE, reliable responses with descriptions, session timers and
BYE at odd moments; what the switch answers is checked word by word.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.conftest import StartSwitch
from tests.integration.test_transfers import CALLS_OUT
from tests.integration.test_transfers import site as carrier_site
from tests.support.ports import PortBlock
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_dialog_steps import caller_request, receive_request, reply_kept
from tests.support.sipp_scenario import (
    IS_ANSWERED,
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    TALKS,
    ack,
    ack_refusal,
    bye,
    hang_up,
    headset_reinvite,
    headset_request,
    invite,
    ok,
    pause,
    press,
    receive,
    receive_invite,
    reinvite,
    reply,
    reply_invite,
    sdp,
    send,
    speak,
)
from tests.support.site import fixed_agent

pytestmark = [
    pytest.mark.interop(peer="SIPp", role="caller", over="UDP"),
    needs_raw_sockets,
]

"""These tests are about other things than what a machine can take that is busy with tests."""

ENDS = [bye(cseq=9), receive(200)]


class TestChanges:
    @pytest.mark.interop(proves="re-INVITE with another codec, and back; audio goes on")
    def test_another_codec(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        switch = start_switch()
        caller = sipp.caller(
            switch.sip,
            [
                *TALKS,
                *(*reinvite(sdp(0, version=2), cseq=2), pause(1)),
                *(*reinvite(sdp(8, version=3), cseq=3), speak(), pause(1)),
                *ENDS,
            ],
        )
        caller.finish()
        answers = [each.body for each in caller.received("SIP/2.0 200") if each.body]
        offered = [body.partition("RTP/AVP ")[2].split()[0] for body in answers]
        assert offered[-2:] == ["0", "8"]
        record = switch.record()
        assert record["inbound_codec"] == "PCMA"
        assert record["media"][0]["packets_received"] > 10

    @pytest.mark.interop(proves="re-INVITE without SDP: we offer, the ACK answers")
    def test_without_offer(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        switch = start_switch()
        offerless = caller_request("INVITE", 2)
        caller = sipp.caller(
            switch.sip,
            [
                *(*TALKS, offerless, receive(100, optional=True), receive(200, makes_dialog=True)),
                *(ack(cseq=2, body=sdp(0, version=2)), pause(1), *ENDS),
            ],
        )
        caller.finish()
        assert "m=audio" in caller.received("SIP/2.0 200")[-2].body
        assert switch.record()["reason"] == "caller_hung_up"

    @pytest.mark.interop(proves="a re-INVITE that cannot be taken is 488 and changes nothing")
    def test_a_codec_that_we_do_not_speak(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        refused = caller_request("INVITE", 2, body=sdp(18, version=2))
        sipp.caller(
            switch.sip,
            [
                *(*TALKS, refused, receive(100, optional=True), receive(488)),
                caller_request("ACK", 2, branch="INVITE2"),
                *(press("1"), pause(2), *ENDS),
            ],
        ).finish()
        headset.finish()
        assert switch.record()["agent"] == "asha"

    @pytest.mark.interop(proves="hold and resume by UPDATE, and by 0.0.0.0 as of old")
    def test_hold_by_update_and_by_zeros(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        held = caller_request("UPDATE", 2, body=sdp(0, 8, direction="sendonly", version=2))
        resumed = caller_request("UPDATE", 3, body=sdp(0, 8, version=3))
        zeros = sdp(0, 8, version=4).replace(
            "c=IN IP[media_ip_type] [media_ip]", "c=IN IP4 0.0.0.0"
        )
        caller = sipp.caller(
            switch.sip,
            [
                *(*TALKS, press("1"), pause(1.5)),
                *(held, receive(200), pause(0.7), resumed, receive(200), pause(0.3)),
                *(*reinvite(zeros, cseq=4), pause(0.7)),
                *(*reinvite(sdp(0, 8, version=5), cseq=5), pause(0.3)),
                *ENDS,
            ],
        )
        caller.finish()
        headset.finish()
        assert "a=recvonly" in caller.received("SIP/2.0 200")[1].body
        assert switch.record()["hold_seconds"] == pytest.approx(1.4, abs=0.6)

    @pytest.mark.interop(role="headset", proves="inactive is answered inactive, and resumed")
    def test_inactive(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        headset = sipp.headset(
            [
                *PICKS_UP,
                *(*headset_reinvite(sdp(0, direction="inactive", version=2), cseq=1), pause(1)),
                *(*headset_reinvite(sdp(0, version=3), cseq=2), pause(0.3)),
                *(hang_up(cseq=3), receive(200)),
            ]
        )
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        sipp.caller(switch.sip, [*TALKS, press("1"), *IS_DROPPED]).finish()
        headset.finish()
        assert "a=inactive" in headset.received("SIP/2.0 200")[0].body
        assert switch.record()["hold_seconds"] == pytest.approx(1, abs=0.6)

    @pytest.mark.interop(proves="a REFER of a trunk is refused and the call goes on")
    def test_a_trunk_may_not_refer(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        switch = start_switch()
        refer = caller_request("REFER", 2, headers=["Refer-To: <sip:+882999@127.0.0.1>"])
        steps = [*TALKS, refer, receive(603), caller_request("BYE", 3), receive(200)]
        sipp.caller(switch.sip, steps).finish()
        assert switch.record()["transfers"] == []


class TestEarly:
    @pytest.mark.interop(
        role="carrier", proves="183 with SDP, reliable: PRACK, and the caller hears it at once"
    )
    @pytest.mark.parametrize("reliable", [True, False])
    def test_the_caller_hears_what_a_carrier_says_before_the_answer(
        self, start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path, reliable: bool
    ) -> None:
        sure = ["Require: 100rel", "RSeq: 7"] if reliable else []
        progress = reply_invite(183, "Session Progress", sdp(8), headers=sure)
        answer = reply_invite(200, "OK", "" if reliable else sdp(8), retransmit=True)
        carrier = sipp.headset(
            [
                *(receive_invite(), progress),
                *([receive("PRACK"), reply(200, "OK")] if reliable else []),
                *(speak(), pause(3), answer, receive("ACK"), pause(0.5)),
                *(hang_up(), receive(200)),
            ]
        )
        switch = start_switch(**carrier_site(tmp_path, carrier))
        sipp.caller(switch.sip, [*CALLS_OUT, *IS_DROPPED]).finish()
        carrier.finish()
        record = switch.record()
        (transfer,) = record["transfers"]
        assert transfer["outcome"] == "connected"
        assert transfer["talk_seconds"] < 2
        media = {each["leg"]: each for each in record["media"]}
        assert media["outbound"]["packets_received"] > 100  # three seconds before the answer
        assert media["inbound"]["packets_sent"] > 100
        if reliable:
            assert carrier.received("PRACK")[0].header("RAck") == "7 1 INVITE"

    @pytest.mark.interop(
        role="carrier", proves="UPDATE in the early dialog, after a reliable answer"
    )
    def test_a_carrier_updates_before_it_answers(
        self, start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
    ) -> None:
        progress = reply_invite(
            183, "Session Progress", sdp(0), headers=["Require: 100rel", "RSeq: 1"]
        )
        update = headset_request("UPDATE", 1, "update", sdp(8, version=2))
        carrier = sipp.headset(
            [
                *(receive_invite(), progress, receive("PRACK"), reply(200, "OK")),
                *(send(update, retransmit=True), receive(200)),
                *(reply_invite(200, "OK", retransmit=True), receive("ACK"), pause(0.5)),
                *(hang_up(cseq=2), receive(200)),
            ]
        )
        switch = start_switch(**carrier_site(tmp_path, carrier))
        sipp.caller(switch.sip, [*CALLS_OUT, *IS_DROPPED]).finish()
        carrier.finish()
        assert "RTP/AVP 8" in carrier.received("SIP/2.0 200")[0].body
        assert switch.record()["outbound_codec"] == "PCMA"

    @pytest.mark.interop(proves="BYE that overtakes the ACK of the 200")
    def test_bye_before_ack(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        switch = start_switch()
        steps = [invite(), *IS_ANSWERED, caller_request("BYE", 2), receive(200), ack(), pause(0.5)]
        sipp.caller(switch.sip, steps).finish()
        assert switch.record()["reason"] == "caller_hung_up"


class TestSessionTimers:
    """RFC 4028 has no interval below 90 s, so these take a minute; both at once."""

    @pytest.mark.interop(
        proves="session timers: we refresh by UPDATE at half time, and hang up on who does not; "
        "422 below our Min-SE"
    )
    def test_both_roles(
        self, start_switch: StartSwitch, sipp: SippFactory, ports: PortBlock
    ) -> None:
        """The callers wait in a queue that nobody serves."""
        agent = fixed_agent("asha", ports.take(), initial_state="not_ready")
        switch = start_switch(agents=[agent])
        knows = ["Supported: timer", "Allow: INVITE, ACK, BYE, CANCEL, UPDATE"]
        ours = invite(headers=[*knows, "Session-Expires: 90;refresher=uas"])
        theirs = invite(headers=[*knows, "Session-Expires: 90;refresher=uac"])
        short = invite(headers=[*knows, "Session-Expires: 60"])
        long = ["-timeout", "90s"]
        wait = receive("UPDATE", timeout_ms=60_000)
        refreshed = sipp.caller(
            switch.sip, [ours, *IS_ANSWERED, ack(), press("1"), wait, ok(), *ENDS], options=long
        )
        forgetful = sipp.caller(
            switch.sip,
            [theirs, *IS_ANSWERED, ack(), press("1"), receive("BYE", timeout_ms=75_000), ok()],
            options=long,
        )
        sipp.caller(switch.sip, [short, receive(422), ack_refusal()]).finish()
        refreshed.finish(60)
        forgetful.finish(80)
        (answer,) = forgetful.received("SIP/2.0 200")
        assert answer.header("Session-Expires") == "90;refresher=uac"
        assert answer.header("Require") == "timer"
        assert "Session expired" in forgetful.received("BYE")[0].header("Reason")
        assert refreshed.received("UPDATE")[0].header("Session-Expires") == "90;refresher=uac"

    @pytest.mark.interop(
        proves="without UPDATE we refresh by re-INVITE; glare is 491 both ways, and tried again"
    )
    def test_glare(self, start_switch: StartSwitch, sipp: SippFactory, ports: PortBlock) -> None:
        """RFC 3261 14: at half time our re-INVITE and the caller's meet."""
        agent = fixed_agent("asha", ports.take(), initial_state="not_ready")
        switch = start_switch(agents=[agent])
        knows = ["Supported: timer", "Allow: INVITE, ACK, BYE, CANCEL"]
        first = invite(headers=[*knows, "Session-Expires: 90;refresher=uas"])
        caller = sipp.caller(
            switch.sip,
            [
                *(first, *IS_ANSWERED, ack(), press("1")),
                receive_request("INVITE", timeout_ms=60_000),
                *(caller_request("INVITE", 2, body=sdp(8, 0, version=2)), receive(491)),
                caller_request("ACK", 2, branch="INVITE2"),
                *(reply_kept(491, "Request Pending"), receive("ACK")),
                *(receive_request("INVITE"), reply_kept(200, "OK", sdp(8, version=2))),
                *(receive("ACK"), pause(0.5), *ENDS),
            ],
            options=["-timeout", "90s"],
        )
        caller.finish(80)
        ours = caller.received("INVITE")
        assert len({each.header("CSeq") for each in ours}) == 2
        assert {each.body for each in ours} == {ours[0].body}
        assert ours[0].header("Session-Expires") == "90;refresher=uac"
        assert switch.record()["reason"] == "caller_hung_up"
