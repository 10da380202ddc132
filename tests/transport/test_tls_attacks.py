"""What TLS is spoken: every version and cipher that OpenSSL's own client can still offer."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from switch.transport.tls import TlsSettings, load_tls
from tests.support.certificates import write_certificate
from tests.support.sip_edge import Edge

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")

_EVERYTHING = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    files = write_certificate(tmp_path / "ours")
    settings = TlsSettings(certificate=files.certificate, key=files.key, trust=files.ca)
    edge = Edge(tls=load_tls(settings).contexts)
    await edge.start("tls")
    yield edge
    await edge.driver.stop()


def _known() -> list[str]:
    """Return every cipher of TLS 1.2 and before that OpenSSL has."""
    listed = subprocess.run(
        ["openssl", "ciphers", _EVERYTHING], capture_output=True, text=True, timeout=30, check=True
    )
    return [name for name in listed.stdout.strip().split(":") if not name.startswith("TLS_")]


async def agreed(edge: Edge, *options: str) -> tuple[str, str]:
    """Return version and cipher that `openssl s_client` agrees on; empty without any."""
    host, port = edge.address("tls")
    client = await asyncio.create_subprocess_exec(
        *("openssl", "s_client", "-connect", f"{host}:{port}", *options),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    told = (await client.communicate())[0].decode(errors="replace")
    found = re.search(r"^New, (\S+), Cipher is (\S+)$", told, re.M)
    if found is None or found[2] == "(NONE)":
        return "", ""
    return found[1], found[2]


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
async def test_no_old_version_is_spoken(edge: Edge, version: str) -> None:
    assert await agreed(edge, version, "-cipher", _EVERYTHING) == ("", "")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_the_present_ones_are(edge: Edge, version: str) -> None:
    assert (await agreed(edge, version))[1]


async def test_only_ciphers_that_are_sound_are_agreed_on(edge: Edge) -> None:
    """Keys that no later theft of ours gives away, and encryption that proves itself (AEAD)."""
    known = _known()
    assert {"AES128-SHA", "ECDHE-ECDSA-AES256-GCM-SHA384", "NULL-SHA"} <= set(known)
    taken: set[str] = set()
    left = known
    # Each round offers what was not taken yet, as scanners do.
    while left:
        cipher = (await agreed(edge, "-tls1_2", "-cipher", ":".join([*left, "@SECLEVEL=0"])))[1]
        if not cipher:
            break
        taken.add(cipher)
        left = [name for name in left if name != cipher]
    assert taken
    sound = re.compile(r"(ECDHE|DHE)-(RSA|ECDSA)-(AES(128|256)-GCM-SHA(256|384)|CHACHA20-POLY1305)")
    assert [cipher for cipher in taken if not sound.fullmatch(cipher)] == []


async def test_neither_compression_nor_renegotiation_is_to_be_had(edge: Edge) -> None:
    host, port = edge.address("tls")
    client = await asyncio.create_subprocess_exec(
        *("openssl", "s_client", "-connect", f"{host}:{port}", "-tls1_2", "-comp"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told = (await client.communicate(b"R\n"))[0].decode(errors="replace")
    assert "Compression: NONE" in told
    assert "RENEGOTIATING" in told
    assert "no renegotiation" in told or "error" in told
