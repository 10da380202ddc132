"""Trunks on real calls: servers that fail, redirect and challenge, names, several carriers."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import StartSwitch
from tests.integration.test_control import freeline, told
from tests.support.dnsmasq import Dnsmasq
from tests.support.ports import PortBlock
from tests.support.processes import wait_until
from tests.support.sipp import Sipp, SippFactory
from tests.support.sipp_carrier_steps import answer
from tests.support.sipp_scenario import (
    HANGS_UP,
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    RINGS,
    TALKS,
    hang_up,
    pause,
    receive,
    receive_invite,
    reply,
    reply_invite,
)
from tests.support.site import NUMBER, fixed_agent

pytestmark = pytest.mark.interop(peer="SIPp", role="carrier", over="UDP")

OUTSIDE = "+12125550177"
CHALLENGE = 'Proxy-Authenticate: Digest realm="carrier", nonce="abc", algorithm=MD5, qop="auth"'
REFUSES = [
    receive_invite(),
    reply_invite(503, "Service Unavailable", retransmit=True),
    receive("ACK"),
]
TAKES = [*PICKS_UP, pause(0.5), hang_up(), receive(200)]


def flows(directory: Path, trunk: str | Sequence[str] = "carrier") -> Path:
    """Return a directory with one flow: it notes what it knows of the caller, and dials."""
    known = ("from", "withheld", "diverted_from", "verstat", "attestation")
    ends = ("failed", "busy", "no_answer", "unreachable")
    nodes: dict[str, Any] = {
        "facts": {
            "type": "tag",
            "tags": {name: "{{ call." + name + " }}" for name in known},
            "next": "hello",
        },
        "hello": {"type": "say", "text": "Hello.", "next": "outside"},
        "outside": {
            "type": "transfer",
            "number": OUTSIDE,
            "trunk": trunk,
            "ring_seconds": 10,
            "exits": {end: end for end in ends},
        },
        **{end: {"type": "tag", "tags": {"went": end}, "next": "end"} for end in ends},
        "end": {"type": "hangup"},
    }
    folder = directory / "flows"
    folder.mkdir(exist_ok=True)
    (folder / "dial.yaml").write_text(json.dumps({"nodes": nodes}))
    return folder


def peer(port: int) -> str:
    return f"sip:127.0.0.1:{port}"


def dial(*ports: int, **more: Any) -> dict[str, Any]:
    """Return rules for dialling through these servers, one after another."""
    peers = [{"uri": peer(port), "priority": number} for number, port in enumerate(ports)]
    return {"peers": peers, "allow": ["+1"], "caller_id": NUMBER, **more}


def site(directory: Path, **more: Any) -> dict[str, Any]:
    return {
        "numbers": {NUMBER: "dial"},
        "flows": flows(directory),
        "agents": [fixed_agent("asha", 9)],
        **more,
    }


@pytest.fixture
def silent() -> Iterator[int]:
    """A port where somebody listens and says nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


class TestFailover:
    def test_servers_that_refuse_are_silent_or_gone_are_passed_over(
        self, start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path, silent: int
    ) -> None:
        full = sipp.headset(REFUSES)
        carrier = sipp.headset(TAKES, echo=True)
        gone = sipp.ports.take()
        rules = dial(full.port, silent, gone, carrier.port, first_response_seconds=1)
        switch = start_switch(**site(tmp_path, dial=rules))
        sipp.caller(switch.sip, [*TALKS, *IS_DROPPED]).finish()
        full.finish()
        carrier.finish()
        (transfer,) = switch.record()["transfers"]
        assert transfer["outcome"] == "connected"
        whys = [line["why"] for line in switch.log("dialling_failed_over")]
        assert whys == ["503 Service Unavailable", "no answer", "cannot be reached"]
        for why in ("unavailable", "timeout", "transport"):
            assert switch.metric("freeline_trunk_failovers_total", why=why) == 1

    def test_a_server_that_has_rung_has_the_last_word(
        self, start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
    ) -> None:
        rings = [*RINGS, reply_invite(503, "Service Unavailable", retransmit=True), receive("ACK")]
        first = sipp.headset(rings)
        second = sipp.headset(TAKES)
        switch = start_switch(**site(tmp_path, dial=dial(first.port, second.port)))
        sipp.caller(switch.sip, [*TALKS, *IS_DROPPED]).finish()
        first.finish()
        assert switch.record()["tags"]["went"] == "unreachable"
        assert second.received("INVITE") == []

    def test_the_next_trunk_is_taken_when_one_cannot_or_may_not(
        self, start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
    ) -> None:
        full = sipp.headset(REFUSES)
        carrier = sipp.headset(TAKES)
        others = [
            {"name": "abroad", "networks": ["192.0.2.1"], "dial": dial(9, allow=["+44"])},
            {"name": "second", "networks": ["192.0.2.2"], "dial": dial(carrier.port)},
        ]
        wanted = site(tmp_path, dial=dial(full.port), more_trunks=others)
        wanted["flows"] = flows(tmp_path, ["abroad", "carrier", "second"])
        switch = start_switch(**wanted)
        sipp.caller(switch.sip, [*TALKS, *IS_DROPPED]).finish()
        carrier.finish()
        (transfer,) = switch.record()["transfers"]
        assert (transfer["trunk"], transfer["outcome"]) == ("second", "connected")
        (line,) = switch.log("dialling_failed_over")
        assert (line["trunk"], line["next_trunk"]) == ("carrier", "second")

    @pytest.mark.interop(over="TCP")
    def test_over_tcp_too(
        self, start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
    ) -> None:
        carrier = sipp.headset(TAKES, transport="tcp")
        gone = {"uri": f"{peer(sipp.ports.take())};transport=tcp", "priority": 1}
        there = {"uri": f"{peer(carrier.port)};transport=tcp", "priority": 2}
        rules = {"peers": [gone, there], "allow": ["+1"], "caller_id": NUMBER}
        switch = start_switch(**site(tmp_path, dial=rules))
        sipp.caller(switch.sip, [*TALKS, *IS_DROPPED]).finish()
        carrier.finish()
        assert switch.record()["transfers"][0]["outcome"] == "connected"
        (line,) = switch.log("dialling_failed_over")
        assert line["why"] == "cannot be reached"


class TestEarlyBye:
    def test_of_the_carrier_that_is_called(
        self, start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
    ) -> None:
        """RFC 3261 15: a callee must not; it gets its 200, and its final response counts."""
        gives_up = [
            *RINGS,
            hang_up(),
            receive(200),
            reply_invite(480, "Temporarily Unavailable", retransmit=True),
            receive("ACK"),
        ]
        carrier = sipp.headset(gives_up)
        switch = start_switch(**site(tmp_path, dial=dial(carrier.port)))
        sipp.caller(switch.sip, [*TALKS, *IS_DROPPED]).finish()
        carrier.finish()
        assert switch.record()["tags"]["went"] == "no_answer"


class TestHealth:
    def test_a_server_that_does_not_answer_options_gets_no_calls_until_it_does(
        self, start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
    ) -> None:
        answers = [receive("OPTIONS"), answer(200, "OK")]
        carrier = sipp.headset(answers, calls=1000)
        health = {"interval_seconds": 0.5, "timeout_seconds": 1, "down_after": 2, "up_after": 2}
        switch = start_switch(**site(tmp_path, dial=dial(carrier.port), trunk={"health": health}))
        server = peer(carrier.port)
        wait_until(
            lambda: switch.metric("freeline_trunk_round_trip_seconds", peer=server) > 0, "an answer"
        )
        assert switch.metric("freeline_trunk_up", peer=server) == 1
        carrier.stop()
        switch.wait_for_metric("freeline_trunk_up", 0, peer=server)
        (down,) = wait_until(lambda: switch.log("trunk_server_down"), "the line in the log")
        assert down["level"] == "warning"
        sipp.caller(switch.sip, [*TALKS, *IS_DROPPED]).finish()
        assert switch.record()["tags"]["went"] == "unreachable"
        (line,) = told(switch, "trunks")
        (address,) = line["peers"][0]["addresses"]
        assert not address["up"]
        assert address["problem"] in ("cannot be reached", "no answer")
        assert "down: " in freeline(switch, "trunks").stdout
        sipp.headset(answers, calls=1000, port=carrier.port)
        switch.wait_for_metric("freeline_trunk_up", 1, peer=server)
        wait_until(lambda: switch.log("trunk_server_up"), "the line in the log")


class TestRedirections:
    def redirected(
        self, sipp: SippFactory, tmp_path: Path, contact: str, redirects: int
    ) -> tuple[Sipp, dict[str, Any]]:
        sends_on = reply_invite(
            302, "Moved Temporarily", headers=[f"Contact: {contact}"], retransmit=True
        )
        first = sipp.headset(
            [
                receive_invite(),
                sends_on.replace("Contact: <sip:headset", "X-Was: <sip:headset"),
                receive("ACK"),
            ]
        )
        return first, site(tmp_path, dial=dial(first.port, redirects=redirects))

    def test_a_contact_within_the_rules_is_followed(
        self, start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
    ) -> None:
        other = sipp.headset(TAKES)
        contact = f"<sip:+12125550199@127.0.0.1:{other.port}>"
        first, wanted = self.redirected(sipp, tmp_path, contact, 1)
        switch = start_switch(**wanted)
        sipp.caller(switch.sip, [*TALKS, *IS_DROPPED]).finish()
        first.finish()
        other.finish()
        (invited,) = other.received("INVITE")
        assert invited.text.startswith(f"INVITE sip:+12125550199@127.0.0.1:{other.port} ")
        assert switch.record()["transfers"][0]["outcome"] == "connected"

    @pytest.mark.parametrize(
        ("contact", "redirects"),
        [
            ("<sip:+12125550199@127.0.0.1:9>", 0),
            ("<sip:+882999000@127.0.0.1:9>", 3),
            ("<sip:+12125550199@198.51.100.9>", 3),
        ],
        ids=["not_wanted", "number_not_allowed", "place_not_the_trunks"],
    )
    def test_others_are_not(
        self,
        start_switch: StartSwitch,
        sipp: SippFactory,
        tmp_path: Path,
        contact: str,
        redirects: int,
    ) -> None:
        first, wanted = self.redirected(sipp, tmp_path, contact, redirects)
        switch = start_switch(**wanted)
        sipp.caller(switch.sip, [*TALKS, *IS_DROPPED]).finish()
        first.finish()
        record = switch.record()
        assert record["tags"]["went"] == "failed"
        assert record["transfers"][0]["sip_code"] == 302
        assert len(switch.log("redirection_refused")) == bool(redirects)


class TestDigest:
    def test_a_challenged_bye_is_answered(
        self, start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
    ) -> None:
        asks = [receive("BYE"), reply(407, "Proxy Authentication Required", headers=[CHALLENGE])]
        carrier = sipp.headset([*PICKS_UP, *asks, receive("BYE"), reply(200, "OK")])
        rules = dial(carrier.port, username="us", password="secret-x")
        switch = start_switch(**site(tmp_path, dial=rules))
        sipp.caller(switch.sip, [*TALKS, pause(2), *HANGS_UP]).finish()
        carrier.finish()
        first, second = carrier.received("BYE")
        assert 'username="us"' in second.header("Proxy-Authorization")
        assert second.header("CSeq") == "3 BYE"
        assert first.header("CSeq") == "2 BYE"

    def test_a_bye_in_a_call_from_the_carrier_too(
        self, start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
    ) -> None:
        busy = [receive_invite(), reply_invite(486, "Busy Here", retransmit=True), receive("ACK")]
        far = sipp.headset(busy)
        rules = dial(far.port, username="us", password="secret-x")
        switch = start_switch(**site(tmp_path, dial=rules))
        asks = [receive("BYE"), answer(407, "Proxy Authentication Required", [CHALLENGE])]
        asks = [step.replace(";tag=[pid]c[call_number]", "") for step in asks]
        caller = sipp.caller(switch.sip, [*TALKS, *asks, *IS_DROPPED])
        caller.finish()
        _, second = caller.received("BYE")
        assert 'username="us"' in second.header("Proxy-Authorization")

    def test_the_next_call_needs_no_challenge(
        self, start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
    ) -> None:
        asks = reply_invite(
            407, "Proxy Authentication Required", headers=[CHALLENGE], retransmit=True
        )
        first = sipp.headset([receive_invite(), asks, receive("ACK"), *TAKES])
        rules = dial(first.port, username="us", password="secret-x")
        switch = start_switch(**site(tmp_path, dial=rules))
        sipp.caller(switch.sip, [*TALKS, *IS_DROPPED]).finish()
        first.finish()
        second = sipp.headset(TAKES, port=first.port)
        sipp.caller(switch.sip, [*TALKS, *IS_DROPPED]).finish()
        second.finish()
        (invited,) = second.received("INVITE")
        assert 'nonce="abc"' in invited.header("Proxy-Authorization")
        assert "nc=00000001" not in invited.header("Proxy-Authorization")
        switch.wait_for_records(2)


@pytest.mark.interop(peer="dnsmasq and SIPp", role="name server; carrier", over="DNS; UDP")
class TestNames:
    def test_a_name_is_followed_to_its_servers_and_past_one_that_refuses(
        self, start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path, ports: PortBlock
    ) -> None:
        full, carrier = sipp.headset(REFUSES), sipp.headset(TAKES)
        server = Dnsmasq(tmp_path, ports)
        server.serve(
            "naptr-record=carrier.example,100,50,s,SIP+D2U,,_sip._udp.carrier.example",
            f"srv-host=_sip._udp.carrier.example,host.example,{full.port},1,10",
            f"srv-host=_sip._udp.carrier.example,host.example,{carrier.port},2,10",
            "host-record=host.example,127.0.0.1",
        )
        try:
            rules = {"peer": "sip:carrier.example", "allow": ["+1"], "caller_id": NUMBER}
            dns = {"servers": [{"address": "127.0.0.1", "port": server.port}]}
            switch = start_switch(**site(tmp_path, dial=rules, dns=dns))
            switch.wait_for_metric("freeline_trunk_up", 1, peer="sip:carrier.example")
            asked = len(server.questions())
            sipp.caller(switch.sip, [*TALKS, *IS_DROPPED]).finish()
            carrier.finish()
            assert len(server.questions()) == asked
        finally:
            server.stop()
        (invited,) = carrier.received("INVITE")
        assert invited.text.startswith(f"INVITE sip:{OUTSIDE}@carrier.example ")
        assert switch.record()["transfers"][0]["outcome"] == "connected"


def test_why_the_caller_hung_up_is_on_record_and_told_to_the_far_end(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    carrier = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(**site(tmp_path, dial=dial(carrier.port)))
    reason = 'Q.850;cause=38;text="Network out of order"'
    goes, ok = HANGS_UP
    goes = goes.replace("Max-Forwards: 70", f"Max-Forwards: 70\nReason: {reason}")
    sipp.caller(switch.sip, [*TALKS, pause(2), goes, ok]).finish()
    carrier.finish()
    assert carrier.received("BYE")[0].header("Reason") == reason
    assert switch.record()["detail"] == "Q.850 38 (Network out of order)"


def test_why_the_far_end_hung_up_is_told_to_the_caller(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    reason = 'Q.850;cause=31;text="Normal, unspecified"'
    goes = hang_up().replace("Max-Forwards: 70", f"Max-Forwards: 70\nReason: {reason}")
    carrier = sipp.headset([*PICKS_UP, pause(0.5), goes, receive(200)])
    switch = start_switch(**site(tmp_path, dial=dial(carrier.port)))
    caller = sipp.caller(switch.sip, [*TALKS, *IS_DROPPED])
    caller.finish()
    carrier.finish()
    assert caller.received("BYE")[0].header("Reason") == reason
    assert switch.record()["detail"] == "Q.850 31 (Normal, unspecified)"


def test_why_the_far_end_refuses_is_on_record(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    headers = ['Reason: Q.850;cause=17;text="User busy"']
    busy = reply_invite(486, "Busy Here", headers=headers, retransmit=True)
    carrier = sipp.headset([receive_invite(), busy, receive("ACK")])
    switch = start_switch(**site(tmp_path, dial=dial(carrier.port)))
    sipp.caller(switch.sip, [*TALKS, *IS_DROPPED]).finish()
    carrier.finish()
    (transfer,) = switch.record()["transfers"]
    assert (transfer["outcome"], transfer["reason"]) == ("busy", "Q.850 17 (User busy)")
