"""Headsets and callers over TCP, TLS and IPv6: pjsua2 and baresip on both sides."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from switch.phone.tone import find_tone, write_tone
from tests.integration.conftest import StartSwitch
from tests.support.baresip import BaresipFactory
from tests.support.certificates import CertificateFiles, client_context, write_certificate
from tests.support.phones import PhoneFactory
from tests.support.ports import PortBlock
from tests.support.processes import wait_until
from tests.support.sipp import SippFactory
from tests.support.sipp_scenario import presses_1_and_talks
from tests.support.site import NUMBER, headset_agent
from tests.support.switch_process import SwitchProcess

HOSTS = {"IPv4": "127.0.0.1", "IPv6": "::1"}


@pytest.fixture
def baresips(tmp_path: Path, ports: PortBlock) -> Iterator[BaresipFactory]:
    factory = BaresipFactory(tmp_path / "baresip", ports)
    yield factory
    factory.stop()


@pytest.fixture
def certificate(tmp_path: Path) -> CertificateFiles:
    return write_certificate(tmp_path / "certificate")


def over(transport: str, family: str, certificate: CertificateFiles) -> dict[str, Any]:
    """Return the settings of a switch that speaks this and no more."""
    host = HOSTS[family]
    return {
        "sip": {
            "listen": [{"transport": transport, "address": host, "port": 0}],
            "tls": {"certificate": str(certificate.certificate), "key": str(certificate.key)},
            "digest": ["SHA-256", "MD5"],
        },
        "media": {"address": host},
    }


def named(host: str) -> str:
    return f"[{host}]" if ":" in host else host


WAYS = [
    pytest.param("udp", "IPv4", marks=pytest.mark.interop(over="UDP")),
    pytest.param("tcp", "IPv4", marks=pytest.mark.interop(over="TCP")),
    pytest.param("udp", "IPv6", marks=pytest.mark.interop(over="UDP, IPv6")),
    pytest.param("tcp", "IPv6", marks=pytest.mark.interop(over="TCP, IPv6")),
    pytest.param("tls", "IPv4", marks=pytest.mark.interop(over="TLS")),
    pytest.param("tls", "IPv6", marks=pytest.mark.interop(over="TLS, IPv6")),
]


@pytest.mark.interop(
    peer="pjsua2",
    role="caller and headset",
    over="TLS",
    proves="registers, is called, and both sides hear each other",
)
def test_pjsua2_on_both_sides(
    start_switch: StartSwitch, phones: PhoneFactory, certificate: CertificateFiles
) -> None:
    """Its published build has no IPv6."""
    switch = start_switch(agents=[headset_agent("asha")], settings=over("tls", "IPv4", certificate))
    tone, music = tmp_tones(phones.directory)
    at = ["--transport", "tls", "--ca", str(certificate.ca)]
    where = str(switch.ready["sip_tls"])
    asha = phones.start(
        *("asha", "--id", "sip:asha@127.0.0.1", "--registrar", where, *at),
        *("--password", "secret-asha", "--auto-answer", "--play", str(tone)),
    )
    asha.wait_for("registered")
    caller = phones.start(
        *("caller", "--id", "sip:+12125550123@127.0.0.1", *at),
        *("--call", f"sip:{NUMBER}@{where}", "--play", str(music)),
        *("--script", "wait 1; dtmf 1; wait 5; hangup"),
    )
    caller.finish()
    assert abs(find_tone(caller.recording).hertz - 1000) < 3
    assert abs(find_tone(asha.recording).hertz - 440) < 3
    assert switch.record()["agent"] == "asha"
    assert switch.metric("freeline_sip_connections", transport="tls") >= 1


def tmp_tones(directory: Path) -> tuple[Path, Path]:
    directory.mkdir(parents=True, exist_ok=True)
    files = directory / "1000.wav", directory / "440.wav"
    for file, hertz in zip(files, (1000, 440), strict=True):
        write_tone(file, hertz)
    return files


@pytest.mark.interop(peer="baresip", role="headset", proves="registers, is called, answers")
@pytest.mark.parametrize(("transport", "family"), WAYS)
def test_baresip_as_a_headset(
    start_switch: StartSwitch,
    sipp: SippFactory,
    baresips: BaresipFactory,
    certificate: CertificateFiles,
    transport: str,
    family: str,
) -> None:
    """The caller is SIPp over UDP and IPv4: each side has its own listener."""
    host = HOSTS[family]
    settings = over(transport, family, certificate)
    settings["sip"]["listen"].append({"transport": "udp", "address": "127.0.0.1", "port": 0})
    settings["media"] = {"address": "127.0.0.1", "address_ipv6": "::1"}
    settings["sip"]["digest"] = ["MD5"]
    switch = start_switch(agents=[headset_agent("asha")], settings=settings)
    where = str(switch.ready[f"sip_{transport}"])
    baresips.start(
        "asha",
        f"<sip:asha@{where};transport={transport}>;auth_pass=secret-asha;answermode=auto",
        address=host,
        ca=certificate.ca if transport == "tls" else None,
    )
    switch.wait_for_metric("freeline_agents", 1, state="ready")
    steps = presses_1_and_talks(3)
    udp = next(each for each in switch.ready["sip"] if each.startswith("udp 127.0.0.1"))
    sipp.caller(udp.partition(" ")[2], steps).finish()
    record = switch.record()
    assert record["agent"] == "asha"
    heard = {leg["leg"]: leg["packets_received"] for leg in record["media"]}
    assert heard["outbound"] > 50


@pytest.mark.interop(peer="baresip", role="caller", proves="calls, hears the flow, hangs up")
@pytest.mark.parametrize(("transport", "family"), WAYS)
def test_baresip_as_a_caller(
    start_switch: StartSwitch,
    baresips: BaresipFactory,
    certificate: CertificateFiles,
    transport: str,
    family: str,
) -> None:
    host = HOSTS[family]
    switch = start_switch(
        networks=["127.0.0.0/8", "::1/128"], settings=over(transport, family, certificate)
    )
    where = str(switch.ready[f"sip_{transport}"])
    caller = baresips.start(
        "caller",
        f"<sip:+12125550123@{where};transport={transport}>;regint=0",
        address=host,
        ca=certificate.ca if transport == "tls" else None,
        commands=[f"/dial sip:{NUMBER}@{where};transport={transport}"],
    )
    caller.wait_for("Call established")
    switch.wait_for_metric("freeline_calls_live", 1)
    wait_until(lambda: switch.metric("freeline_rtp_packets_received_total") > 50, "its sound")
    caller.process.stop()
    record = switch.record()
    assert record["reason"] == "caller_hung_up"
    assert record["media"][0]["packets_received"] > 50


@pytest.mark.interop(
    peer="OpenSSL",
    role="client",
    over="TLS",
    proves="a new certificate serves at once, old connections go on",
)
@pytest.mark.parametrize("how", ["freeline reload", "its files change"])
def test_a_new_certificate_needs_no_restart(
    start_switch: StartSwitch, tmp_path: Path, certificate: CertificateFiles, how: str
) -> None:
    switch = start_switch(settings=over("tls", "IPv4", certificate))
    host, _, port = str(switch.ready["sip_tls"]).partition(":")
    options = (
        b"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK%d\r\n"
        b"From: <sip:a@127.0.0.1>;tag=a\r\nTo: <sip:127.0.0.1>\r\nCall-ID: %d\r\n"
        b"CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )

    def ask(connection: ssl.SSLSocket, number: int) -> bytes:
        connection.sendall(options % (number, number))
        return connection.recv(4096)

    def connect() -> ssl.SSLSocket:
        plain = socket.create_connection((host, int(port)), timeout=10)
        return client_context().wrap_socket(plain, server_hostname=host)

    with connect() as old:
        assert ask(old, 1).startswith(b"SIP/2.0 200")
        before = old.getpeercert(binary_form=True)
        renewed = write_certificate(tmp_path / "renewed")
        for source, target in (
            (renewed.certificate, certificate.certificate),
            (renewed.key, certificate.key),
        ):
            target.write_bytes(source.read_bytes())
        if how == "freeline reload":
            reload(switch)

        def has_changed() -> bool:
            with connect() as new:
                return new.getpeercert(binary_form=True) != before

        wait_until(has_changed, "the new certificate", within_seconds=30, every=0.5)
        assert ask(old, 2).startswith(b"SIP/2.0 200")

    certificate.certificate.write_text("nonsense")
    switch.allow_errors("certificate_rejected", "configuration_rejected")
    wait_until(
        lambda: switch.log("certificate_rejected"), "what is wrong with it", within_seconds=30
    )
    (told,) = switch.log("certificate_rejected")
    assert f"{certificate.certificate}: holds no certificate in PEM" in told["problems"][0]
    with connect() as still:
        assert ask(still, 3).startswith(b"SIP/2.0 200")


def reload(switch: SwitchProcess) -> None:
    command = [sys.executable, "-m", "switch", "reload", "--config", str(switch.config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr + done.stdout
