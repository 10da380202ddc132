"""Headsets in real browsers: Chromium with JsSIP and with SIP.js, over WebSocket (RFC 7118)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import StartSwitch
from tests.integration.test_headsets import told
from tests.support.browser import Tab, browser, build_page, served
from tests.support.certificates import CertificateFiles, write_certificate
from tests.support.ports import PortBlock
from tests.support.processes import wait_until
from tests.support.sipp import SippFactory
from tests.support.sipp_scenario import HANGS_UP, TALKS, pause, press
from tests.support.site import headset_agent
from tests.support.switch_process import SwitchProcess

KEEP_ALIVE_SECONDS = 5
LIBRARIES = [
    pytest.param("jssip", marks=pytest.mark.interop(peer="Chromium and JsSIP")),
    pytest.param("sipjs", marks=pytest.mark.interop(peer="Chromium and SIP.js")),
]
TRANSPORTS = [pytest.param("ws", marks=pytest.mark.interop(over="WS")), "wss"]

pytestmark = pytest.mark.interop(peer="Chromium and JsSIP", role="headset", over="WSS")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> CertificateFiles:
    """What the switch shows, and the browser trusts."""
    return write_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_page(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def desk(page: Path) -> Iterator[str]:
    """The origin of the page that the switch lets in."""
    with served(page) as origin:
        yield origin


@pytest.fixture(scope="module")
def chromium(
    tmp_path_factory: pytest.TempPathFactory, certificate: CertificateFiles
) -> Iterator[Tab]:
    directory = tmp_path_factory.mktemp("chromium")
    with browser(directory, trusts=[certificate.certificate]) as tab:
        yield tab


@pytest.fixture
def tab(chromium: Tab, desk: str) -> Iterator[Tab]:
    """The page, loaded anew."""
    chromium.visit(desk)
    yield chromium
    chromium.leave()


def switch_for(
    start_switch: StartSwitch,
    certificate: CertificateFiles,
    desk: str,
    *,
    port: int = 0,
    **sip: Any,
) -> SwitchProcess:
    listen = [
        {"transport": transport, "address": "127.0.0.1", "port": port if transport == "wss" else 0}
        for transport in ("udp", "ws", "wss")
    ]
    tls = {"certificate": str(certificate.certificate), "key": str(certificate.key)}
    settings = {"listen": listen, "tls": tls, "web_origins": [desk], **sip}
    return start_switch(agents=[headset_agent("asha")], settings={"sip": settings})


@pytest.fixture
def switch(start_switch: StartSwitch, certificate: CertificateFiles, desk: str) -> SwitchProcess:
    return switch_for(start_switch, certificate, desk)


def connects(
    tab: Tab,
    switch: SwitchProcess,
    library: str = "jssip",
    transport: str = "wss",
    password: str = "secret-asha",
    **settings: Any,
) -> str:
    """Have the page connect, and return `connected` or what went wrong.

    Args:
        settings: of JsSIP.
    """
    url = f"{transport}://{switch.ready[f'sip_{transport}']}/"
    script = "globalThis.phone = new phones[a](b, 'asha', c, d); return phone.connect()"
    return str(tab.run(script, library, url, password, settings))


def registers(
    tab: Tab,
    switch: SwitchProcess,
    library: str = "jssip",
    transport: str = "wss",
    **settings: Any,
) -> None:
    assert connects(tab, switch, library, transport, **settings) == "connected"
    assert tab.run("return phone.register()") == 200
    switch.wait_for_metric("freeline_agents", 1, state="ready")


@pytest.mark.interop(proves="registers with digest, is shown, and registers no longer")
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_comes_and_goes(switch: SwitchProcess, tab: Tab, library: str, transport: str) -> None:
    registers(tab, switch, library, transport)
    (one,) = told(switch, "headsets")
    assert (one["headset"], one["agent"], one["transport"]) == ("asha", "asha", transport)
    assert one["user_agent"].lower().replace(".", "").startswith(library)
    assert tab.run("return phone.unregister()") == 200
    switch.wait_for_metric("freeline_agents", 1, state="logged_out")
    assert told(switch, "headsets") == []


@pytest.mark.interop(proves="a wrong password is refused")
@pytest.mark.parametrize("library", LIBRARIES)
def test_a_wrong_password_is_refused(switch: SwitchProcess, tab: Tab, library: str) -> None:
    assert connects(tab, switch, library, password="secret-ravi") == "connected"
    assert tab.run("return phone.register()") in (401, 403)
    assert switch.metric("freeline_agents", state="logged_out") == 1


@pytest.mark.interop(proves="stays while its page says nothing: its browser answers our pings")
@pytest.mark.parametrize("library", LIBRARIES)
def test_is_kept_alive(
    start_switch: StartSwitch, certificate: CertificateFiles, desk: str, tab: Tab, library: str
) -> None:
    # With nothing else to answer, no OPTIONS.
    streams = {"keep_alive_seconds": KEEP_ALIVE_SECONDS}
    switch = switch_for(start_switch, certificate, desk, streams=streams)
    registers(tab, switch, library)
    time.sleep(2.5 * KEEP_ALIVE_SECONDS)
    assert tab.run("return phone.disconnections") == 0
    assert switch.metric("freeline_sip_connections", transport="wss") == 1
    assert switch.metric("freeline_agents", state="ready") == 1


@pytest.mark.interop(proves="renews its registration before it ends")
def test_renews_its_registration(
    start_switch: StartSwitch, certificate: CertificateFiles, desk: str, tab: Tab
) -> None:
    switch = switch_for(start_switch, certificate, desk, registration={"min_seconds": 10})
    registers(tab, switch, register_expires=10)
    time.sleep(12)
    (one,) = told(switch, "headsets")
    assert one["expires_in_seconds"] > 0
    assert tab.run("return phone.ua.isRegistered()")


@pytest.mark.interop(proves="wants too short a registration, is told by 423, and takes ours")
def test_too_short_a_registration(switch: SwitchProcess, tab: Tab) -> None:
    registers(tab, switch, register_expires=10)
    (one,) = told(switch, "headsets")
    assert 30 < one["expires_in_seconds"] <= 60


@pytest.mark.interop(proves="comes back by itself to a switch that was started anew")
def test_comes_back(
    start_switch: StartSwitch,
    certificate: CertificateFiles,
    desk: str,
    tab: Tab,
    ports: PortBlock,
) -> None:
    port = ports.take()
    first = switch_for(start_switch, certificate, desk, port=port)
    registers(tab, first, register=True)
    first.finish()
    second = switch_for(start_switch, certificate, desk, port=port)
    second.wait_for_metric("freeline_agents", 1, state="ready", within_seconds=60)
    assert tab.run("return phone.disconnections") >= 1


@pytest.mark.interop(proves="answers our OPTIONS: its round trip is shown")
@pytest.mark.parametrize("library", LIBRARIES)
def test_is_asked_whether_it_is_there(
    start_switch: StartSwitch, certificate: CertificateFiles, desk: str, tab: Tab, library: str
) -> None:
    switch = switch_for(start_switch, certificate, desk, qualify={"interval_seconds": 5})
    registers(tab, switch, library)
    wait_until(
        lambda: told(switch, "headsets")[0]["round_trip_ms"],
        "the answer to our OPTIONS",
        within_seconds=30,
        every=0.5,
    )
    (one,) = told(switch, "headsets")
    assert (one["unanswered"], one["silent"]) == (0, False)


@pytest.mark.interop(proves="its OPTIONS gets 200, its MESSAGE 405, and both what we take")
def test_what_it_asks_is_answered(switch: SwitchProcess, tab: Tab) -> None:
    registers(tab, switch)
    options = tab.run("return phone.options('asha')")
    message = tab.run("return phone.message('asha', 'Good morning.')")
    assert (options["code"], message["code"]) == (200, 405)
    for answer in (options, message):
        assert "INVITE" in answer["allow"]
        assert "MESSAGE" not in answer["allow"]


@pytest.mark.interop(
    peer="Chromium and SIP.js", proves="its MESSAGE gets 405, and which methods we take"
)
def test_its_message_is_answered(switch: SwitchProcess, tab: Tab) -> None:
    registers(tab, switch, "sipjs")
    answer = tab.run("return phone.message('asha', 'Good morning.')")
    assert answer["code"] == 405
    assert "INVITE" in answer["allow"]


@pytest.mark.interop(proves="a page that is closed logs its agent out; opened again, back in")
def test_a_page_that_is_closed(switch: SwitchProcess, tab: Tab, desk: str) -> None:
    registers(tab, switch)
    tab.leave()
    switch.wait_for_metric("freeline_agents", 1, state="logged_out")
    tab.visit(desk)
    registers(tab, switch)
    assert len(told(switch, "headsets")) == 1


@pytest.mark.interop(proves="a page from elsewhere is not let in, and is counted")
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_page_from_elsewhere(
    switch: SwitchProcess, chromium: Tab, page: Path, transport: str
) -> None:
    with served(page) as elsewhere:
        chromium.visit(elsewhere)
        assert connects(chromium, switch, transport=transport) != "connected"
        chromium.leave()
    switch.wait_for_metric(
        "freeline_sip_handshakes_failed_total", 1, transport=transport, reason="origin"
    )


@pytest.mark.interop(proves="does not speak to a switch whose certificate it does not trust")
def test_a_certificate_that_it_does_not_trust(
    start_switch: StartSwitch, tab: Tab, desk: str, tmp_path: Path
) -> None:
    switch = switch_for(start_switch, write_certificate(tmp_path / "unknown"), desk)
    assert connects(tab, switch) != "connected"
    switch.wait_for_metric("freeline_sip_handshakes_failed_total", 1, reason="our_certificate")


class TestMedia:
    """Pages have DTLS-SRTP and nothing else, which is not spoken yet."""

    @pytest.mark.interop(proves="its call is refused with 488, on record with the reason")
    def test_a_call_of_the_page(self, switch: SwitchProcess, tab: Tab) -> None:
        registers(tab, switch)
        ended = tab.run("return phone.call('*72')")
        assert (ended["code"], ended["cause"]) == (488, "Incompatible SDP")
        assert "DTLS-SRTP" in switch.record()["detail"]
        # Nobody hears that it was done, but it was.
        switch.wait_for_metric("freeline_agents", 1, state="not_ready")

    @pytest.mark.interop(proves="a call that it cannot take it refuses with 488, and stays there")
    def test_a_call_to_the_page(self, switch: SwitchProcess, tab: Tab, sipp: SippFactory) -> None:
        registers(tab, switch)
        tab.run("phone.answerNext()")
        caller = sipp.caller(switch.sip, [*TALKS, press("1"), pause(4), *HANGS_UP])
        assert tab.run("return phone.called")
        caller.finish()
        (offer,) = switch.record()["offers"]
        assert (offer["agent"], offer["sip_code"]) == ("asha", 488)
        assert tab.run("return phone.disconnections") == 0
