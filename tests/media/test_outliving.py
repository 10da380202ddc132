"""Workers that outlive their core, and meet the next one: real processes, real packets."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import pytest

from switch.media.meeting import MeetingPlace, meet
from switch.media.messages import Bridge, Record, RecordingEnded
from tests.support.media_core import Core
from tests.support.ports import PortBlock
from tests.support.rtp_party import RtpParty
from tests.support.waiting import until

pytestmark = [
    # A core that crashes does not wait for its children; here it is the test's process.
    pytest.mark.filterwarnings("ignore:unclosed transport:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
]

Cores = Callable[..., Core]


@pytest.fixture
async def cores(ports: PortBlock) -> AsyncIterator[Cores]:
    """Makes one core after another, each with the workers of the one before."""
    made: list[Core] = []
    meeting_place = f"freeline-test-{uuid4().hex}"

    def make(**settings: object) -> Core:
        values: dict[str, object] = {
            "meeting_place": meeting_place,
            "outlive_seconds": 20.0,
            "fast_relay": False,
        }
        made.append(Core(**(values | settings)))
        return made[-1]

    yield make
    for core in made:
        for party in core.parties:
            party.close()
        await core.pool.stop()
    gc.collect()  # what a crash leaves is found now, not in the next test


async def talking(core: Core) -> tuple[RtpParty, int, RtpParty, int]:
    """Return two parties who talk, and where each sends to."""
    one, one_port = await core.party("one")
    two, two_port = await core.party("two", near="one")
    core.pool.send(Bridge("one", "two"))
    await heard(one, one_port, two)
    return one, one_port, two, two_port


async def heard(speaker: RtpParty, port: int, listener: RtpParty) -> None:
    """Wait until one party hears the other."""
    before = len(listener.packets)
    while len(listener.packets) == before:
        speaker.send(b"\xff" * 160, port)
        await asyncio.sleep(0.02)


async def left_alone(core: Core) -> int:
    """End a core as a crash does, with its workers left; return the worker's process."""
    [pid] = core.pool.pids
    await core.pool.stop(outlive=True)
    return pid


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class TestWithoutACore:
    async def test_those_who_talk_go_on_and_the_next_core_ends_it(self, cores: Cores) -> None:
        first = cores()
        await first.pool.start()
        one, one_port, two, two_port = await talking(first)
        pid = await left_alone(first)
        await heard(two, two_port, one)
        second = cores()
        await second.pool.start(awaited=[0])
        assert second.pool.pids == [pid]
        assert second.pool.partner_of("one") == "two"
        assert second.pool.worker_of("two") == 0
        await heard(one, one_port, two)
        stats = await second.pool.release("one")
        assert stats.packets_received > 0
        assert await second.pool.release_unclaimed(lambda _: False) == 1

    async def test_the_next_core_opens_streams_and_joins_them_to_the_old(
        self, cores: Cores
    ) -> None:
        first = cores()
        await first.pool.start()
        _, _, two, two_port = await talking(first)
        await left_alone(first)
        second = cores()
        await second.pool.start(awaited=[0])
        three, three_port = await second.party("three", near="two")
        second.pool.send(Bridge("three", "two"))
        await heard(three, three_port, two)
        await heard(two, two_port, three)

    async def test_a_recording_goes_on(self, cores: Cores, tmp_path: Path) -> None:
        first = cores()
        await first.pool.start()
        one, one_port, two, _ = await talking(first)
        path = str(tmp_path / "talk.wav")
        first.pool.send(Record("one", path))
        await heard(one, one_port, two)
        await left_alone(first)
        second = cores()
        await second.pool.start(awaited=[0])
        await heard(one, one_port, two)
        await second.pool.release("one")
        [ended] = [each for each in second.reports if isinstance(each, RecordingEnded)]
        assert ended.path == path
        assert not ended.error
        assert ended.seconds > 0

    async def test_who_does_not_talk_is_let_go(self, cores: Cores) -> None:
        first = cores()
        await first.pool.start()
        await talking(first)
        await first.party("alone")
        await left_alone(first)
        second = cores()
        await second.pool.start(awaited=[0])
        assert second.pool.worker_of("alone") is None
        assert await second.pool.release_unclaimed(lambda each: each in ("one", "two")) == 0

    async def test_nobody_talks_so_the_worker_ends(self, cores: Cores) -> None:
        first = cores()
        await first.pool.start()
        await first.party("alone")
        pid = await left_alone(first)
        await until(lambda: not lives(pid))

    async def test_no_core_comes_so_the_worker_ends(self, cores: Cores) -> None:
        first = cores(outlive_seconds=0.3)
        await first.pool.start()
        await talking(first)
        pid = await left_alone(first)
        await until(lambda: not lives(pid))

    async def test_a_core_that_stops_in_order_leaves_nothing(self, cores: Cores) -> None:
        first = cores()
        await first.pool.start()
        await talking(first)
        [pid] = first.pool.pids
        await first.pool.stop()
        await until(lambda: not lives(pid))

    async def test_two_cores_may_fall_one_after_another(self, cores: Cores) -> None:
        first = cores()
        await first.pool.start()
        one, one_port, two, _ = await talking(first)
        pid = await left_alone(first)
        second = cores()
        await second.pool.start(awaited=[0])
        await second.pool.stop(outlive=True)
        third = cores()
        await third.pool.start(awaited=[0])
        assert third.pool.pids == [pid]
        await heard(one, one_port, two)


class TestTheNextCore:
    async def test_starts_workers_where_none_outlived(self, cores: Cores) -> None:
        core = cores(workers=2)
        await core.pool.start()
        assert len(core.pool.pids) == 2

    async def test_keeps_a_worker_of_a_time_with_more(self, cores: Cores) -> None:
        first = cores(workers=2)
        await first.pool.start()
        numbers = set()
        for name in ("a", "b"):
            await first.party(name)
            await first.party(f"{name}2", near=name)
            first.pool.send(Bridge(name, f"{name}2"))
            numbers.add(first.pool.worker_of(name))
        await asyncio.sleep(0.1)
        await first.pool.stop(outlive=True)
        second = cores(workers=1)
        await second.pool.start(awaited=sorted(number for number in numbers if number is not None))
        assert second.pool.partner_of("a") == "a2"
        assert second.pool.partner_of("b") == "b2"

    async def test_learns_of_the_death_of_a_worker_taken_over(self, cores: Cores) -> None:
        first = cores()
        await first.pool.start()
        await talking(first)
        pid = await left_alone(first)
        second = cores()
        await second.pool.start(awaited=[0])
        os.kill(pid, signal.SIGKILL)
        await until(lambda: bool(second.deaths))
        assert second.deaths == [(0, -1, ["one", "two"])]
        await until(lambda: bool(second.pool.pids))
        assert second.pool.pids != [pid]


class TestMeetingPlace:
    def test_two_meet_and_know_each_other(self) -> None:
        name = f"freeline-test-{uuid4().hex}"
        place = MeetingPlace(name)
        met = meet(name)
        assert met is not None
        ours, process = met
        theirs = place.accept()
        assert theirs is not None
        assert process == os.getpid()
        ours.send(b"there")
        assert theirs.recv(10) == b"there"
        for sock in (ours, theirs, place):
            sock.close()

    def test_nobody_is_there(self) -> None:
        assert meet(f"freeline-test-{uuid4().hex}") is None

    def test_a_stranger_is_turned_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        name = f"freeline-test-{uuid4().hex}"
        place = MeetingPlace(name)
        stranger = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stranger.connect(f"\0{name}")
        monkeypatch.setattr(os, "getuid", lambda: 12_345)
        assert place.accept() is None
        assert meet(name) is None
        stranger.close()
        place.close()
