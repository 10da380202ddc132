"""Whose packets a worker takes, and where it sends."""

from __future__ import annotations

import asyncio
from pathlib import Path

from switch.media.messages import (
    AudioBegan,
    Play,
    Silent,
)
from tests.support.media_core import Core
from tests.support.ports import PortBlock
from tests.support.rtp_party import RtpParty
from tests.support.waiting import until


def prompt(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


class TestSources:
    async def test_only_the_first_source_of_the_partys_host_is_heard(self, core: Core) -> None:
        party, port = await core.party("one")
        other = RtpParty(ssrc=9)
        core.parties.append(other)
        party.send(b"x" * 160, port)
        await core.wait_for(AudioBegan("one", "received"))
        for _ in range(3):
            other.send(b"y" * 160, port)
            party.send(b"x" * 160, port)
        await asyncio.sleep(0.1)
        stats = await core.pool.release("one")
        assert stats.packets_received == 4  # the kernel keeps the others away

    async def test_what_strangers_have_sent_before_is_refused(self, core: Core) -> None:
        port = await core.pool.allocate("one")
        other, party = RtpParty(ssrc=9), RtpParty(ssrc=1)
        core.parties += [other, party]
        for _ in range(3):
            other.send(b"y" * 160, port)
        await asyncio.sleep(0.1)  # refused: nothing is negotiated yet
        core.pool.send(party.connect("one"))
        await asyncio.sleep(0.05)
        party.send(b"x" * 160, port)
        await core.wait_for(AudioBegan("one", "received"))
        stats = await core.pool.release("one")
        assert (stats.packets_received, stats.packets_refused) == (1, 3)

    async def test_a_party_that_moves_is_heard_from_its_new_place(self, core: Core) -> None:
        party, port = await core.party("one")
        party.send(b"x" * 160, port)
        await core.wait_for(AudioBegan("one", "received"))
        moved = RtpParty(ssrc=9)
        core.parties.append(moved)
        core.pool.send(moved.connect("one"))
        await asyncio.sleep(0.05)
        for _ in range(2):
            moved.send(b"y" * 160, port)
            party.send(b"x" * 160, port)
        await asyncio.sleep(0.1)
        assert (await core.pool.release("one")).packets_received == 3

    async def test_we_send_to_where_the_party_really_is(self, core: Core, tmp_path: Path) -> None:
        party, port = await core.party("one", port=9)
        party.send(b"x" * 160, port)
        await core.wait_for(AudioBegan("one", "received"))
        core.pool.send(Play("one", 1, (prompt(tmp_path / "a.ulaw", b"m" * 320),)))
        await party.wait_for(2)

    async def test_another_host_is_not_heard(self, core: Core) -> None:
        party, port = await core.party("one", address="192.0.2.1")
        party.send(b"x" * 160, port)
        await asyncio.sleep(0.1)
        assert (await core.pool.release("one")).packets_refused == 1

    async def test_what_is_not_rtp_is_refused(self, core: Core) -> None:
        party, port = await core.party("one")
        party._rtp.sendto(b"hello", ("127.0.0.1", port))
        party._rtp.sendto(b"\x00" * 40, ("127.0.0.1", port))
        await asyncio.sleep(0.1)
        stats = await core.pool.release("one")
        assert (stats.packets_received, stats.packets_refused) == (0, 2)

    async def test_silence_is_told(self, ports: PortBlock) -> None:
        core = Core(silence_seconds=0.2)
        await core.pool.start()
        try:
            await core.party("one")
            await until(lambda: core.of(Silent))
        finally:
            core.parties[0].close()
            await core.pool.stop()
