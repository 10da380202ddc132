"""Headsets in real browsers: Chromium with JsSIP and with SIP.js, over WebSocket (RFC 7118).

How they come and go; their calls are in `test_browser_calls.py`.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.integration.conftest import StartSwitch
from tests.integration.test_headsets import told
from tests.support.browser import Tab, served
from tests.support.certificates import CertificateFiles, write_certificate
from tests.support.ports import PortBlock
from tests.support.processes import wait_until
from tests.support.switch_process import SwitchProcess
from tests.support.web_desk import LIBRARIES, TRANSPORTS, connects, registers, switch_for

KEEP_ALIVE_SECONDS = 5

pytestmark = pytest.mark.interop(peer="Chromium and JsSIP", role="headset", over="WSS")


@pytest.fixture
def switch(start_switch: StartSwitch, certificate: CertificateFiles, desk: str) -> SwitchProcess:
    return switch_for(start_switch, certificate, desk)


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
