"""Phones that call each other: pjsua2 on both ends, real RTP on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from switch.cli import app
from switch.phone.tone import find_tone, write_tone
from tests.support.phones import PhoneFactory
from tests.support.ports import PortBlock

pytest.importorskip("pjsua2", reason="the extra `phone` is not installed")
pytestmark = pytest.mark.interop(peer="pjsua2", role="the shipped phone", over="UDP")


@pytest.fixture
def phones(tmp_path: Path) -> Iterator[PhoneFactory]:
    factory = PhoneFactory(tmp_path)
    yield factory
    factory.stop()


@pytest.fixture(scope="module")
def ports() -> Iterator[PortBlock]:
    block = PortBlock()
    yield block
    block.close()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_two_phones_talk(
    phones: PhoneFactory, ports: PortBlock, tmp_path: Path, transport: str
) -> None:
    write_tone(tmp_path / "low.wav", 440)
    write_tone(tmp_path / "high.wav", 1000)
    port = ports.take()
    options = ["--transport", transport]
    bob = phones.start(
        *("bob", "--id", "sip:bob@127.0.0.1", "--port", str(port), "--auto-answer", "--once"),
        *("--play", str(tmp_path / "high.wav"), *options),
    )
    bob.wait_for("listens")
    ann = phones.start(
        *("ann", "--id", "sip:ann@127.0.0.1", "--call", f"sip:bob@127.0.0.1:{port}"),
        *("--play", str(tmp_path / "low.wav"), "--script", "wait 1; dtmf 5; wait 1; hangup"),
        *options,
    )
    ann.finish()
    bob.finish()
    assert [event["heard"] for event in bob.events("key")] == ["5"]
    assert bob.events("rings")[0]["from_"].startswith("<sip:ann@127.0.0.1")
    assert abs(find_tone(bob.recording).hertz - 440) < 2
    assert abs(find_tone(ann.recording).hertz - 1000) < 2
    assert find_tone(ann.recording).seconds > 1


def test_a_phone_that_neither_says_nor_records_a_thing_presses_keys_all_the_same(
    phones: PhoneFactory, ports: PortBlock
) -> None:
    port = ports.take()
    bob = phones.start(
        *("bob", "--id", "sip:bob@127.0.0.1", "--port", str(port), "--auto-answer", "--once")
    )
    bob.wait_for("listens")
    ann = phones.start(
        *("ann", "--call", f"sip:bob@127.0.0.1:{port}"),
        *("--script", "wait 3; dtmf 5; wait 1; hangup"),
        records=False,
    )
    ann.finish()
    bob.finish()
    assert [event["heard"] for event in bob.events("key")] == ["5"]


@pytest.mark.parametrize(("option", "code"), [("--busy", 486), ("--decline", 603)])
def test_a_phone_that_refuses(
    phones: PhoneFactory, ports: PortBlock, option: str, code: int
) -> None:
    port = ports.take()
    bob = phones.start("bob", "--id", "sip:bob@127.0.0.1", "--port", str(port), option, "--once")
    bob.wait_for("listens")
    ann = phones.start("ann", "--call", f"sip:bob@127.0.0.1:{port}")
    assert ann.process.wait(20) == 1
    assert ann.events("ended")[0]["code"] == code
    bob.finish()


def test_a_registrar_that_is_not_there_is_told(phones: PhoneFactory, ports: PortBlock) -> None:
    nobody = f"127.0.0.1:{ports.take()}"
    phone = phones.start("bob", "--registrar", nobody, "--transport", "tcp")
    assert phone.process.wait(20) == 1
    assert "registration failed" in phone.process.output()


@pytest.mark.interop(proves="")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--busy", "--decline"], "give one of"),
        (["--script", "sing"], "`sing` is not known"),
        (["--transport", "smoke"], "udp, tcp or tls"),
        (["--srtp", "perhaps"], "never, optional, mandatory"),
        (["--codecs", "PCMU,G729"], "PCMU, PCMA, G722, not 'G729'"),
        (["--password-env", "NOT_SET_ANYWHERE"], "is not set"),
    ],
)
def test_what_makes_no_sense_is_told(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(app, ["phone", *arguments])
    assert result.exit_code == 2
    assert message in result.output
