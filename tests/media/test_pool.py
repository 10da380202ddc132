"""The pool with a real worker process: real sockets, real packets, real files."""

from __future__ import annotations

import asyncio
import os
import signal
import wave
from itertools import pairwise
from pathlib import Path

import numpy
import pytest

from switch.errors import PortsExhausted, WorkerLost
from switch.media.g711 import ALAW_TO_ULAW
from switch.media.messages import (
    AudioBegan,
    Bridge,
    Codec,
    Digit,
    Play,
    Played,
    Record,
    RecordingEnded,
    StopPlaying,
    Unbridge,
)
from switch.media.rtcp_packet import is_bye, parse_rtcp
from tests.support.media_core import Core
from tests.support.rtp_party import linear, strongest, tone
from tests.support.waiting import until


def prompt(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


class TestPlaying:
    async def test_a_prompt_comes_as_it_was_made_in_one_stream(
        self, core: Core, tmp_path: Path
    ) -> None:
        sound = bytes(number % 251 for number in range(1600))
        party, _ = await core.party("one")
        core.pool.send(Play("one", 1, (prompt(tmp_path / "a.ulaw", sound),)))
        await core.wait_for(Played("one", 1, True))
        core.pool.send(Play("one", 2, (prompt(tmp_path / "b.ulaw", sound[:320]),)))
        await core.wait_for(Played("one", 2, True))
        packets = await party.wait_for(12)
        assert b"".join(packet.payload for packet in packets) == sound + sound[:320]
        assert len({packet.ssrc for packet in packets}) == 1
        first = packets[0]
        assert [(p.sequence - first.sequence) % 2**16 for p in packets] == list(range(12))
        steps = [(p.timestamp - first.timestamp) % 2**32 for p in packets]
        assert steps[:10] == list(range(0, 1600, 160))
        assert steps[10] >= 1600
        assert [p.marker for p in packets] == [True, *[False] * 9, True, False]

    async def test_a_law_parties_get_a_law(self, core: Core, tmp_path: Path) -> None:
        party, _ = await core.party("one", Codec.PCMA)
        core.pool.send(Play("one", 1, (prompt(tmp_path / "a.ulaw", b"\xff\x00\x80" * 160),)))
        packets = await party.wait_for(3)
        assert {packet.payload_type for packet in packets} == {8}
        assert packets[0].payload[:3] == b"\xd5\x2a\xaa"

    async def test_music_goes_on_until_it_is_stopped(self, core: Core, tmp_path: Path) -> None:
        party, _ = await core.party("one")
        core.pool.send(Play("one", 5, (prompt(tmp_path / "a.ulaw", b"m" * 320),), loop=True))
        await party.wait_for(7)
        core.pool.send(StopPlaying("one", 4))
        core.pool.send(StopPlaying("one", 5))
        await core.wait_for(Played("one", 5, False))
        assert {packet.payload for packet in party.packets} == {b"m" * 160}

    async def test_another_play_replaces_it_and_a_missing_file_is_told(self, core: Core) -> None:
        await core.party("one")
        core.pool.send(Play("one", 1, ("/nowhere/x.ulaw",)))
        await core.wait_for(Played("one", 1, False, "/nowhere/x.ulaw: No such file or directory"))
        core.pool.send(Play("gone", 1, ()))
        await asyncio.sleep(0.05)

    async def test_a_party_that_holds_us_hears_nothing(self, core: Core, tmp_path: Path) -> None:
        party, _ = await core.party("one", may_send=False)
        core.pool.send(Play("one", 1, (prompt(tmp_path / "a.ulaw", b"x" * 800),)))
        await core.wait_for(Played("one", 1, True))
        assert party.packets == []


class TestBridge:
    async def test_a_tone_goes_through_each_way_and_is_transcoded(self, core: Core) -> None:
        caller, caller_port = await core.party("caller", Codec.PCMU)
        agent, agent_port = await core.party("agent", Codec.PCMA, near="caller")
        core.pool.send(Bridge("caller", "agent"))
        await asyncio.sleep(0.05)
        await asyncio.gather(
            caller.say(tone(440, 1), caller_port), agent.say(tone(1000, 1), agent_port)
        )
        heard = await agent.wait_for(50)
        assert {packet.payload_type for packet in heard} == {8}
        sound = b"".join(packet.payload for packet in heard).translate(ALAW_TO_ULAW)
        hertz, level = strongest(linear(sound))
        assert abs(hertz - 440) < 2
        assert 0.45 < level < 0.55
        hertz, level = strongest(linear(b"".join(p.payload for p in await caller.wait_for(50))))
        assert abs(hertz - 1000) < 2
        assert 0.45 < level < 0.55
        await core.wait_for(
            *(
                AudioBegan(who, way)
                for who in ("caller", "agent")
                for way in ("received", "relayed")
            )
        )

    async def test_a_whole_call_is_one_stream_towards_the_caller(
        self, core: Core, tmp_path: Path
    ) -> None:
        """Prompt, music, talk, hold music, talk: one SSRC, no gap in the numbers."""
        caller, _ = await core.party("caller")
        _, agent_port = await core.party("agent", near="caller")
        agent = core.parties[1]
        file = prompt(tmp_path / "a.ulaw", b"p" * 800)
        core.pool.send(Play("caller", 1, (file,)))
        await core.wait_for(Played("caller", 1, True))
        core.pool.send(Bridge("agent", "caller"))
        await agent.say(tone(500, 0.2), agent_port)
        core.pool.send(Play("caller", 2, (file,), loop=True))
        await asyncio.gather(agent.say(tone(500, 0.2), agent_port), asyncio.sleep(0.2))
        core.pool.send(StopPlaying("caller", 2))
        await core.wait_for(Played("caller", 2, False))
        await agent.say(tone(500, 0.2), agent_port)
        core.pool.send(Unbridge("agent"))
        await asyncio.sleep(0.05)
        count = len(caller.packets)
        await agent.say(tone(500, 0.1), agent_port)
        packets = caller.packets
        assert len(packets) == count
        assert len({packet.ssrc for packet in packets}) == 1
        first = packets[0].sequence
        assert [(p.sequence - first) % 2**16 for p in packets] == list(range(len(packets)))
        steps = [
            (later.timestamp - earlier.timestamp) % 2**32 for earlier, later in pairwise(packets)
        ]
        assert all(160 <= step < 8000 for step in steps), steps
        assert sum(packet.marker for packet in packets) >= 4

    async def test_talk_that_passes_by_itself_is_counted_and_stays_one_stream(
        self, core: Core, tmp_path: Path
    ) -> None:
        """Both talk, keys and music come between, counters are asked for all the time."""
        caller, port = await core.party("caller")
        agent, agent_port = await core.party("agent", near="caller")
        core.pool.send(Bridge("agent", "caller"))

        async def both_talk() -> None:
            await asyncio.gather(
                caller.say(tone(500, 0.4), port), agent.say(tone(500, 0.4), agent_port)
            )

        await both_talk()
        caller.press(5, port)
        await both_talk()
        core.pool.send(Play("agent", 1, (prompt(tmp_path / "a.ulaw", b"m" * 320),)))
        await core.wait_for(Played("agent", 1, True))
        await both_talk()
        await until(lambda: len(caller.packets) == 60)
        assert core.of(Digit) == [Digit("caller", "5")]
        for party in (caller, agent):
            first = party.packets[0].sequence
            numbers = [(packet.sequence - first) % 2**16 for packet in party.packets]
            assert numbers == sorted(set(numbers))
            assert len({packet.ssrc for packet in party.packets}) == 1
        told = await core.pool.release("caller")
        assert (told.packets_received, told.packets_sent, told.packets_lost) == (65, 60, 1)
        told = await core.pool.release("agent")
        assert (told.packets_received, told.packets_sent) == (60, len(agent.packets))

    async def test_keys_are_told_once_and_passed_on(self, core: Core) -> None:
        caller, port = await core.party("caller")
        agent, _ = await core.party("agent", near="caller", event_payload_type=96)
        core.pool.send(Bridge("caller", "agent"))
        await asyncio.sleep(0.05)
        for code in (1, 11, 1):
            caller.press(code, port)
            await asyncio.sleep(0.1)
        await core.wait_for(Digit("caller", "1"), Digit("caller", "#"))
        assert core.of(Digit) == [Digit("caller", digit) for digit in "1#1"]
        packets = await agent.wait_for(15)
        assert {packet.payload_type for packet in packets} == {96}
        assert [packet.payload[0] for packet in packets] == [1] * 5 + [11] * 5 + [1] * 5


class TestRtcp:
    async def test_reports_and_a_farewell_are_sent(self, core: Core) -> None:
        party, port = await core.party("one")
        await party.say(tone(500, 0.3), port)
        await core.pool.release("one")
        await until(lambda: party.rtcp and is_bye(party.rtcp[-1]))
        (report,) = parse_rtcp(party.rtcp[-1])
        (block,) = report.blocks
        assert (block.ssrc, block.lost) == (party.ssrc, 0)


class TestRecording:
    async def test_the_caller_is_left_and_what_it_hears_right(
        self, core: Core, tmp_path: Path
    ) -> None:
        caller, caller_port = await core.party("caller", Codec.PCMA)
        agent, agent_port = await core.party("agent", near="caller")
        path = tmp_path / "2026-01-01" / "call.wav"
        core.pool.send(Bridge("caller", "agent"))
        core.pool.send(Record("caller", str(path)))
        await asyncio.sleep(0.05)
        await asyncio.gather(
            caller.say(tone(440, 1.2), caller_port), agent.say(tone(1000, 1.2), agent_port)
        )
        await core.pool.release("caller")
        ended = core.of(RecordingEnded)
        assert len(ended) == 1
        with wave.open(str(path)) as file:
            assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
            frames = numpy.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        stereo = frames.reshape(-1, 2) / 32_768
        assert 1.2 <= len(stereo) / 8000 < 2
        middle = stereo[2400:8000]
        for channel, expected in ((0, 440), (1, 1000)):
            hertz, level = strongest(middle[:, channel])
            assert abs(hertz - expected) < 3
            assert 0.4 < level < 0.6

    async def test_a_full_disk_is_told_and_the_call_goes_on(self, core: Core) -> None:
        caller, port = await core.party("caller")
        agent, _ = await core.party("agent", near="caller")
        core.pool.send(Bridge("caller", "agent"))
        core.pool.send(Record("caller", "/dev/full"))
        await asyncio.sleep(0.05)
        await caller.say(tone(440, 0.2), port)
        await agent.wait_for(10)
        await core.pool.release("caller")
        (ended,) = core.of(RecordingEnded)
        assert isinstance(ended, RecordingEnded)
        assert "No space left on device" in ended.error


class TestPorts:
    async def test_there_are_only_so_many(self, core: Core) -> None:
        ports = [await core.pool.allocate(f"s{number}") for number in range(20)]
        assert len(set(ports)) == 20
        assert all(port % 2 == 0 for port in ports)
        with pytest.raises(PortsExhausted, match="no RTP port is free"):
            await core.pool.allocate("one too many")
        assert core.pool.stream_count == 20

    async def test_released_twice_is_released_once(self, core: Core) -> None:
        await core.pool.allocate("one")
        await core.pool.release("one")
        assert (await core.pool.release("one")).packets_received == 0
        assert core.pool.stream_count == 0


class TestDeath:
    async def test_a_killed_worker_loses_its_streams_and_another_takes_over(
        self, core: Core
    ) -> None:
        await core.party("one")
        await core.party("two", near="one")
        (pid,) = core.pool.pids
        os.kill(pid, signal.SIGKILL)
        await until(lambda: core.deaths)
        assert core.deaths == [(0, -signal.SIGKILL, ["one", "two"])]
        assert core.pool.stream_count == 0
        core.pool.send(Unbridge("one"))
        await until(lambda: core.pool.pids)
        assert core.pool.pids != [pid]
        assert await core.pool.allocate("three") > 0

    async def test_who_waits_for_it_is_told(self, core: Core) -> None:
        (pid,) = core.pool.pids
        os.kill(pid, signal.SIGSTOP)
        more_than_are_prepared = [core.pool.allocate(f"s{number}") for number in range(20)]
        waiting = asyncio.gather(*more_than_are_prepared, return_exceptions=True)
        await asyncio.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
        *_, last = await waiting
        with pytest.raises(WorkerLost, match="has died"):
            raise last if isinstance(last, Exception) else AssertionError(last)

    async def test_streams_are_prepared_so_that_a_leg_does_not_wait(self, core: Core) -> None:
        await core.pool.allocate("first")
        await asyncio.sleep(0.5)
        (pid,) = core.pool.pids
        os.kill(pid, signal.SIGSTOP)
        try:
            port = await asyncio.wait_for(core.pool.allocate("one"), 5)
        finally:
            os.kill(pid, signal.SIGCONT)
        assert port > 0
        assert (await core.pool.release("one")).packets_sent == 0

    async def test_sigterm_is_the_cores_business(self, core: Core) -> None:
        (pid,) = core.pool.pids
        await core.pool.allocate("one")
        os.kill(pid, signal.SIGTERM)
        await asyncio.sleep(0.05)
        assert await core.pool.allocate("two") > 0
        assert core.pool.pids == [pid]
