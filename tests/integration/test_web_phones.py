"""Headsets over WebSocket (RFC 7118) that are no browsers, called by SIPp over UDP.

They speak plain RTP, which is to be said (`srtp: never`): browsers would not.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.integration.conftest import StartSwitch
from tests.support.certificates import client_context, write_certificate
from tests.support.ports import PortBlock
from tests.support.sipp import SippFactory
from tests.support.sipp_scenario import presses_1_and_talks
from tests.support.site import headset_agent
from tests.support.switch_process import SwitchProcess
from tests.support.web_phone import WebPhone

DESK = "https://desk.example"

pytestmark = pytest.mark.interop(peer="websockets and SIPp", role="headset", over="WSS")


@pytest.fixture
def switch(start_switch: StartSwitch, tmp_path: Path) -> SwitchProcess:
    files = write_certificate(tmp_path / "certificate")
    listen = [
        {"transport": transport, "address": "127.0.0.1", "port": 0}
        for transport in ("udp", "ws", "wss")
    ]
    return start_switch(
        agents=[headset_agent("asha", srtp="never")],
        settings={
            "sip": {
                "listen": listen,
                "tls": {"certificate": str(files.certificate), "key": str(files.key)},
                "web_origins": [DESK],
                "digest": ["MD5"],
            }
        },
    )


def web_phone(switch: SwitchProcess, transport: str, origin: str = DESK) -> WebPhone:
    url = f"{transport}://{switch.ready[f'sip_{transport}']}/"
    tls = client_context() if transport == "wss" else None
    return WebPhone(url, "asha", origin=origin, tls=tls)


@pytest.mark.interop(proves="registers with digest and one flow, is called, and is hung up on")
@pytest.mark.parametrize(
    "transport", [pytest.param("ws", marks=pytest.mark.interop(over="WS")), "wss"]
)
def test_is_called_on_its_connection(
    switch: SwitchProcess, sipp: SippFactory, ports: PortBlock, transport: str
) -> None:
    with web_phone(switch, transport) as phone:
        answer = phone.register("secret-asha")
        assert answer.code == 200
        assert answer.header("require") == "outbound"
        assert answer.header("flow-timer") == "120"
        switch.wait_for_metric("freeline_agents", 1, state="ready")
        assert switch.metric("freeline_sip_connections", transport=transport) == 1

        steps = presses_1_and_talks(2)
        caller = sipp.caller(switch.sip, steps)
        invite = phone.request("INVITE")
        assert ";transport=ws>" in invite.required("contact")
        assert f"SIP/2.0/{transport.upper()} " in invite.vias[0]
        phone.reply(invite, 180, "Ringing")
        phone.reply(invite, 200, "OK", port=ports.take())
        phone.request("ACK")
        ended = phone.request("BYE")
        phone.reply(ended, 200, "OK")
        caller.finish()
    switch.wait_for_metric("freeline_agents", 1, state="logged_out")
    assert switch.record()["agent"] == "asha"


@pytest.mark.interop(proves="a page from elsewhere gets 403, and is counted")
def test_a_page_from_elsewhere_is_refused(switch: SwitchProcess) -> None:
    with pytest.raises(InvalidStatus) as caught:
        web_phone(switch, "wss", "https://evil.example")
    assert caught.value.response.status_code == 403
    switch.wait_for_metric("freeline_sip_handshakes_failed_total", 1, reason="origin")
