"""baresip and pjsua2 as callers and headsets over each transport, their media in SRTP."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from switch.phone.tone import find_tone, write_tone
from tests.integration.conftest import StartSwitch
from tests.support.baresip import BaresipFactory
from tests.support.certificates import CertificateFiles, write_certificate
from tests.support.phones import PhoneFactory
from tests.support.ports import PortBlock
from tests.support.site import NUMBER, headset_agent
from tests.support.switch_process import SwitchProcess

pytestmark = pytest.mark.interop(
    role="caller and headset",
    proves="SRTP required of both; registers, calls, is called, both hear each other",
)

WAYS = [
    pytest.param(transport, marks=pytest.mark.interop(over=f"{transport.upper()}, SRTP"))
    for transport in ("udp", "tcp", "tls")
]


@pytest.fixture
def certificate(tmp_path: Path) -> CertificateFiles:
    return write_certificate(tmp_path / "certificate")


@pytest.fixture
def baresips(tmp_path: Path, ports: PortBlock) -> Iterator[BaresipFactory]:
    if shutil.which("baresip") is None:
        pytest.skip("baresip is not installed")
    factory = BaresipFactory(tmp_path / "baresip", ports)
    yield factory
    factory.stop()


@pytest.fixture
def start(start_switch: StartSwitch, certificate: CertificateFiles) -> Any:
    """Starts a switch that listens by one transport alone and takes no plain RTP.

    By UDP and TCP whoever is on the way could read the keys: there it has to be told to take them.
    """

    def started(transport: str) -> SwitchProcess:
        tls = {"certificate": str(certificate.certificate), "key": str(certificate.key)}
        listen = [{"transport": transport, "address": "127.0.0.1", "port": 0}]
        return start_switch(
            agents=[headset_agent("asha", srtp="required")],
            trunk={"srtp": "required"},
            settings={
                "sip": {"listen": listen, "tls": tls, "digest": ["MD5"]},
                "media": {"srtp_keys_in_clear": transport != "tls"},
            },
        )

    return started


def where(switch: SwitchProcess, transport: str) -> str:
    (told,) = [each for each in switch.ready["sip"] if each.startswith(transport)]
    return str(told).partition(" ")[2]


def is_complete(switch: SwitchProcess) -> None:
    """Assert that the call went well, and that no key stands in a log."""
    record = switch.record()
    assert (record["result"], record["agent"]) == ("completed", "asha")
    assert all(leg["packets_lost"] == 0 for leg in record["media"])
    assert "inline:" not in switch.process.output()


@pytest.mark.interop(peer="baresip")
@pytest.mark.parametrize("transport", WAYS)
def test_baresip(
    start: Any, baresips: BaresipFactory, certificate: CertificateFiles, transport: str
) -> None:
    switch = start(transport)
    address = where(switch, transport)
    settings = ["module srtp.so"]
    ca = certificate.ca if transport == "tls" else None
    encrypted = "audio_codecs=pcmu;mediaenc=srtp-mand"
    asha = baresips.start(
        "asha",
        f"<sip:asha@{address};transport={transport}>;auth_pass=secret-asha;answermode=auto;{encrypted}",
        ca=ca,
        hertz=1000,
        settings=settings,
    )
    switch.wait_for_metric("freeline_agents", 1, state="ready")
    caller = baresips.start(
        "caller",
        f"<sip:+12125550123@{address};transport={transport}>;regint=0;{encrypted}",
        ca=ca,
        commands=[f"/dial sip:{NUMBER}@{address};transport={transport}"],
        settings=settings,
    )
    caller.wait_for("Call established")
    caller.command("sndcode", "1")
    asha.wait_for("Call established")
    time.sleep(4)
    caller.command("hangup")
    is_complete(switch)
    for phone, hertz in ((caller, 1000), (asha, 440)):
        phone.process.stop()
        assert "SRTP is Enabled" in phone.process.output()
        heard = find_tone(phone.heard())
        assert abs(heard.hertz - hertz) < 3
        assert heard.seconds > 2


@pytest.mark.interop(peer="pjsua2")
@pytest.mark.parametrize("transport", WAYS)
def test_pjsua2(
    start: Any, phones: PhoneFactory, certificate: CertificateFiles, transport: str
) -> None:
    switch = start(transport)
    address = where(switch, transport)
    says = {hertz: phones.directory / f"{hertz}.wav" for hertz in (440, 1000)}
    for hertz, tone in says.items():
        write_tone(tone, hertz)
    how = ["--transport", transport, "--srtp", "mandatory"]
    how += ["--ca", str(certificate.ca)] if transport == "tls" else []
    asha = phones.start(
        *("asha", "--id", "sip:asha@127.0.0.1", "--registrar", address, *how),
        *("--password", "secret-asha", "--auto-answer", "--play", str(says[1000])),
    )
    asha.wait_for("registered")
    caller = phones.start(
        *("caller", "--id", "sip:+12125550123@127.0.0.1", *how),
        *("--call", f"sip:{NUMBER}@{address}", "--play", str(says[440])),
        *("--script", "wait 1; dtmf 1; wait 5; hangup"),
    )
    caller.finish()
    is_complete(switch)
    for phone, hertz in ((caller, 1000), (asha, 440)):
        heard = find_tone(phone.recording)
        assert abs(heard.hertz - hertz) < 3
        assert heard.seconds > 2
