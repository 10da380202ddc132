"""Flows that are heard before the answer: nobody is charged for a call that is not taken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from switch.phone.tone import find_tone, write_tone
from tests.integration.conftest import StartSwitch
from tests.integration.test_trunks import OUTSIDE, dial
from tests.support.phones import PhoneFactory
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    IS_DROPPED,
    PICKS_UP,
    ack,
    ack_refusal,
    cancel,
    hang_up,
    invite,
    pause,
    prack,
    press,
    receive,
    receive_invite,
    reply_invite,
    sdp,
    speak,
)
from tests.support.site import NUMBER, fixed_agent
from tests.support.switch_process import SwitchProcess

pytestmark = [
    pytest.mark.interop(peer="SIPp", role="caller", over="UDP"),
    needs_raw_sockets,
]

HEARS = [invite(), receive(100, optional=True), receive(183, makes_dialog=True)]


def flow(directory: Path, **more: Any) -> Path:
    """Return a directory with one flow, which asks early: 1 is busy, 2 is answered, 3 dials."""
    folder = directory / "flows"
    folder.mkdir()
    write_tone(folder / "tone.wav", 700, 2)
    nodes: dict[str, Any] = {
        "ask": {
            "type": "menu",
            "prompts": [{"file": "tone.wav"}],
            "options": {"1": "busy", "2": "answer", "3": "outside", "4": "queue"},
            "exits": {"no_input": "closed", "no_match": "closed"},
            "timeout_seconds": 1,
            "retries": 0,
        },
        "busy": {"type": "hangup", "cause": "busy"},
        "closed": {"type": "hangup", "cause": "rejected", "prompts": "We are closed."},
        "answer": {"type": "answer", "next": "thanks"},
        "thanks": {"type": "say", "text": "Thank you.", "next": "end"},
        "outside": {
            "type": "transfer",
            "number": OUTSIDE,
            "trunk": "carrier",
            "exits": {"failed": "end", "busy": "busy"},
        },
        "queue": {
            "type": "queue",
            "queue": "orders",
            "next": "end",
            "exits": {"timeout": "end", "no_agents": "end"},
        },
        "end": {"type": "hangup"},
    }
    (folder / "early.yaml").write_text(json.dumps({"early_media": True, "nodes": nodes, **more}))
    return folder


def started(start_switch: StartSwitch, directory: Path, **more: Any) -> SwitchProcess:
    site = {"agents": [fixed_agent("asha", 9)], "flows": flow(directory), "dial": dial(9), **more}
    return start_switch(numbers={NUMBER: "early"}, **site)


@pytest.mark.interop(proves="183 with SDP, a key before the answer, 486 without ever an answer")
def test_a_call_that_is_refused_after_a_word(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    switch = started(start_switch, tmp_path)
    steps = [*HEARS, pause(0.5), press("1"), receive(486), ack_refusal()]
    sipp.caller(switch.sip, steps).finish()
    record = switch.record()
    assert (record["answered_at"], record["sip_code"]) == (None, 486)
    assert [(each["node"], each["choice"]) for each in record["path"]] == [
        ("ask", "1"),
        ("busy", ""),
    ]
    (media,) = record["media"]
    assert media["packets_sent"] > 10


@pytest.mark.interop(proves="183 with SDP, a key, then the answer: 200 describes the same")
def test_a_call_that_is_answered_later(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    switch = started(start_switch, tmp_path)
    steps = [*HEARS, pause(0.5), press("2"), receive(200, makes_dialog=True), ack()]
    caller = sipp.caller(switch.sip, [*steps, *IS_DROPPED])
    caller.finish()
    record = switch.record()
    assert record["answered_at"] > record["arrived_at"]
    assert record["inbound_codec"] == "PCMA"
    (early,) = caller.received("SIP/2.0 183")
    (answer,) = caller.received("SIP/2.0 200")[:1]
    assert early.body == answer.body != ""


@pytest.mark.interop(proves="reliable 183 with SDP: PRACK, and the 200 has none")
def test_a_caller_who_insists_on_reliable_responses(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    switch = started(start_switch, tmp_path)
    steps = [
        invite(headers=["Require: 100rel"]),
        receive(100, optional=True),
        receive(180, makes_dialog=True),
        *(prack(rseq=1, cseq=2), receive(200)),
        receive(183, makes_dialog=True),
        *(prack(rseq=2, cseq=3), receive(200)),
        *(pause(0.5), press("2"), receive(200, makes_dialog=True), ack()),
    ]
    caller = sipp.caller(switch.sip, [*steps, *IS_DROPPED])
    caller.finish()
    assert caller.received("SIP/2.0 183")[0].body
    assert not any(each.body for each in caller.received("SIP/2.0 200"))
    assert switch.record()["result"] == "completed"


@pytest.mark.interop(proves="an INVITE without SDP is answered: there is nobody to be heard by")
def test_a_late_offer_is_answered_at_once(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    switch = started(start_switch, tmp_path)
    steps = [invite(""), receive(100, optional=True), receive(200, makes_dialog=True)]
    sipp.caller(switch.sip, [*steps, ack(body=sdp(0)), *IS_DROPPED]).finish()
    record = switch.record()
    assert record["answered_at"]
    assert record["sip_code"] == 0


@pytest.mark.interop(proves="CANCEL while the flow speaks before the answer")
def test_a_caller_who_gives_up(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    switch = started(start_switch, tmp_path)
    steps = [*HEARS, pause(0.5), cancel(), receive(200), receive(487), ack_refusal()]
    sipp.caller(switch.sip, steps).finish()
    record = switch.record()
    assert (record["result"], record["answered_at"]) == ("abandoned", None)


@pytest.mark.interop(
    role="carrier",
    proves="a caller who is not answered yet hears its 183, and is answered when it answers",
)
def test_whom_the_caller_is_transferred_to_answers(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    progress = reply_invite(183, "Session Progress", sdp(8))
    answers = reply_invite(200, "OK", sdp(8), retransmit=True)
    carrier = sipp.headset(
        [
            *(receive_invite(), progress, speak(), pause(2), answers, receive("ACK")),
            *(pause(0.5), hang_up(), receive(200)),
        ]
    )
    switch = started(start_switch, tmp_path, dial=dial(carrier.port))
    steps = [*HEARS, pause(0.5), press("3"), receive(200, makes_dialog=True), ack()]
    sipp.caller(switch.sip, [*steps, *IS_DROPPED]).finish()
    carrier.finish()
    record = switch.record()
    (transfer,) = record["transfers"]
    assert transfer["outcome"] == "connected"
    assert transfer["at"] > record["answered_at"]
    media = {each["leg"]: each for each in record["media"]}
    assert media["outbound"]["packets_received"] > 80  # two seconds before the answer


@pytest.mark.interop(role="carrier", proves="is busy: the caller gets 486 and no answer")
def test_whom_the_caller_is_transferred_to_is_busy(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    refuses = [receive_invite(), reply_invite(486, "Busy Here", retransmit=True), receive("ACK")]
    carrier = sipp.headset(refuses)
    switch = started(start_switch, tmp_path, dial=dial(carrier.port))
    steps = [*HEARS, pause(0.5), press("3"), receive(486), ack_refusal()]
    sipp.caller(switch.sip, steps).finish()
    carrier.finish()
    record = switch.record()
    assert (record["answered_at"], record["sip_code"]) == (None, 486)
    assert record["transfers"][0]["outcome"] == "busy"


@pytest.mark.interop(
    role="caller and headset", proves="whoever waits in a queue is answered before that"
)
def test_a_queue_answers(start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path) -> None:
    headset = sipp.headset([*PICKS_UP, pause(0.5), hang_up(), receive(200)])
    switch = started(start_switch, tmp_path, agents=[fixed_agent("asha", headset.port)])
    steps = [*HEARS, pause(0.5), press("4"), receive(200, makes_dialog=True), ack()]
    sipp.caller(switch.sip, [*steps, *IS_DROPPED]).finish()
    headset.finish()
    record = switch.record()
    assert record["agent"] == "asha"
    assert record["answered_at"] <= record["queued_at"]


@pytest.mark.interop(peer="pjsua2", proves="hears the flow before the answer, and then gets 603")
def test_a_phone_hears_it(start_switch: StartSwitch, phones: PhoneFactory, tmp_path: Path) -> None:
    switch = started(start_switch, tmp_path)
    caller = phones.start(
        *("caller", "--id", "sip:+12125550123@127.0.0.1", "--call", f"sip:{NUMBER}@{switch.sip}")
    )
    ended = caller.wait_for("ended")
    assert (ended["code"], caller.events("answered")) == (603, [])
    caller.process.wait(20)
    heard = find_tone(caller.recording)
    assert abs(heard.hertz - 700) < 3
    assert heard.seconds > 1.5
    assert switch.record()["answered_at"] is None
