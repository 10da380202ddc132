"""Capture files: read by tshark as the messages that they hold."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from switch.trace.frame import SENT, UNREACHABLE, Message
from switch.trace.pcap import write_pcap
from switch.trace.sip_text import SipText
from tests.trace.messages import LOCAL, SDP, TRUNK, received, request, response, sent, whole_call

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="there is no tshark")

V6 = ("2001:db8::7", 5060)


def written(path: Path, messages: list[Message]) -> int:
    with path.open("wb") as file:
        return write_pcap(file, [SipText(each, each.at) for each in messages])


def read(path: Path, *options: str) -> list[dict[str, Any]]:
    """Return what tshark sees, packet by packet."""
    done = subprocess.run(
        ["tshark", "-n", "-r", str(path), "-T", "json", *options],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return [each["_source"]["layers"] for each in json.loads(done.stdout)]


@needs_tshark
@pytest.mark.interop(peer="tshark", role="reader of captures", over="UDP, TCP, IPv6")
class TestTshark:
    def test_reads_a_call_over_udp(self, tmp_path: Path) -> None:
        messages = [each for frame in whole_call() for each in frame.messages]
        assert written(tmp_path / "call.pcap", messages) == 11
        packets = read(tmp_path / "call.pcap")
        assert len(packets) == 11
        first = packets[0]
        assert (first["ip"]["ip.src"], first["ip"]["ip.dst"]) == (TRUNK[0], LOCAL[0])
        assert float(first["frame"]["frame.time_epoch"]) == pytest.approx(1.0)
        assert [next(iter(each["sip"]))[:4] for each in packets] == ["sip."] * 11
        assert "sip.msg_body" in first["sip"]

    def test_finds_no_fault_with_lengths_and_checksums(self, tmp_path: Path) -> None:
        messages = [
            received(1.0, request("INVITE", "a", body=SDP), TRUNK),
            sent(2.0, response(200, "OK", "INVITE", "a", body=SDP), TRUNK),
            sent(2.0, request("OPTIONS", "b"), TRUNK, "tcp"),
            Message(3.0, SENT, request("OPTIONS", "c"), "udp", V6, ("2001:db8::1", 5060), 0),
        ]
        written(tmp_path / "some.pcap", messages)
        checks = [f"{name}.check_checksum:TRUE" for name in ("ip", "udp", "tcp")]
        options = [word for check in checks for word in ("-o", check)]
        text = subprocess.run(
            ["tshark", "-n", "-r", str(tmp_path / "some.pcap"), "-V", *options],
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
        assert text.count("Checksum Status: Good") >= 4
        for fault in ("Malformed", "Bad checksum", "[incorrect", "Expert Info (Error"):
            assert fault not in text

    def test_puts_a_stream_together(self, tmp_path: Path) -> None:
        """Over TLS as well: what was encrypted on the wire can be read here."""
        large = request("INVITE", "a", "X-Long: " + "x" * 70_000, body=SDP)
        messages = [
            received(1.0, large, TRUNK, "tls"),
            sent(1.1, response(100, "Trying", "INVITE", "a"), TRUNK, "tls"),
            received(1.2, request("ACK", "a"), TRUNK, "tls"),
        ]
        written(tmp_path / "stream.pcap", messages)
        packets = read(tmp_path / "stream.pcap", "-Y", "sip")
        assert [each["sip"]["sip.msg_hdr_tree"]["sip.Call-ID"] for each in packets] == ["a"] * 3

    def test_reads_ipv6(self, tmp_path: Path) -> None:
        local = ("2001:db8::1", 5060)
        message = Message(1.0, SENT, request("OPTIONS", "a"), "udp", V6, local, 0)
        written(tmp_path / "six.pcap", [message])
        (packet,) = read(tmp_path / "six.pcap")
        assert packet["ipv6"]["ipv6.dst"] == V6[0]
        assert "sip" in packet


def test_what_was_no_message_is_left_out() -> None:
    file = io.BytesIO()
    gone = Message(1.0, UNREACHABLE, b"", "udp", TRUNK, LOCAL, 0)
    assert write_pcap(file, [SipText(gone, 1.0)]) == 0


def test_secrets_are_crossed_out() -> None:
    file = io.BytesIO()
    message = received(1.0, request("INVITE", "a", body=SDP), TRUNK)
    write_pcap(file, [SipText(message, 1.0)])
    assert b"inline:xxxx" in file.getvalue()
    assert b"d0Rmdmcm" not in file.getvalue()
