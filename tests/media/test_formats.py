"""Parties with other codecs, keys for SRTP, comfort noise or tones for keys: real packets."""

from __future__ import annotations

import asyncio
import math
import os
import wave
from itertools import pairwise
from pathlib import Path

import numpy
import pytest

from switch.media.messages import (
    AudioBegan,
    Bridge,
    Codec,
    Digit,
    FaxTone,
    ListenForTones,
    MessageTaken,
    Play,
    Played,
    Record,
    RecordingEnded,
    SilenceRecording,
    Silent,
    Srtp,
    StopRecording,
    TakeMessage,
)
from switch.media.rtcp_packet import build_report, parse_rtcp
from switch.media.srtp import SrtpContext
from tests.media.test_tones import key
from tests.support.media_core import Core
from tests.support.ports import PortBlock
from tests.support.rtp_party import EVENTS, PAYLOAD_TYPES, RtpParty, strongest, tone
from tests.support.waiting import until

SUITE = "AES_CM_128_HMAC_SHA1_80"
SILENCE = numpy.zeros(1600)


async def bridged(core: Core, one: Codec, other: Codec) -> tuple[RtpParty, int, RtpParty, int]:
    first, first_port = await core.party("one", one, event_clock_rate=clock(one))
    second, second_port = await core.party("two", other, near="one", event_clock_rate=clock(other))
    core.pool.send(Bridge("one", "two"))
    await asyncio.sleep(0.05)
    return first, first_port, second, second_port


def clock(codec: Codec) -> int:
    return 48_000 if codec is Codec.OPUS else 8000


def prompt(path: Path, samples: list[float]) -> str:
    from switch.media.linear import samples_to_ulaw

    path.write_bytes(samples_to_ulaw(numpy.array(samples) * 32_767))
    return str(path)


class TestCodecs:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (Codec.PCMU, Codec.G722),
            (Codec.PCMA, Codec.OPUS),
            (Codec.G722, Codec.OPUS),
            (Codec.G722, Codec.G722),
            (Codec.OPUS, Codec.OPUS),
        ],
    )
    async def test_both_hear_each_other(self, core: Core, one: Codec, other: Codec) -> None:
        first, first_port, second, second_port = await bridged(core, one, other)
        await asyncio.gather(
            first.say(tone(440, 1.0), first_port), second.say(tone(1000, 1.0), second_port)
        )
        await until(lambda: min(len(first.packets), len(second.packets)) >= 45)
        for party, hertz in ((first, 1000), (second, 440)):
            heard, level = strongest(party.heard()[1600:6400])
            assert heard == pytest.approx(hertz, abs=3)
            assert level == pytest.approx(0.5, abs=0.1)
            packets = party.packets
            assert {packet.payload_type for packet in packets} == {PAYLOAD_TYPES[party.codec]}
            step = clock(party.codec) // 50
            for earlier, later in pairwise(packets):
                assert (later.sequence - earlier.sequence) % 2**16 == 1
                assert (later.timestamp - earlier.timestamp) % 2**32 == step

    @pytest.mark.parametrize("codec", [Codec.G722, Codec.OPUS])
    async def test_prompts_and_recordings(self, core: Core, tmp_path: Path, codec: Codec) -> None:
        party, port = await core.party("one", codec)
        core.pool.send(Record("one", str(tmp_path / "call.wav")))
        core.pool.send(Play("one", 1, (prompt(tmp_path / "a.ulaw", tone(700, 1.0)),)))
        await party.say(tone(1200, 1.0), port)
        await core.wait_for(Played("one", 1, True))
        core.pool.send(StopRecording("one"))
        await until(lambda: core.of(RecordingEnded))
        assert strongest(party.heard()[1600:6400])[0] == pytest.approx(700, abs=3)
        with wave.open(str(tmp_path / "call.wav"), "rb") as file:
            frames = numpy.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
        for side, hertz in ((0, 1200), (1, 700)):
            assert strongest(frames[1600:6400, side] / 32_768)[0] == pytest.approx(hertz, abs=3)

    @pytest.mark.parametrize(("one", "other"), [(Codec.OPUS, Codec.PCMU), (Codec.PCMU, Codec.OPUS)])
    async def test_a_key_counts_at_the_others_clock(
        self, core: Core, one: Codec, other: Codec
    ) -> None:
        first, first_port, second, _ = await bridged(core, one, other)
        await first.say(tone(440, 0.2), first_port)
        first.press(5, first_port)
        await first.say(tone(440, 0.2), first_port)
        await core.wait_for(Digit("one", "5"))
        await until(lambda: [p for p in second.packets if p.payload_type == EVENTS][4:])
        events = [packet for packet in second.packets if packet.payload_type == EVENTS]
        assert {packet.payload[0] for packet in events} == {5}
        assert len({packet.timestamp for packet in events}) == 1, "one press"
        durations = [int.from_bytes(packet.payload[2:4], "big") for packet in events]
        assert durations[-1] == 4 * clock(other) // 50
        assert sum(1 for report in core.reports if isinstance(report, Digit)) == 1

    async def test_the_rest_of_a_key_that_was_pressed_before_is_not_for_the_other(
        self, core: Core
    ) -> None:
        """A menu's key leads to whoever answers at once: they would hear it."""
        first, first_port = await core.party("one", Codec.PCMU)
        second, second_port = await core.party("two", Codec.PCMU, near="one")
        await first.say(tone(440, 0.1), first_port)
        first.press(1, first_port)
        await core.wait_for(Digit("one", "1"))
        core.pool.send(Bridge("one", "two"))
        await second.say(tone(440, 0.1), second_port)
        await until(lambda: first.packets)
        first.go_on_pressing(1, first_port)
        first.press(2, first_port)
        await until(lambda: [p for p in second.packets if p.payload_type == EVENTS][4:])
        events = [packet for packet in second.packets if packet.payload_type == EVENTS]
        assert {packet.payload[0] for packet in events} == {2}

    async def test_a_party_may_change_to_what_else_was_agreed(self, core: Core) -> None:
        first, first_port, second, second_port = await bridged(core, Codec.PCMU, Codec.PCMU)
        core.pool.send(first.connect("one", others=((9, Codec.G722), (8, Codec.PCMA))))
        await asyncio.sleep(0.05)
        await first.say(tone(440, 0.3), first_port)
        await second.say(tone(440, 0.1), second_port)
        first.codec = Codec.G722
        await first.say(tone(440, 1.0), first_port)
        second.packets.clear()
        first.packets.clear()
        await asyncio.gather(
            first.say(tone(440, 0.6), first_port), second.say(tone(1000, 0.6), second_port)
        )
        assert strongest(second.heard()[800:3200])[0] == pytest.approx(440, abs=5)
        assert strongest(first.heard()[800:3200])[0] == pytest.approx(1000, abs=5), "we follow"

    @pytest.mark.parametrize("milliseconds", [10, 30, 40, 60])
    async def test_packets_of_another_length_pass(self, core: Core, milliseconds: int) -> None:
        first, first_port, second, second_port = await bridged(core, Codec.PCMU, Codec.PCMA)
        second.send(b"\xd5" * 160, second_port)
        first._step = size = 8 * milliseconds
        for _ in range(12):
            first.send(b"\x10" * size, first_port)
            await asyncio.sleep(0.01)
        await until(lambda: len(second.packets) >= 12)
        assert {len(packet.payload) for packet in second.packets} == {size}
        for earlier, later in pairwise(second.packets):
            assert (later.timestamp - earlier.timestamp) % 2**32 == size


def keys() -> tuple[Srtp, SrtpContext]:
    """Return what a worker and what its party need."""
    ours, theirs = os.urandom(30), os.urandom(30)
    return Srtp(SUITE, ours, theirs), SrtpContext(Srtp(SUITE, theirs, ours))


class TestSrtp:
    async def secure(self, core: Core, stream: str, near: str = "") -> tuple[RtpParty, int]:
        told, context = keys()
        party, port = await core.party(stream, near=near, srtp=told)
        party.srtp = context
        return party, port

    async def test_encrypted_and_plain_parties_hear_each_other(self, core: Core) -> None:
        first, first_port = await self.secure(core, "one")
        second, second_port = await core.party("two", Codec.PCMA, near="one")
        core.pool.send(Bridge("one", "two"))
        await asyncio.gather(
            first.say(tone(440, 0.5), first_port), second.say(tone(1000, 0.5), second_port)
        )
        first.press(3, first_port)
        await core.wait_for(Digit("one", "3"))
        assert first.undecipherable == 0
        assert strongest(first.heard()[800:3200])[0] == pytest.approx(1000, abs=5)
        assert strongest(second.heard()[800:3200])[0] == pytest.approx(440, abs=5)

    async def test_nothing_in_clear_nothing_forged_and_no_stranger_is_heard(
        self, core: Core
    ) -> None:
        party, port = await self.secure(core, "one")
        stranger = RtpParty(ssrc=9)
        core.parties.append(stranger)
        for _ in range(3):
            stranger.send(b"x" * 160, port)  # in clear
        stranger.srtp = keys()[1]
        for _ in range(3):
            stranger.send(b"x" * 160, port)  # under a key of its own
        await asyncio.sleep(0.1)
        party.send(b"x" * 160, port)  # the stranger has not taken its place
        await core.wait_for(AudioBegan("one", "received"))
        stats = await core.pool.release("one")
        assert (stats.packets_received, stats.packets_refused) == (1, 6)

    async def test_new_keys_in_mid_call(self, core: Core, tmp_path: Path) -> None:
        party, port = await self.secure(core, "one")
        core.pool.send(Play("one", 1, (prompt(tmp_path / "a.ulaw", tone(500, 0.2)),), loop=True))
        await party.say(tone(440, 0.2), port)
        told, context = keys()
        core.pool.send(party.connect("one", srtp=told))
        await asyncio.sleep(0.1)
        party.srtp, party.undecipherable = context, 0
        before = len(party.packets)
        await party.say(tone(440, 0.2), port)
        await until(lambda: len(party.packets) > before + 5)
        assert party.undecipherable == 0
        stats = await core.pool.release("one")
        assert (stats.packets_received, stats.packets_refused) == (20, 0)

    async def test_rtcp_is_encrypted(self, core: Core) -> None:
        party, port = await self.secure(core, "one")
        party.send(b"x" * 160, port)
        await until(lambda: party.rtcp)
        assert party.srtp is not None
        (report,) = parse_rtcp(party.srtp.unprotect_rtcp(party.rtcp[0]))
        assert report.blocks[0].ssrc == party.ssrc


class TestRtcpMux:
    async def test_rtcp_on_the_port_of_rtp(self, core: Core) -> None:
        party, port = await core.party("one", rtcp_port=0)
        core.pool.send(party.connect("one", rtcp_port=party.port))
        party.send(b"x" * 160, port)
        await core.wait_for(AudioBegan("one", "received"))
        party.send_raw(build_report(party.ssrc, None, None, "party"), port)
        await until(lambda: party.rtcp_on_rtp)
        assert parse_rtcp(party.rtcp_on_rtp[0])
        assert party.rtcp == []
        stats = await core.pool.release("one")
        assert (stats.packets_received, stats.packets_refused) == (1, 0)


class TestComfortNoise:
    async def test_it_is_passed_on_to_who_takes_it(self, core: Core) -> None:
        first, first_port = await core.party("one")
        second, second_port = await core.party(
            "two", Codec.PCMA, near="one", comfort_noise_payload_type=13
        )
        core.pool.send(Bridge("one", "two"))
        await asyncio.sleep(0.05)
        second.send(b"\xd5" * 160, second_port)
        for _ in range(3):
            first.send(b"\x10" * 160, first_port)
        first.send(b"\x28", first_port, 13)
        first.rest(20)
        first.send(b"\x10" * 160, first_port)
        await until(lambda: len(second.packets) >= 5)
        assert [p.payload_type for p in second.packets] == [8, 8, 8, 13, 8]
        assert second.packets[3].payload == b"\x28"
        steps = [(b.timestamp - a.timestamp) % 2**32 for a, b in pairwise(second.packets)]
        assert steps == [160, 160, 160, 21 * 160]

    async def test_who_does_not_take_it_hears_nothing_and_loses_nothing(self, core: Core) -> None:
        first, first_port, second, second_port = await bridged(core, Codec.PCMU, Codec.PCMU)
        second.send(b"\xff" * 160, second_port)
        for _ in range(3):
            first.send(b"\x10" * 160, first_port)
        first.send(b"\x28", first_port, 13)
        first.send(b"\x10" * 160, first_port)
        await until(lambda: len(second.packets) >= 4)
        assert {p.payload_type for p in second.packets} == {0}
        assert [(b.sequence - a.sequence) % 2**16 for a, b in pairwise(second.packets)] == [1, 1, 1]

    async def test_a_party_that_rests_is_not_missed(self, ports: PortBlock) -> None:
        core = Core(silence_seconds=0.2)
        await core.pool.start()
        try:
            party, port = await core.party("one")
            party.send(b"\x10" * 160, port)
            party.send(b"\x28", port, 13)
            await asyncio.sleep(0.6)
            assert core.of(Silent) == []
            party.send(b"\x10" * 160, port)
            await until(lambda: core.of(Silent))
        finally:
            core.parties[0].close()
            await core.pool.stop()

    async def test_a_message_ends_by_it_as_by_silence(self, core: Core, tmp_path: Path) -> None:
        party, port = await core.party("one")
        core.pool.send(TakeMessage("one", str(tmp_path / "message.wav"), 30.0, 0.6))
        await party.say(tone(440, 0.8), port)
        for _ in range(10):
            party.send(b"\x28", port, 13)
            party.rest(9)
            await asyncio.sleep(0.2)
            if core.of(MessageTaken):
                break
        (report,) = core.of(MessageTaken)
        assert isinstance(report, MessageTaken)
        assert report.end == "silence"

    async def test_a_recording_has_it_where_the_party_was_silent(
        self, core: Core, tmp_path: Path
    ) -> None:
        party, port = await core.party("one")
        core.pool.send(Record("one", str(tmp_path / "call.wav")))
        await party.say(tone(440, 0.2), port)
        party.send(b"\x28", port, 13)
        party.rest(50)
        await asyncio.sleep(1.0)
        await party.say(tone(440, 0.2), port)
        core.pool.send(StopRecording("one"))
        await until(lambda: core.of(RecordingEnded))
        with wave.open(str(tmp_path / "call.wav"), "rb") as file:
            said = numpy.frombuffer(file.readframes(file.getnframes()), "<i2")[::2] / 32_768
        quiet = said[4000:7000]
        assert 20 * math.log10(float(numpy.sqrt(numpy.mean(quiet**2)))) == pytest.approx(-40, abs=3)


def sound(*parts: numpy.ndarray) -> list[float]:
    """Return 16-bit parts one after another, as samples of -1 to 1."""
    return [float(each) / 32_768 for each in numpy.concatenate(parts)]


class TestTones:
    @pytest.mark.parametrize("codec", Codec)
    async def test_keys_by_their_tones(self, core: Core, codec: Codec) -> None:
        party, port = await core.party("one", codec, event_payload_type=-1)
        core.pool.send(ListenForTones("one", digits=True, fax=True))
        keys_ = [part for name in "4*D" for part in (key(name, 0.08), SILENCE)]
        await party.say(sound(SILENCE, *keys_), port)
        await core.wait_for(*(Digit("one", each, "inband") for each in "4*D"))
        assert len(core.of(Digit)) == 3
        assert core.of(FaxTone) == []

    async def test_nobody_listens_unless_told_to(self, core: Core) -> None:
        party, port = await core.party("one")
        await party.say(sound(SILENCE, key("5", 0.1), SILENCE), port)
        core.pool.send(ListenForTones("one", digits=True, fax=False))
        core.pool.send(ListenForTones("one", digits=False, fax=False))
        await party.say(sound(SILENCE, key("5", 0.1), SILENCE), port)
        assert core.of(Digit) == []

    async def test_a_fax_machine_that_calls(self, core: Core) -> None:
        party, port = await core.party("one")
        core.pool.send(ListenForTones("one", digits=False, fax=True))
        cng = numpy.array(tone(1100, 0.5, 0.1)) * 32_768
        await party.say(sound(SILENCE, cng, SILENCE, SILENCE), port)
        await core.wait_for(FaxTone("one"))

    async def test_a_secret_key_is_not_recorded_to_its_end(
        self, core: Core, tmp_path: Path
    ) -> None:
        """What is keyed in is secret; the key is known, and nothing secret any more."""
        party, port = await core.party("one", event_payload_type=-1)
        core.pool.send(ListenForTones("one", digits=True, fax=False))
        core.pool.send(Record("one", str(tmp_path / "call.wav")))
        core.pool.send(SilenceRecording("one", True))
        pause = numpy.zeros(12_000)
        saying = asyncio.create_task(
            party.say(sound(SILENCE, key("7", 1.6), pause, key("2", 0.4), SILENCE), port)
        )
        await core.wait_for(Digit("one", "7", "inband"))
        core.pool.send(SilenceRecording("one", False))
        await saying
        core.pool.send(StopRecording("one"))
        await until(lambda: core.of(RecordingEnded))
        with wave.open(str(tmp_path / "call.wav"), "rb") as file:
            said = numpy.frombuffer(file.readframes(file.getnframes()), "<i2")[::2]
        loud = numpy.flatnonzero(numpy.abs(said) > 1000)
        assert (loud[-1] - loud[0]) / 8000 == pytest.approx(0.4, abs=0.05), "the second alone"
        assert strongest(said[loud[0] : loud[-1]] / 32_768)[0] == pytest.approx(1336, abs=5) or (
            strongest(said[loud[0] : loud[-1]] / 32_768)[0] == pytest.approx(697, abs=5)
        )
