"""`freeline trace` shows what SIPp saw: live, afterwards, and when no switch runs any more."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import StartSwitch
from tests.integration.test_refused_calls import refused
from tests.integration.test_registration import log_in
from tests.support.kamailio import needs_kamailio
from tests.support.kamailio_capture import CaptureServer
from tests.support.ports import PortBlock
from tests.support.processes import ChildProcess, wait_until
from tests.support.sipp import SippFactory
from tests.support.sipp_scenario import (
    IS_HUNG_UP_ON,
    PICKS_UP,
    TALKS,
    bye,
    presses_1_and_talks,
    receive,
)
from tests.support.site import fixed_agent, headset_agent
from tests.support.switch_process import SwitchProcess

pytestmark = pytest.mark.interop(peer="SIPp", role="caller and headset", over="UDP")

CALL = presses_1_and_talks(0.5)


def command(switch: SwitchProcess, *words: str) -> list[str]:
    return [sys.executable, "-m", "switch", "trace", *words, "--config", str(switch.config)]


def trace(switch: SwitchProcess, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(switch, *words), capture_output=True, text=True, timeout=60)


def told(switch: SwitchProcess, *words: str) -> Any:
    done = trace(switch, *words, "--json")
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def a_call(switch: SwitchProcess, sipp: SippFactory) -> dict[str, Any]:
    """Call, talk to the agent, hang up; return the record."""
    sipp.caller(switch.sip, CALL).finish()
    return switch.wait_for_records(1)[0]


def whole(switch: SwitchProcess, *words: str) -> Any:
    """Wait until the end of the only call that fits has been sealed, and return it."""

    def ended() -> Any:
        found = told(switch, *words)
        return found[0] if found[0]["result"] else None

    return wait_until(ended, "the end of the call in the trace", every=0.3)


@pytest.mark.interop(proves="a ladder shows all that SIPp logged on both legs, and nothing else")
def test_a_call_is_a_ladder_with_both_legs(start_switch: StartSwitch, sipp: SippFactory) -> None:
    headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(agents=[fixed_agent("asha", headset.port)])
    caller = sipp.caller(switch.sip, CALL)
    caller.finish()
    headset.finish()
    record = switch.record()
    call = whole(switch, record["id"][:6])
    assert (call["call"], call["result"]) == (record["id"], "completed")
    assert call["reason"] == "caller_hung_up"
    assert call["sip_call_ids"][0] == record["sip_call_id"]
    for leg, party in zip(call["sip_call_ids"], (caller, headset), strict=True):
        seen = [each["first_line"] for each in call["messages"] if each["sip_call_id"] == leg]
        assert sorted(seen) == sorted(each.text.splitlines()[0] for each in party.messages())
    shown = trace(switch, record["id"])
    assert shown.returncode == 0
    for part in ("INVITE (SDP)", "Freeline", "asha", f"udp:127.0.0.1:{headset.port}", "BYE"):
        assert part in shown.stdout
    assert trace(switch, record["sip_call_id"], "--full").stdout.count("Content-Length:") == len(
        call["messages"]
    )


def test_the_last_that_failed_is_found_also_when_no_switch_runs(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    switch = start_switch(numbers={"+18005550100": None})
    sipp.caller(switch.sip, refused(503)).finish()
    switch.wait_for_records(1)
    switch.finish()
    (call,) = told(switch, "--last-failed")
    assert (call["code"], call["result"], call["reason"]) == (503, "rejected", "no_flow")
    said = [each["first_line"].split(" ", 2)[:2] for each in call["messages"]]
    assert said[0][0] == "INVITE"
    assert ["SIP/2.0", "503"] in said
    shown = trace(switch, "--last-failed")
    assert "503" in shown.stdout
    assert "no_flow" in shown.stdout


def test_without_a_disk_it_is_found_in_memory(start_switch: StartSwitch, sipp: SippFactory) -> None:
    switch = start_switch(settings={"trace": {"directory": None}})
    sipp.caller(switch.sip, refused(488, "v=0")).finish()
    switch.wait_for_records(1)
    (call,) = told(switch, "--last-failed")
    assert call["result"] == "rejected"
    assert not list(switch.directory.rglob("*.trace"))


def test_a_registration_is_found_by_the_account_and_its_proof_is_hidden(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    switch = start_switch(agents=[headset_agent("asha")])
    headset = log_in(sipp, switch, "asha", 5999)
    (one,) = told(switch, "asha", "--what", "registrations", "--full")
    assert (one["kind"], one["code"], one["stranger"]) == ("register", 200, False)
    assert [each["first_line"].split()[1] for each in one["messages"][1::2]] == ["401", "200"]
    logged = next(each.text for each in headset.messages() if "response=" in each.text)
    proof = logged.partition('response="')[2].partition('"')[0]
    assert len(proof) == 32
    assert proof not in json.dumps(one)
    assert 'username=\\"asha\\"' in json.dumps(one)


def test_a_flood_of_strangers_is_traced_apart_and_pushes_no_call_out(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    switch = start_switch(
        settings={"trace": {"memory_megabytes": 1, "strangers_megabytes": 1}},
        networks=["127.0.0.1/32"],
    )
    sipp.caller(switch.sip, [*TALKS, bye(cseq=2), receive(200)]).finish()
    record = switch.record()
    host, port = switch.sip.split(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
        flood.bind(("127.0.0.2", 0))
        for number in range(3000):
            flood.sendto(stranger(number, flood.getsockname()[1]), (host, int(port)))
    call = whole(switch, record["id"])
    assert call["call"] == record["id"]
    found = told(switch, "--what", "strangers", "--limit", "5000")
    assert 0 < len(found) <= 3000
    assert {each["stranger"] for each in found} == {True}
    assert [message["first_line"] for message in found[0]["messages"]][:2] == [
        "INVITE sip:100@127.0.0.1 SIP/2.0",
        "SIP/2.0 403 Forbidden",
    ]


def stranger(number: int, port: int) -> bytes:
    lines = [
        "INVITE sip:100@127.0.0.1 SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.2:{port};branch=z9hG4bK{number}",
        f"From: <sip:100@127.0.0.2>;tag={number}",
        "To: <sip:100@127.0.0.1>",
        f"Call-ID: flood-{number}",
        "CSeq: 1 INVITE",
        "Max-Forwards: 70",
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def test_a_call_is_followed_while_it_lasts(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(agents=[fixed_agent("asha", headset.port)])
    words = command(switch, "+18005550100", "--follow")
    watcher = ChildProcess("trace", words, tmp_path / "follow.log")
    everyone = ChildProcess("traces", command(switch, "--follow"), tmp_path / "all.log")
    try:
        wait_until(lambda: "following" in everyone.output(), "the start", within_seconds=20)
        steps = presses_1_and_talks(4)
        caller = sipp.caller(switch.sip, steps)
        wait_until(lambda: "INVITE (SDP)" in watcher.output(), "the call")
        wait_until(lambda: str(headset.port) in watcher.output(), "the second leg")
        caller.finish()
        headset.finish()
        wait_until(lambda: watcher.output().count("BYE") == 2, "its end")
        wait_until(lambda: everyone.output().count("BYE") == 2, "a line for each message")
    finally:
        watcher.kill()
        everyone.kill()


def test_what_there_is_not_is_said(start_switch: StartSwitch) -> None:
    switch = start_switch()
    none = trace(switch, "+442071234567")
    assert none.returncode == 1
    assert "nothing about '+442071234567' was traced" in none.stderr
    wrong = trace(switch, "--since", "yesterday")
    assert wrong.returncode == 2
    assert "neither an age" in wrong.stderr


def test_switched_off_it_keeps_nothing(start_switch: StartSwitch, sipp: SippFactory) -> None:
    switch = start_switch(settings={"trace": {"enabled": False}})
    sipp.caller(switch.sip, refused(488, "v=0")).finish()
    assert trace(switch).returncode == 1
    assert not list(switch.directory.rglob("*.trace"))


@needs_kamailio
@pytest.mark.interop(
    peer="Kamailio and SIPp",
    role="collector of HEP version 3; caller",
    over="UDP",
    proves="every message of a call is at Homer's collector, with its time and both ends",
)
def test_homer_gets_every_message(
    start_switch: StartSwitch, sipp: SippFactory, ports: PortBlock
) -> None:
    homer = CaptureServer(ports)
    try:
        hep = {"collector": f"127.0.0.1:{homer.port}", "capture_id": 77}
        switch = start_switch(settings={"trace": {"hep": hep}})
        caller = sipp.caller(switch.sip, [*TALKS, bye(cseq=2), receive(200)])
        caller.finish()
        said = caller.messages()
        found = homer.wait_for(len(said))
        assert sorted(each.message.split("\r\n")[0] for each in found) == sorted(
            each.text.splitlines()[0] for each in said
        )
        port = int(switch.sip.rpartition(":")[2])
        assert {frozenset((each.source[1], each.target[1])) for each in found} == {
            frozenset((port, caller.port))
        }
        assert {each.node.rpartition(":")[2] for each in found} == {"77"}
    finally:
        homer.stop()
