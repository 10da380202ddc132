"""A switch for agents' pages, and what pages do at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.support.browser import Tab
from tests.support.certificates import CertificateFiles
from tests.support.site import Json, headset_agent
from tests.support.switch_process import SwitchProcess

LIBRARIES = [
    pytest.param("jssip", marks=pytest.mark.interop(peer="Chromium and JsSIP")),
    pytest.param("sipjs", marks=pytest.mark.interop(peer="Chromium and SIP.js")),
]
TRANSPORTS = [pytest.param("ws", marks=pytest.mark.interop(over="WS")), "wss"]


def sip_for(
    certificate: CertificateFiles, desk: str, *, port: int = 0, **sip: Any
) -> dict[str, Any]:
    """Return settings of SIP for pages from the desk.

    Args:
        port: of secure WebSocket; 0: any.
    """
    listen = [
        {"transport": transport, "address": "127.0.0.1", "port": port if transport == "wss" else 0}
        for transport in ("udp", "ws", "wss")
    ]
    tls = {"certificate": str(certificate.certificate), "key": str(certificate.key)}
    return {"listen": listen, "tls": tls, "web_origins": [desk], **sip}


def switch_for(
    start_switch: Callable[..., SwitchProcess],
    certificate: CertificateFiles,
    desk: str,
    *,
    agents: Sequence[Json] = (),
    media: Json | None = None,
    **sip: Any,
) -> SwitchProcess:
    """Start a switch that lets pages from the desk in.

    Args:
        agents: asha alone, if there are none.
        sip: as of `sip_for`, and other settings.
    """
    settings = {"sip": sip_for(certificate, desk, **sip), "media": media or {}}
    return start_switch(agents=agents or [headset_agent("asha")], settings=settings)


def connects(
    tab: Tab,
    switch: SwitchProcess,
    library: str = "jssip",
    transport: str = "wss",
    password: str = "secret-asha",
    *,
    user: str = "asha",
    **settings: Any,
) -> str:
    """Have the page connect, and return `connected` or what went wrong.

    Args:
        settings: of JsSIP.
    """
    url = f"{transport}://{switch.ready[f'sip_{transport}']}/"
    script = "globalThis.phone = new phones[a](b, c[0], c[1], d); return phone.connect()"
    return str(tab.run(script, library, url, [user, password], settings))


def registers(
    tab: Tab,
    switch: SwitchProcess,
    library: str = "jssip",
    transport: str = "wss",
    *,
    ready: int = 1,
    **settings: Any,
) -> None:
    """Have the page connect and register.

    Args:
        ready: so many agents are, with the page.
        settings: of JsSIP.
    """
    assert connects(tab, switch, library, transport, **settings) == "connected"
    assert tab.run("return phone.register()") == 200
    switch.wait_for_metric("freeline_agents", ready, state="ready")
