"""`freeline trace` of calls that cannot be captured elsewhere: over TLS and secure WebSocket."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from switch.phone.tone import write_tone
from tests.integration.conftest import StartSwitch
from tests.integration.test_trace import told, trace, whole
from tests.support.certificates import client_context, write_certificate
from tests.support.phones import PhoneFactory
from tests.support.ports import PortBlock
from tests.support.site import NUMBER, headset_agent
from tests.support.web_phone import WebPhone

pytestmark = [
    pytest.mark.skipif(shutil.which("tshark") is None, reason="there is no tshark"),
    pytest.mark.interop(peer="pjsua2", role="caller", over="TLS, SRTP"),
]


@pytest.mark.interop(
    proves="its call to a WSS headset is a ladder, and a capture for tshark, without keys or proofs"
)
def test_both_legs_are_readable_and_their_secrets_are_not(
    start_switch: StartSwitch, phones: PhoneFactory, tmp_path: Path, ports: PortBlock
) -> None:
    files = write_certificate(tmp_path / "certificate")
    switch = start_switch(
        agents=[headset_agent("asha")],
        settings={
            "sip": {
                "listen": [
                    {"transport": each, "address": "127.0.0.1", "port": 0}
                    for each in ("tls", "wss")
                ],
                "tls": {"certificate": str(files.certificate), "key": str(files.key)},
            }
        },
    )
    where = str(switch.ready["sip_tls"])
    write_tone(phones.directory / "says.wav", 440)
    url = f"wss://{switch.ready['sip_wss']}/"
    with WebPhone(url, "asha", tls=client_context()) as headset:
        assert headset.register("secret-asha").code == 200
        switch.wait_for_metric("freeline_agents", 1, state="ready")
        caller = phones.start(
            *("caller", "--id", "sip:+12125550123@127.0.0.1", "--transport", "tls"),
            *("--ca", str(files.ca), "--srtp", "mandatory", "--call", f"sip:{NUMBER}@{where}"),
            *("--play", str(phones.directory / "says.wav")),
            *("--script", "wait 0.5; dtmf 1; wait 2; hangup"),
        )
        invite = headset.request("INVITE")
        headset.reply(invite, 200, "OK", port=ports.take())
        headset.request("ACK")
        headset.reply(headset.request("BYE"), 200, "OK")
        caller.finish()
    record = switch.record()
    call = whole(switch, record["id"], "--full")
    assert {each["transport"] for each in call["messages"]} == {"tls", "wss"}
    said = [each["first_line"].partition(" ")[0] for each in call["messages"]]
    assert (said.count("INVITE"), said.count("BYE")) == (2, 2)
    shown = trace(switch, record["id"], "--full")
    assert "tls:127.0.0.1" in shown.stdout
    assert "wss:127.0.0.1" in shown.stdout
    assert "a=crypto:" in shown.stdout
    assert keys(shown.stdout) == {"x"}
    (registered,) = told(switch, "asha", "--what", "registrations", "--full")
    assert {each["transport"] for each in registered["messages"]} == {"wss"}
    assert "WSS" in json.dumps(registered)

    capture = tmp_path / "call.pcap"
    assert trace(switch, record["id"], "--pcap", str(capture)).returncode == 0
    read = ["tshark", "-n", "-r", str(capture), "-T", "fields", "-e", "sip.Method"]
    for port in (where, str(switch.ready["sip_wss"])):
        read += ["-d", f"tcp.port=={port.rpartition(':')[2]},sip"]
    done = subprocess.run(read, capture_output=True, text=True, timeout=60, check=True)
    methods = done.stdout.split()
    assert (methods.count("INVITE"), methods.count("BYE")) == (2, 2)
    assert keys(capture.read_bytes().decode("latin-1")) == {"x"}


def keys(text: str) -> set[str]:
    """Return what the keys in descriptions are made of."""
    return set("".join(re.findall(r"inline:([^\r\n|; ]+)", text)))
