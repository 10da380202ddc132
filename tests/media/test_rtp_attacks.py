"""RTP that others inject, and the bleeding of calls to whoever asks (RTP bleed).

The worker's port is known to the attacker, who sends from another port or another host, with
the right payload type, sequence numbers and SSRC.
"""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
import soundfile

from switch.media.messages import (
    AudioBegan,
    Bridge,
    Codec,
    Connect,
    Digit,
    Record,
    RecordingEnded,
    StopRecording,
)
from switch.media.rtp_link import RtpLink
from switch.media.rtp_packet import build_rtp
from tests.support.media_core import Core
from tests.support.rtp_party import RtpParty


class Attacker:
    """Sends from an address of its own, and hears what comes back."""

    def __init__(self, host: str = "127.0.0.66") -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.setblocking(False)

    def send(self, data: bytes, port: int) -> None:
        self._socket.sendto(data, ("127.0.0.1", port))

    def heard(self) -> int:
        count = 0
        try:
            while self._socket.recv(2048):
                count += 1
        except BlockingIOError:
            return count
        return count

    def close(self) -> None:
        self._socket.close()


async def bridged(core: Core) -> tuple[RtpParty, int, RtpParty, int]:
    one, one_port = await core.party("one")
    two, two_port = await core.party("two", near="one")
    core.pool.send(Bridge("one", "two"))
    for party, port, name in ((one, one_port, "one"), (two, two_port, "two")):
        party.send(b"x" * 160, port)
        await core.wait_for(AudioBegan(name, "received"))
    return one, one_port, two, two_port


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.66"])
async def test_what_is_injected_is_neither_relayed_nor_recorded(
    core: Core, host: str, tmp_path: Path
) -> None:
    one, port, two, _ = await bridged(core)
    file = tmp_path / "call.wav"
    core.pool.send(Record("one", str(file)))
    attacker = Attacker(host)
    before = len(two.packets)
    for number in range(50):
        attacker.send(build_rtp(0, number, 160 * number, one.ssrc, b"\x00" * 160), port)
        if number % 10 == 0:
            one.send(b"\xff" * 160, port)
        await asyncio.sleep(0.01)
    await two.wait_for(before + 5)
    await asyncio.sleep(0.1)
    assert [packet for packet in two.packets[before:] if packet.payload == b"\x00" * 160] == []
    core.pool.send(StopRecording("one"))
    await asyncio.sleep(0.5)
    assert core.of(RecordingEnded)
    samples, _ = soundfile.read(str(file), dtype="int16")
    assert abs(int(samples.min())) < 30_000  # mu-law 0x00 is -32124
    attacker.close()


async def test_keys_that_others_press_do_not_count(core: Core) -> None:
    party, port = await core.party("one")
    party.send(b"x" * 160, port)
    await core.wait_for(AudioBegan("one", "received"))
    attacker = Attacker()
    for _ in range(5):
        attacker.send(build_rtp(101, 9, 9000, party.ssrc, b"\x05\x0a\x00\xa0"), port)
    await asyncio.sleep(0.1)
    assert core.of(Digit) == []
    attacker.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.66"])
async def test_who_knocks_at_a_port_hears_nothing_of_the_call(core: Core, host: str) -> None:
    """RTP bleed: some relays send a call to whoever sent them the last packet."""
    one, port, two, two_port = await bridged(core)
    attacker = Attacker(host)
    for number in range(50):
        attacker.send(build_rtp(0, number, 160 * number, 1, b"\x00" * 160), port)
        attacker.send(b"\x80" + bytes(11), port)
        two.send(b"x" * 160, two_port)
        await asyncio.sleep(0.005)
    await one.wait_for(20)
    assert attacker.heard() == 0
    attacker.close()


async def test_nothing_is_sent_to_a_port_that_nobody_negotiated(core: Core) -> None:
    port = await core.pool.allocate("one")
    attacker = Attacker()
    for number in range(20):
        attacker.send(build_rtp(0, number, 160 * number, 1, bytes(160)), port)
        attacker.send(bytes(20), port + 1)
    await asyncio.sleep(0.2)
    assert attacker.heard() == 0
    attacker.close()


class TestWindow:
    """A party behind a NAT told a private address: its first packet comes from elsewhere."""

    @pytest.mark.parametrize(("after", "heard"), [(29.9, True), (30.1, False)])
    def test_another_host_counts_only_for_so_long(self, after: float, heard: bool) -> None:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtcp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as public,
        ):
            for each in (rtp, rtcp, public):
                each.bind(("127.0.0.1", 0))
            rtp.settimeout(5)
            link = RtpLink(rtp, rtcp)
            link.aim(Connect("one", "10.0.0.9", 4000, Codec.PCMU, 0, 101, True, True), 1000.0)
            taken: list[bytes] = []
            public.sendto(build_rtp(0, 1, 160, 7, bytes(160)), rtp.getsockname())
            rtp.setblocking(False)
            take = lambda data, _now: taken.append(bytes(data))  # noqa: E731
            link.receive(take, take, 1000.0 + after)
            assert bool(taken) is heard
            assert link.refused == (not heard)
