"""SIPp calls, presses a key, talks to a SIPp headset, and either side hangs up."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from tests.integration.conftest import StartSwitch
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    HANGS_UP,
    IS_ANSWERED,
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    TALKS,
    ack,
    bye,
    hang_up,
    headset_reinvite,
    info,
    invite,
    pause,
    prack,
    press,
    receive,
    receive_invite,
    reinvite,
    reply,
    reply_invite,
    sdp,
    speak,
)
from tests.support.site import NUMBER, fixed_agent

pytestmark = [
    pytest.mark.interop(peer="SIPp", role="caller and headset", over="UDP"),
    needs_raw_sockets,
]


class TestWhoHangsUp:
    def test_caller(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], echo=True)
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        caller = sipp.caller(
            switch.sip, [*TALKS, press("1"), pause(0.5), speak(), pause(2), *HANGS_UP]
        )
        caller.finish()
        headset.finish()

        record = switch.record()
        assert record["result"] == "completed"
        assert record["reason"] == "caller_hung_up"
        assert record["agent"] == "asha"
        assert record["queue"] == "orders"
        assert record["keys"] == 1
        assert record["caller"] == "+14155550123"
        assert record["dialled"] == "+18005550100"
        assert record["source"] == "carrier"
        assert [step["node"] for step in record["path"]] == ["menu", "orders"]
        assert [offer["outcome"] for offer in record["offers"]] == ["connected"]
        media = {leg["leg"]: leg for leg in record["media"]}
        # SIPp echoes on the headset's side: what the caller says comes back as its audio.
        assert media["inbound"]["packets_received"] > 50
        assert media["outbound"]["packets_received"] > 40
        assert media["outbound"]["packets_lost"] == 0
        directions = {(each["leg"], each["direction"]) for each in record["audio"]}
        assert directions == {
            ("inbound", "received"),
            ("outbound", "received"),
            ("inbound", "relayed"),
            ("outbound", "relayed"),
        }

    def test_agent(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        headset = sipp.headset([*PICKS_UP, pause(0.5), hang_up(), receive(200)], echo=True)
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        caller = sipp.caller(switch.sip, [*TALKS, press("1"), *IS_DROPPED])
        caller.finish()
        headset.finish()

        record = switch.record()
        assert (record["result"], record["reason"]) == ("completed", "agent_hung_up")
        assert record["talk_seconds"] == pytest.approx(0.5, abs=0.4)


class TestKeys:
    def test_by_sip_info(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        steps = [*TALKS, info("1", cseq=2), receive(200), pause(1), *_hang_up_after(2)]
        sipp.caller(switch.sip, steps).finish()
        headset.finish()
        assert switch.record()["agent"] == "asha"
        assert switch.metric("freeline_digits_total", method="info") == 1

    def test_without_telephone_event_in_the_offer(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        steps = [
            invite(sdp(0, events=-1)),
            *IS_ANSWERED,
            ack(),
            *(info("1", cseq=2), receive(200), pause(1)),
            *_hang_up_after(2),
        ]
        caller = sipp.caller(switch.sip, steps)
        caller.finish()
        headset.finish()
        assert "telephone-event" not in caller.received("SIP/2.0 200")[0].body

    def test_a_key_nobody_offered_is_told_so_and_the_next_one_counts(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        steps = [*TALKS, press("9"), pause(1), press("1"), pause(1.5), *HANGS_UP]
        sipp.caller(switch.sip, steps).finish()
        headset.finish()
        assert switch.record()["keys"] == 2


def _hang_up_after(requests: int) -> list[str]:
    """The caller's BYE when the call has seen so many requests."""
    return [bye(cseq=requests + 1), receive(200)]


class TestOffers:
    def test_delayed(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        """The INVITE has no offer: ours is in the 200, the answer in the ACK."""
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], echo=True)
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        steps = [
            *(invite(""), *IS_ANSWERED, ack(body=sdp(8))),
            *(pause(0.2), press("1"), pause(1.5), *HANGS_UP),
        ]
        caller = sipp.caller(switch.sip, steps)
        caller.finish()
        headset.finish()
        offer = caller.received("SIP/2.0 200")[0].body
        assert "PCMU/8000" in offer
        assert "PCMA/8000" in offer
        assert "telephone-event/8000" in offer
        record = switch.record()
        assert record["agent"] == "asha"
        assert record["inbound_codec"] == "PCMA"

    def test_other_payload_types_for_keys(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        """The headset has telephone-event as 96: the caller's 101 is mapped."""
        headset = sipp.headset(
            [
                *(receive_invite(), reply_invite(180, "Ringing")),
                reply_invite(200, "OK", sdp(8, events=96), retransmit=True),
                *(receive("ACK"), *IS_HUNG_UP_ON),
            ],
            echo=True,
        )
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        talks = [invite(sdp(0, 8)), *IS_ANSWERED, ack()]
        steps = [*talks, press("1"), pause(1), press("5"), pause(0.5), *HANGS_UP]
        sipp.caller(switch.sip, steps).finish()
        headset.finish()
        record = switch.record()
        assert (record["inbound_codec"], record["outbound_codec"]) == ("PCMU", "PCMA")

    def test_a_video_line_is_refused_and_the_call_goes_on(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        switch = start_switch()
        body = sdp(0, 8) + "\nm=video 4000 RTP/AVP 99\na=rtpmap:99 H264/90000"
        caller = sipp.caller(switch.sip, [invite(body), *IS_ANSWERED, ack(), *HANGS_UP])
        caller.finish()
        assert "m=video 0 " in caller.received("SIP/2.0 200")[0].body


class TestHold:
    def test_by_the_caller(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], echo=True)
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        steps = [
            *(*TALKS, press("1"), pause(1)),
            *(*reinvite(sdp(0, 8, direction="sendonly", version=2), cseq=2), pause(1)),
            *(*reinvite(sdp(0, 8, version=3), cseq=3), pause(0.5)),
            *_hang_up_after(3),
        ]
        caller = sipp.caller(switch.sip, steps)
        caller.finish()
        headset.finish()
        held, resumed = caller.received("SIP/2.0 200")[1:3]
        assert "a=recvonly" in held.body
        assert "a=sendrecv" in resumed.body or "a=sendonly" not in resumed.body
        record = switch.record()
        assert record["hold_seconds"] == pytest.approx(1, abs=0.5)
        assert record["reason"] == "caller_hung_up"

    def test_by_the_agent(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        headset = sipp.headset(
            [
                *(*PICKS_UP, pause(0.5)),
                *headset_reinvite(sdp(0, direction="sendonly", version=2), cseq=1),
                pause(1),
                *headset_reinvite(sdp(0, version=3), cseq=2),
                *(pause(0.5), hang_up(cseq=3), receive(200)),
            ],
            echo=True,
        )
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        sipp.caller(switch.sip, [*TALKS, press("1"), *IS_DROPPED]).finish()
        headset.finish()
        record = switch.record()
        assert record["hold_seconds"] == pytest.approx(1, abs=0.5)
        assert record["reason"] == "agent_hung_up"


class TestTransports:
    @pytest.mark.interop(over="TCP", proves="call, menu, queue and hang-up with TCP on both sides")
    def test_tcp_on_both_sides(self, start_switch: StartSwitch, sipp: SippFactory) -> None:
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], transport="tcp")
        switch = start_switch(agents=[fixed_agent("asha", headset.port, transport="tcp")])
        steps = [*TALKS, press("1"), pause(1), *HANGS_UP]
        sipp.caller(switch.sip_tcp, steps, transport="tcp").finish()
        headset.finish()
        assert switch.record()["agent"] == "asha"
        assert switch.metric("freeline_sip_retransmissions_total") == 0

    @pytest.mark.interop(over="TCP and UDP")
    def test_a_caller_on_tcp_and_a_headset_on_udp(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        headset = sipp.headset([*PICKS_UP, pause(0.3), hang_up(), receive(200)])
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        steps = [*TALKS, press("1"), *IS_DROPPED]
        sipp.caller(switch.sip_tcp, steps, transport="tcp").finish()
        headset.finish()
        assert switch.record()["reason"] == "agent_hung_up"


class TestReliableProvisionals:
    def test_a_headset_that_rings_reliably_gets_its_prack(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        """RFC 3262: 180 with RSeq is acknowledged by PRACK."""
        headset = sipp.headset(
            [
                receive_invite(),
                reply_invite(180, "Ringing", headers=["Require: 100rel", "RSeq: 4711"]),
                *(receive("PRACK"), reply(200, "OK")),
                reply_invite(200, "OK", sdp(0), retransmit=True),
                *(receive("ACK"), *IS_HUNG_UP_ON),
            ]
        )
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        steps = [*TALKS, press("1"), pause(1.5), *HANGS_UP]
        sipp.caller(switch.sip, steps).finish()
        headset.finish()
        assert headset.received("PRACK")[0].header("RAck").startswith("4711 ")
        assert "100rel" in headset.received("INVITE")[0].header("Supported")

    def test_a_caller_who_insists_gets_a_reliable_180(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        """The 200 may overtake the PRACK, which is answered all the same (RFC 3262 3)."""
        switch = start_switch()
        steps = [
            *(invite(headers=["Require: 100rel"]), receive(100, optional=True), receive(180)),
            *(receive(200, makes_dialog=True), ack(), prack(rseq=1, cseq=2), receive(200)),
            *_hang_up_after(2),
        ]
        caller = sipp.caller(switch.sip, steps)
        caller.finish()
        ringing = caller.received("SIP/2.0 180")[0]
        assert (ringing.header("Require"), ringing.header("RSeq")) == ("100rel", "1")
        assert switch.record()["reason"] == "caller_hung_up"


QUIET = """
nodes:
  look: {type: queue_status, queue: orders, next: note, exits: {no_agents: nobody}}
  note:
    type: tag
    tags: {free: "{{ result.agents_free }} of {{ result.agents }}", waiting: "{{ result.waiting }}"}
    next: off_record
  off_record: {type: recording, on: false, next: orders}
  orders: {type: queue, queue: orders, exits: {timeout: nobody, no_agents: nobody}}
  nobody: {type: hangup}
"""


class TestRecording:
    def test_has_both_directions_and_the_length_of_the_talk(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], echo=True)
        switch = start_switch(agents=[fixed_agent("asha", headset.port)])
        steps = [*TALKS, press("1"), pause(0.5), speak(), pause(2), *HANGS_UP]
        sipp.caller(switch.sip, steps).finish()
        headset.finish()
        record = switch.record()
        assert record["recording_error"] == ""
        with wave.open(str(Path(record["recording"])), "rb") as recording:
            assert recording.getnchannels() == 2
            assert recording.getframerate() == 8000
            seconds = recording.getnframes() / 8000
        assert seconds == pytest.approx(record["talk_seconds"], abs=0.5)

    @pytest.mark.interop(proves="")
    def test_there_is_none_where_the_flow_says_so_and_it_sees_who_is_there(
        self, start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
    ) -> None:
        (tmp_path / "quiet.yaml").write_text(QUIET)
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], echo=True)
        switch = start_switch(
            agents=[fixed_agent("asha", headset.port)], flows=tmp_path, numbers={NUMBER: "quiet"}
        )
        sipp.caller(switch.sip, [*TALKS, speak(), pause(2), *HANGS_UP]).finish()
        headset.finish()
        record = switch.record()
        assert (record["agent"], record["recording"]) == ("asha", "")
        assert record["tags"] == {"free": "1 of 1", "waiting": 0}
        assert not list((switch.directory / "recordings").rglob("*.wav"))


class TestManyAtOnce:
    def test_twenty_calls_and_one_record_each(
        self, start_switch: StartSwitch, sipp: SippFactory
    ) -> None:
        headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], calls=20)
        agents = [fixed_agent(f"agent{number}", headset.port) for number in range(10)]
        switch = start_switch(agents=agents)
        steps = [*TALKS, press("1"), pause(1), *HANGS_UP]
        sipp.caller(switch.sip, steps, calls=20, rate=10).finish()
        headset.finish()
        records = switch.wait_for_records(20)
        assert {record["reason"] for record in records} == {"caller_hung_up"}
        assert {record["keys"] for record in records} == {1}
        assert len({record["sip_call_id"] for record in records}) == 20
        switch.wait_for_metric("freeline_calls_live", 0)
        switch.wait_for_metric("freeline_legs_live", 0)
        switch.wait_for_metric("freeline_media_streams_live", 0)
