"""Carriers over IPv6, and calls that go from one version of IP to the other: SIPp on both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import StartSwitch
from tests.integration.test_callbacks import ASKS, ASKS_CALLER_FIRST, ENDS_IT
from tests.integration.test_transfers import site as callback_site
from tests.integration.test_trunks import REFUSES, TAKES, flows
from tests.support.dnsmasq import Dnsmasq
from tests.support.ports import PortBlock
from tests.support.sipp import Sipp, SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    TALKS,
    hang_up,
    pause,
    receive,
)
from tests.support.site import NUMBER, fixed_agent
from tests.support.switch_process import SwitchProcess

pytestmark = pytest.mark.interop(peer="SIPp", role="carrier", over="UDP, IPv6")

V4, V6 = "127.0.0.1", "::1"
BOTH = {
    "sip": {
        "listen": [{"transport": "udp", "address": each, "port": 0} for each in (V4, V6)],
    },
    "media": {"address": V4, "address_ipv6": V6},
}


def site(directory: Path, *peers: str, **more: Any) -> dict[str, Any]:
    """Return a site with one trunk to these servers, one after another."""
    servers = [{"uri": uri, "priority": number} for number, uri in enumerate(peers)]
    return {
        "numbers": {NUMBER: "dial"},
        "flows": flows(directory),
        "agents": [fixed_agent("asha", 9)],
        "networks": [V4, V6],
        "settings": BOTH,
        "dial": {"peers": servers, "allow": ["+1"], "caller_id": NUMBER},
        **more,
    }


def door(switch: SwitchProcess, address: str) -> str:
    """Return where the switch listens at this address."""
    named = f"[{address}]" if ":" in address else address
    (found,) = [each for each in switch.ready["sip"] if each.startswith(f"udp {named}:")]
    return str(found.partition(" ")[2])


def uri(party: Sipp, address: str) -> str:
    return f"sip:[{address}]:{party.port}" if ":" in address else f"sip:{address}:{party.port}"


@pytest.mark.interop(proves="calls, is called and talks")
def test_in_and_out(start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path) -> None:
    carrier = sipp.headset(TAKES, address=V6, echo=True)
    switch = start_switch(**site(tmp_path, uri(carrier, V6)))
    sipp.caller(door(switch, V6), [*TALKS, *IS_DROPPED], address=V6).finish()
    carrier.finish()
    (invite,) = carrier.received("INVITE")
    assert "c=IN IP6 ::1" in invite.body
    (transfer,) = switch.record()["transfers"]
    assert (transfer["trunk"], transfer["outcome"]) == ("carrier", "connected")


@pytest.mark.interop(proves="is passed over for a server of the other version of IP, and back")
@pytest.mark.parametrize(("first", "then"), [(V6, V4), (V4, V6)], ids=["to_ipv4", "to_ipv6"])
def test_failover_from_one_version_to_the_other(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path, first: str, then: str
) -> None:
    full = sipp.headset(REFUSES, address=first)
    carrier = sipp.headset([*PICKS_UP, pause(2), hang_up(), receive(200)], address=then, echo=True)
    switch = start_switch(**site(tmp_path, uri(full, first), uri(carrier, then)))
    sipp.caller(door(switch, V4), [*TALKS, *IS_DROPPED]).finish()
    full.finish()
    carrier.finish()
    for party, address in ((full, first), (carrier, then)):
        (invite,) = party.received("INVITE")
        assert f"c=IN IP{'6' if ':' in address else '4'} {address}" in invite.body
    assert switch.record()["transfers"][0]["outcome"] == "connected"
    switch.wait_for_metric("freeline_media_streams_live", 0)


@pytest.mark.interop(
    proves="one name with AAAA and A: the next address may be of the other version"
)
def test_a_name_with_addresses_of_both_versions(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path, ports: PortBlock
) -> None:
    """At one of the two nobody listens."""
    carrier = sipp.headset(TAKES, address=V6)
    names = Dnsmasq(tmp_path, ports)
    names.serve("host-record=sip.example,127.0.0.1,::1")
    dns = {"servers": [{"address": V4, "port": names.port}]}
    try:
        switch = start_switch(**site(tmp_path, f"sip:sip.example:{carrier.port}", dns=dns))
        switch.wait_for_metric("freeline_trunk_up", 1, trunk="carrier")
        sipp.caller(door(switch, V4), [*TALKS, *IS_DROPPED]).finish()
    finally:
        names.stop()
    carrier.finish()
    (line,) = switch.log("dialling_failed_over")
    assert line["server"] == f"udp:127.0.0.1:{carrier.port}"
    (invite,) = carrier.received("INVITE")
    assert "c=IN IP6 ::1" in invite.body


@needs_raw_sockets
@pytest.mark.interop(proves="a callback reaches a caller over IPv6 and an agent over IPv4")
@pytest.mark.parametrize("asks", [ASKS, ASKS_CALLER_FIRST], ids=["agent_first", "caller_first"])
def test_a_callback(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path, asks: list[str]
) -> None:
    phone = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], address=V6, echo=True)
    headset = sipp.headset(ENDS_IT, echo=True)
    wanted = callback_site(tmp_path, phone, peer=uri(phone, V6))
    wanted["agents"] = [fixed_agent("asha", headset.port)]
    wanted["networks"] = [V4, V6]
    wanted["settings"] = {**wanted["settings"], **BOTH}
    switch = start_switch(**wanted)
    sipp.caller(door(switch, V4), asks).finish()
    headset.finish()
    phone.finish()
    assert "c=IN IP6 ::1" in phone.received("INVITE")[0].body
    assert "c=IN IP4 127.0.0.1" in headset.received("INVITE")[0].body
    rung = next(each for each in switch.wait_for_records(2) if each["flow"] == "callback")
    heard = {leg["leg"]: leg["packets_received"] for leg in rung["media"]}
    assert heard["inbound"] > 0  # the echo of what we said to the caller
