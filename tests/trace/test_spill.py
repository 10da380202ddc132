"""Frames on disk: bounded, private, and read again."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from switch.trace.files import read_files
from switch.trace.frame import Kind, encode
from switch.trace.spill import Spill, SpillSettings

BUDGETS: dict[Kind, int] = {"calls": 16_000, "upkeep": 1600, "strangers": 1600}


def frame(number: int, kind: Kind = "calls", data: bytes = b"x" * 400) -> bytes:
    message = (1.0, 0, data, "udp", ("192.0.2.7", 5060), ("198.51.100.1", 5060), 0)
    return encode(number, kind, 0.0, [message])


def write(directory: Path, frames: list[tuple[bytes, Kind]], keep_seconds: float = 1e6) -> Spill:
    spill = Spill(SpillSettings(directory, BUDGETS, keep_seconds))
    spill.start()
    for data, kind in frames:
        spill.take(data, kind, [], 0.0)
    spill.stop()
    return spill


def test_what_is_written_is_read_in_order(tmp_path: Path) -> None:
    place = tmp_path / "var" / "trace"
    write(place, [(frame(1), "calls"), (frame(2, "strangers"), "strangers"), (frame(3), "calls")])
    write(place, [(frame(4), "calls")])  # after a restart
    assert [each.id for each in read_files(place, 0.0)] == [1, 2, 3, 4]


def test_only_its_owner_may_read_them(tmp_path: Path) -> None:
    write(tmp_path, [(frame(1), "calls")])
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_oldest_make_room_and_strangers_take_none_of_calls(tmp_path: Path) -> None:
    calls = [(frame(number), "calls") for number in range(1, 11)]
    strangers = [(frame(number, "strangers"), "strangers") for number in range(100, 400)]
    write(tmp_path, [*calls, *strangers])  # type: ignore[list-item]
    found = [each.id for each in read_files(tmp_path, 0.0)]
    assert found[:10] == list(range(1, 11))
    assert found[-1] == 399
    kept = sum(file.stat().st_size for file in tmp_path.glob("strangers-*"))
    assert 0 < kept <= BUDGETS["strangers"]


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    write(tmp_path, [(frame(1), "calls")])
    (file,) = tmp_path.iterdir()
    old = time.time() - 100
    os.utime(file, (old, old))
    write(tmp_path, [(frame(2), "calls")], keep_seconds=50)
    assert [each.id for each in read_files(tmp_path, 0.0)] == [2]


def test_a_disk_that_takes_nothing_is_told_once_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no directory")
    spill = write(blocked / "trace", [(frame(number), "calls") for number in range(5)])
    assert spill.dropped == 5


def test_files_of_before_are_not_read(tmp_path: Path) -> None:
    now = time.time_ns()
    write(tmp_path, [(frame(now - 10**12), "calls"), (frame(now), "calls")])
    assert [each.id for each in read_files(tmp_path, time.time() - 60)] == [now]
