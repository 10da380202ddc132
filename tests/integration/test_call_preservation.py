"""The core is killed while people talk, and started again: they notice nothing."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from switch.phone.tone import find_tone
from tests.integration.test_media_formats import caller, headset
from tests.support.baresip import BaresipFactory
from tests.support.centre import HELP, Centre, at_port, fall
from tests.support.processes import is_running, wait_until
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    HANGS_UP,
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    TALKS,
    bye,
    hang_up,
    headset_reinvite,
    info,
    ok,
    pause,
    receive,
    reinvite,
    reply,
    sdp,
    speak,
)
from tests.support.site import headset_agent

pytestmark = pytest.mark.interop(
    peer="SIPp",
    role="caller and headset",
    over="UDP",
    proves="talks on while the switch is killed and started again; BYE and re-INVITE work after it",
)

ARRIVES = [*TALKS, info("1", cseq=2), receive(200)]
AWAY = 15.0
"""Seconds that a party says nothing in SIP: the switch falls and comes back meanwhile."""


@needs_raw_sockets
def test_fifty_who_talk_notice_nothing_of_a_kill(centre: Centre, sipp: SippFactory) -> None:
    taken = receive("BYE", timeout_ms=60_000), reply(200, "OK")
    takers = sipp.headset([*PICKS_UP, *taken], calls=30, echo=True)
    helpers = sipp.headset([*PICKS_UP, pause(AWAY), hang_up(), receive(200)], calls=20, echo=True)
    agents = at_port("taker", 30, takers.port, "orders") + at_port(
        "helper", 20, helpers.port, "help"
    )
    first = centre.start(agents)
    hanging_up = sipp.caller(
        first.sip,
        [
            *ARRIVES,
            speak(),
            pause(AWAY),
            *reinvite(sdp(8, 0, version=2), cseq=3),
            bye(cseq=4),
            receive(200),
        ],
        calls=30,
        rate=20,
    )
    hung_up_on = sipp.caller(
        first.sip,
        [*ARRIVES, speak(), receive("BYE", timeout_ms=60_000), ok()],
        number=HELP,
        calls=20,
        rate=20,
    )
    fall(first, talking=50)
    workers = [pid for pid in first.ready["workers"] if is_running(pid)]
    assert workers == first.ready["workers"]
    second = centre.start(agents)
    assert second.ready["workers"] == workers
    told = second.wait_for_log("calls_taken_over")
    assert told["calls"] == 50
    assert second.metric("freeline_calls_taken_over_total") == 50
    assert second.metric("freeline_agents", state="talking") == 50
    for party in (hanging_up, hung_up_on, takers, helpers):
        party.finish(within_seconds=60)
    records = second.wait_for_records(50)
    assert {record["result"] for record in records} == {"completed"}
    reasons = [record["reason"] for record in records]
    assert sorted(set(reasons)) == ["agent_hung_up", "caller_hung_up"]
    assert reasons.count("agent_hung_up") == 20
    assert {record["agent"] for record in records} == {agent["id"] for agent in agents}
    for record in records:
        assert record["talk_seconds"] > AWAY - 2
        assert record["path"][0]["choice"] == "1"
        assert record["recording"]
        assert not record["recording_error"]
        media = {leg["leg"]: leg for leg in record["media"]}
        # All 235 packets of the capture, seven seconds of speech through the fall and after it.
        assert media["inbound"]["packets_received"] >= 230
        assert media["inbound"]["packets_lost"] == 0
        assert media["outbound"]["packets_lost"] == 0
    second.wait_for_metric("freeline_agents", 50, state="ready")
    second.finish()


def test_hold_and_music_outlive_the_core(centre: Centre, sipp: SippFactory) -> None:
    asha = sipp.headset(
        [
            *PICKS_UP,
            pause(0.5),
            *headset_reinvite(sdp(0, direction="sendonly", version=2), cseq=1),
            pause(AWAY),
            *headset_reinvite(sdp(0, version=3), cseq=2),
            *IS_HUNG_UP_ON,
        ]
    )
    agents = at_port("asha", 1, asha.port, "orders")
    first = centre.start(agents)
    caller = sipp.caller(first.sip, [*ARRIVES, pause(AWAY + 3), bye(cseq=3), receive(200)])
    asha.wait_for("SIP/2.0 200")
    fall(first, talking=1, with_words='"held":true')
    second = centre.start(agents)
    caller.finish()
    asha.finish()
    record = second.record()
    assert record["result"] == "completed"
    assert AWAY - 1 < record["hold_seconds"] < AWAY + 3
    second.finish()


def test_a_call_whose_worker_fell_too_ends_for_both(centre: Centre, sipp: SippFactory) -> None:
    asha = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    agents = at_port("asha", 1, asha.port, "orders")
    first = centre.start(agents)
    caller = sipp.caller(first.sip, [*ARRIVES, *IS_DROPPED])
    fall(first, talking=1)
    [worker] = first.ready["workers"]
    os.kill(worker, signal.SIGKILL)
    second = centre.start(agents)
    caller.finish()
    asha.finish()
    record = second.record()
    assert (record["result"], record["reason"]) == ("failed", "media_lost")
    assert record["agent"] == "asha0"
    second.wait_for_metric("freeline_agents", 1, state="ready")
    second.finish()


def test_a_switch_that_comes_too_late_closes_the_record(centre: Centre, sipp: SippFactory) -> None:
    asha = sipp.headset([*PICKS_UP, pause(60)])
    agents = at_port("asha", 1, asha.port, "orders")
    soon = {
        "routing": {
            "journal": {
                "path": str(centre.directory / "routing.journal"),
                "resume_within_seconds": 1,
            }
        }
    }
    first = centre.start(agents, **soon)
    sipp.caller(first.sip, [*ARRIVES, pause(60), *HANGS_UP])
    fall(first, talking=1)
    [worker] = first.ready["workers"]
    wait_until(lambda: not is_running(worker), "the end of the worker")
    second = centre.start(agents, **soon)
    record = second.record()
    assert (record["result"], record["reason"]) == ("failed", "switch_stopped")
    assert record["agent"] == "asha0"
    second.finish()


def test_a_switch_hands_over_those_who_talk(centre: Centre, sipp: SippFactory) -> None:
    asha = sipp.headset([*PICKS_UP, receive("BYE", timeout_ms=60_000), reply(200, "OK")])
    agents = at_port("asha", 1, asha.port, "orders")
    first = centre.start(agents, limits={"hand_over_seconds": 1})
    caller = sipp.caller(first.sip, [*ARRIVES, pause(AWAY), bye(cseq=3), receive(200)])
    first.wait_for_metric("freeline_agents", 1, state="talking")
    listener = sipp.caller(first.sip, [*TALKS, *IS_DROPPED])
    first.wait_for_metric("freeline_calls_live", 2)
    first.process.signal(signal.SIGUSR2)
    assert first.process.wait(15) == 0
    listener.finish()
    record = first.record()
    assert (record["result"], record["reason"]) == ("failed", "switch_stopped")
    second = centre.start(agents)
    assert second.ready["workers"] == first.ready["workers"]
    caller.finish()
    asha.finish()
    record = second.record()
    assert (record["result"], record["reason"]) == ("completed", "caller_hung_up")
    assert record["agent"] == "asha0"
    second.finish()


@pytest.mark.skipif(shutil.which("baresip") is None, reason="baresip is not installed")
@pytest.mark.interop(
    peer="baresip",
    over="UDP, SRTP",
    proves="talks on in SRTP while the switch is killed and started again, holds and resumes",
)
def test_a_call_in_srtp_goes_on_with_its_keys(centre: Centre, tmp_path: Path) -> None:
    baresip = BaresipFactory(tmp_path / "baresip", centre.ports)
    try:
        agents = [headset_agent("asha", srtp="required")]
        media = {"media": {"codecs": ["PCMU"], "srtp_keys_in_clear": True}}
        first = centre.start(agents, **media)
        asha = headset(baresip, first, "mediaenc=srtp")
        phone = caller(baresip, first, "mediaenc=srtp-mand", "audio_codecs=pcmu")
        phone.wait_for("Call established")
        phone.command("sndcode", "1")
        asha.wait_for("Call established")
        fall(first, talking=1)
        second = centre.start(agents, **media)
        assert second.wait_for_log("calls_taken_over")["calls"] == 1
        time.sleep(3)
        asha.command("hold")
        asha.wait_for("call: hold")
        time.sleep(1.5)
        asha.command("resume")
        asha.wait_for("call: resume")
        time.sleep(3)
        phone.command("hangup")
        record = second.record()
        phone.process.stop()
        asha.process.stop()
    finally:
        baresip.stop()
    heard = find_tone(phone.heard())
    assert abs(heard.hertz - 1000) < 3
    assert heard.seconds > 4
    assert (record["result"], record["reason"]) == ("completed", "caller_hung_up")
    assert record["hold_seconds"] > 1
    media_of = {leg["leg"]: leg for leg in record["media"]}
    assert media_of["inbound"]["packets_lost"] == media_of["outbound"]["packets_lost"] == 0
    assert media_of["outbound"]["packets_sent"] > 200
    assert media_of["outbound"]["remote_lost"] == 0
    for switch in (first, second):
        assert "inline:" not in switch.process.output()
    second.finish()
