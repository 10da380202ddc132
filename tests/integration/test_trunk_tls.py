"""Carriers over TLS: a real Kamailio that registers us, calls us, and is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import StartSwitch
from tests.integration.test_control import freeline, told
from tests.integration.test_kamailio import routed
from tests.integration.test_trunks import flows
from tests.support.certificates import CertificateFiles, stranger, write_certificate
from tests.support.dnsmasq import Dnsmasq
from tests.support.kamailio_edge import KamailioEdge
from tests.support.kamailio_registrar import KamailioRegistrar
from tests.support.ports import PortBlock
from tests.support.processes import wait_until
from tests.support.sipp import SippFactory
from tests.support.sipp_scenario import (
    HANGS_UP,
    IS_DROPPED,
    TALKS,
    ack_refusal,
    hang_up,
    invite,
    pause,
    receive,
    receive_invite,
    reply,
    sdp,
)
from tests.support.site import FLOWS, NUMBER, fixed_agent

pytestmark = pytest.mark.interop(peer="Kamailio and SIPp", role="carrier", over="TLS")

PASSWORD = "secret-k"
UDP = {"transport": "udp", "address": "127.0.0.1", "port": 0}

ROUTE = ["[last_Record-Route:]"]
TAKES = [
    receive_invite(),
    reply(180, "Ringing", headers=ROUTE),
    reply(200, "OK", sdp(0), headers=ROUTE),
    receive("ACK"),
    pause(0.5),
    hang_up(),
    receive(200),
]

StartCarrier = Callable[..., KamailioRegistrar]


@pytest.fixture
def carrier(tmp_path: Path, ports: PortBlock) -> Iterator[StartCarrier]:
    """Starts Kamailios with a certificate; ended with the test."""
    running: list[KamailioRegistrar] = []

    def start(certificate: CertificateFiles, **options: Any) -> KamailioRegistrar:
        name = tmp_path / f"carrier{len(running)}"
        running.append(KamailioRegistrar(name, ports, PASSWORD, certificate=certificate, **options))
        return running[-1]

    yield start
    for each in running:
        each.stop()


@pytest.fixture
def names(tmp_path: Path, ports: PortBlock) -> Iterator[Dnsmasq]:
    server = Dnsmasq(tmp_path, ports)
    yield server
    server.stop()


def site(directory: Path, uri: str, ca: Path, **more: Any) -> dict[str, Any]:
    """Return a site without a listener for TLS that dials and registers over it."""
    dial = {"peer": uri, "allow": ["+1"], "caller_id": NUMBER}
    login = {"username": "gate", "password": PASSWORD, "address": "sip:gate@carrier.example"}
    register = {"registrar": uri, **login, "retry_seconds": 1}
    health = {"interval_seconds": 0.5, "timeout_seconds": 2, "down_after": 1, "up_after": 1}
    return {
        "numbers": {NUMBER: "dial"},
        "flows": flows(directory),
        "agents": [fixed_agent("asha", 9)],
        "dial": dial,
        "trunk": {"register": {**register, "contact_user": NUMBER}, "health": health},
        "settings": {"sip": {"listen": [UDP], "tls": {"trust": str(ca)}}},
        **more,
    }


@pytest.mark.interop(
    proves="registers us and takes a call on the one connection, its certificate checked"
)
@pytest.mark.parametrize("scheme", ["sip", "sips"])
def test_we_register_and_dial_out_without_a_listener(
    start_switch: StartSwitch,
    sipp: SippFactory,
    tmp_path: Path,
    carrier: StartCarrier,
    scheme: str,
) -> None:
    outside = sipp.headset(TAKES)
    files = write_certificate(tmp_path / "certificate")
    kamailio = carrier(files, outside=outside.port)
    rest = ";transport=tls" if scheme == "sip" else ""
    uri = f"{scheme}:127.0.0.1:{kamailio.tls_port}{rest}"
    switch = start_switch(**site(tmp_path, uri, files.ca))
    switch.wait_for_metric("freeline_trunk_registered", 1, trunk="carrier")
    switch.wait_for_metric("freeline_trunk_up", 1, peer=uri)
    assert "sip_tls" not in switch.ready
    sipp.caller(switch.sip, [*TALKS, *IS_DROPPED]).finish()
    outside.finish()
    (transfer,) = switch.record()["transfers"]
    assert transfer["outcome"] == "connected"
    assert switch.metric("freeline_sip_connections", transport="tls") == 1
    (invite,) = outside.received("INVITE")
    assert invite.text.startswith(f"INVITE {scheme}:")
    assert invite.header("Contact").startswith(f"<{scheme}:")


@pytest.mark.interop(proves="a call of its own comes on the connection that we registered on")
def test_it_calls_us_on_the_connection_that_we_have_opened(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path, carrier: StartCarrier
) -> None:
    """Nobody can connect to us: there is no listener for TLS."""
    files = write_certificate(tmp_path / "certificate")
    kamailio = carrier(files)
    uri = f"sip:127.0.0.1:{kamailio.tls_port};transport=tls"
    wanted = site(tmp_path, uri, files.ca)
    wanted["numbers"] = {NUMBER: "order_line"}
    wanted["flows"] = FLOWS
    switch = start_switch(**wanted)
    switch.wait_for_metric("freeline_trunk_registered", 1, trunk="carrier")
    (contact,) = kamailio.contacts()
    assert contact.endswith(";transport=tls")
    to = f"127.0.0.1:{kamailio.port}"
    sipp.caller(to, [*TALKS, pause(0.5), *HANGS_UP], number="gate").finish()
    record = switch.record()
    assert (record["dialled"], record["reason"]) == (NUMBER, "caller_hung_up")
    assert switch.metric("freeline_sip_connections", transport="tls") == 1


@pytest.mark.interop(proves="with our own certificate and listener: it asks for our certificate")
def test_our_certificate_is_shown_to_a_carrier_that_asks_for_it(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path, carrier: StartCarrier
) -> None:
    outside = sipp.headset(TAKES)
    files = write_certificate(tmp_path / "certificate")
    ours = write_certificate(tmp_path / "ours")
    kamailio = carrier(files, outside=outside.port, require=True)
    uri = f"sips:127.0.0.1:{kamailio.tls_port}"
    wanted = site(tmp_path, uri, files.ca)
    wanted["settings"]["sip"] = {
        "listen": [UDP, {"transport": "tls", "address": "127.0.0.1", "port": 0}],
        "tls": {"certificate": str(ours.certificate), "key": str(ours.key), "trust": str(ours.ca)},
    }
    switch = start_switch(**wanted)
    switch.wait_for_metric("freeline_trunk_registered", 1, trunk="carrier")
    udp = next(each for each in switch.ready["sip"] if each.startswith("udp"))
    sipp.caller(udp.partition(" ")[2], [*TALKS, *IS_DROPPED]).finish()
    outside.finish()
    assert switch.record()["transfers"][0]["outcome"] == "connected"


@pytest.mark.interop(proves="a name of the DNS is what its certificate must show")
def test_the_name_that_is_called_is_the_one_that_counts(
    start_switch: StartSwitch, tmp_path: Path, carrier: StartCarrier, names: Dnsmasq
) -> None:
    files = write_certificate(tmp_path / "certificate", "sip.example")
    kamailio = carrier(files)
    srv = f"srv-host=_sips._tcp.sip.example,one.example,{kamailio.tls_port},0,10"
    names.serve("host-record=one.example,127.0.0.1", srv)
    dns = {"servers": [{"address": "127.0.0.1", "port": names.port}]}
    switch = start_switch(**site(tmp_path, "sips:sip.example", files.ca, dns=dns))
    switch.wait_for_metric("freeline_trunk_registered", 1, trunk="carrier")
    switch.wait_for_metric("freeline_trunk_up", 1, peer="sips:sip.example")


@pytest.mark.interop(proves="a certificate of another name, or of nobody we trust, is refused")
@pytest.mark.parametrize(
    ("certified", "wrong"),
    [
        pytest.param(["sip.example"], "match", id="another_name"),
        pytest.param(["127.0.0.1"], "unable to get local issuer", id="nobody_we_trust"),
    ],
)
def test_a_wrong_certificate_is_refused_and_the_trunk_is_down(
    start_switch: StartSwitch,
    sipp: SippFactory,
    tmp_path: Path,
    carrier: StartCarrier,
    certified: list[str],
    wrong: str,
) -> None:
    issuer = stranger() if certified == ["127.0.0.1"] else None
    files = write_certificate(tmp_path / "certificate", *certified, ca=issuer)
    kamailio = carrier(files)
    uri = f"sip:127.0.0.1:{kamailio.tls_port};transport=tls"
    switch = start_switch(**site(tmp_path, uri, files.ca))
    switch.wait_for_metric("freeline_trunk_up", 0, peer=uri)
    failed = wait_until(lambda: switch.log("tls_failed"), "what is wrong with it")[0]
    assert failed["reason"] == "their_certificate"
    assert wrong in failed["error"]
    assert failed["name"] == "127.0.0.1"
    wait_until(lambda: switch.log("trunk_not_registered"), "the line in the log")
    assert kamailio.contacts() == []
    assert switch.metric("freeline_trunk_registered", trunk="carrier") == 0
    (line,) = told(switch, "trunks")
    assert not line["peers"][0]["up"]
    assert "down" in freeline(switch, "trunks").stdout
    refused = switch.metric(
        "freeline_sip_handshakes_failed_total", transport="tls", reason="their_certificate"
    )
    assert refused >= 1
    sipp.caller(switch.sip, [*TALKS, *IS_DROPPED]).finish()
    assert switch.record()["transfers"][0]["outcome"] == "unreachable"


@pytest.mark.interop(
    proves="known by its certificate alone, from an address of nobody: calls, and is hung up on"
)
def test_a_trunk_is_known_by_its_certificate(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path, ports: PortBlock
) -> None:
    switch = start_switch(**certified(tmp_path))
    proxy = KamailioEdge(
        *(tmp_path / "theirs", ports, [str(switch.ready["sip_tls"])]),
        transport="tls",
        certificate=write_certificate(tmp_path / "carrier", "carrier.example", "127.0.0.1"),
    )
    try:
        steps = [*TALKS, pause(0.5), *IS_DROPPED]
        sipp.caller(proxy.sip, routed(steps)).finish()
    finally:
        proxy.stop()
    record = switch.record()
    assert (record["source"], record["reason"]) == ("carrier", "flow_ended")
    (line,) = told(switch, "trunks")
    assert (line["networks"], line["certificates"]) == (["192.0.2.1/32"], ["carrier.example"])


@pytest.mark.interop(proves="a certificate that is no trunk's is a stranger's: 403")
def test_another_certificate_is_nobodys(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path, ports: PortBlock
) -> None:
    switch = start_switch(**certified(tmp_path))
    proxy = KamailioEdge(
        *(tmp_path / "theirs", ports, [str(switch.ready["sip_tls"])]),
        transport="tls",
        certificate=write_certificate(tmp_path / "carrier", "sub.carrier.example", "127.0.0.1"),
    )
    try:
        steps = [invite(), receive(100, optional=True), receive(403), ack_refusal()]
        sipp.caller(proxy.sip, steps).finish()
    finally:
        proxy.stop()
    assert switch.record()["reason"] == "forbidden"


def certified(directory: Path) -> dict[str, Any]:
    """Return a site with a trunk that is nowhere, but for its certificate."""
    ours = write_certificate(directory / "ours")
    tls = {
        "certificate": str(ours.certificate),
        "key": str(ours.key),
        "client_certificates": "optional",
        "client_ca": str(ours.ca),
        "trust": str(ours.ca),
    }
    (directory / "flow").mkdir()
    (directory / "flow" / "hello.yaml").write_text(
        "nodes: {hello: {type: say, text: Hello., next: end}, end: {type: hangup}}"
    )
    listen = [{"transport": "tls", "address": "127.0.0.1", "port": 0}]
    return {
        "numbers": {NUMBER: "hello"},
        "flows": directory / "flow",
        "networks": ["192.0.2.1/32"],
        "trunk": {"certificates": ["Carrier.example"]},
        "settings": {"sip": {"listen": listen, "tls": tls}},
    }


@pytest.mark.interop(proves="restarts, and has our registration again long before it would expire")
def test_a_registration_is_renewed_when_its_connection_is_lost(
    start_switch: StartSwitch, tmp_path: Path, carrier: StartCarrier
) -> None:
    """It was good for ten minutes."""
    files = write_certificate(tmp_path / "certificate")
    kamailio = carrier(files)
    uri = f"sip:127.0.0.1:{kamailio.tls_port};transport=tls"
    switch = start_switch(**site(tmp_path, uri, files.ca))
    switch.wait_for_metric("freeline_trunk_registered", 1, trunk="carrier")
    kamailio.stop()
    again = carrier(files, port=kamailio.port)
    wait_until(again.contacts, "the registration", within_seconds=30, every=0.2)
