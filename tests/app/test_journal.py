"""The journal: the last value of each key, in a file that a crash may cut off anywhere."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.app.journal import Contents, Journal, read_journal


@dataclass
class Thing:
    name: str
    number: int


def held(path: Path) -> dict[str, object]:
    contents = read_journal(path)
    assert contents is not None
    return contents.values


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come about")


def test_there_may_be_none(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "none") is None


async def test_the_last_value_of_each_key_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "var" / "journal"
    journal = Journal(path)
    journal.start({"kept": 1, "gone": 2})
    journal.put("thing", Thing("one", 1))
    journal.put("thing", Thing("two", 2))
    journal.put("gone", None)
    await asyncio.sleep(0)
    journal.stop()
    assert held(path) == {"kept": 1, "thing": {"name": "two", "number": 2}}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_what_was_put_is_in_the_file_without_an_orderly_end(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path)
    journal.start({})
    journal.put("agent", "ready")
    await until(lambda: path.exists() and held(path) == {"agent": "ready"})
    journal.stop()


async def test_the_time_of_the_file_tells_how_long_the_switch_has_been_down(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path)
    journal.start({"a": 1})
    journal.stop()
    before = time.time() - 100
    os.utime(path, (before, before))
    contents = read_journal(path)
    assert contents is not None
    assert contents.down_seconds >= 100


async def test_a_journal_that_lives_renews_its_time_though_nothing_happens(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path)
    journal.start({"a": 1})
    await until(path.exists)
    os.utime(path, (0, 0))
    await until(lambda: path.stat().st_mtime > 1)
    journal.stop()


async def test_a_journal_is_written_anew_before_it_is_mostly_past(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path)
    journal.start({})
    for number in range(30_000):
        journal.put(f"key{number % 3}", number)
        if number % 3 == 2:
            journal._hand_over()
    journal.stop()
    assert held(path) == {"key0": 29_997, "key1": 29_998, "key2": 29_999}
    assert path.read_bytes().count(b"\n") < 11_000


async def test_a_disk_that_fails_is_tried_again(tmp_path: Path) -> None:
    blocked = tmp_path / "var"
    blocked.write_text("a file where the directory should be")
    journal = Journal(blocked / "journal")
    journal.start({"a": 1})
    await until(lambda: journal.failures > 0)
    blocked.unlink()
    journal.put("b", 2)
    await until(lambda: (blocked / "journal").exists())
    journal.stop()
    assert held(blocked / "journal") == {"a": 1, "b": 2}


LINES = b"".join(
    json.dumps({"k": f"key{number % 4}", "v": number if number % 5 else None}).encode() + b"\n"
    for number in range(20)
)


@given(st.integers(0, len(LINES)))
def test_a_file_cut_off_anywhere_is_read_up_to_there(
    tmp_path_factory: pytest.TempPathFactory, length: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "journal"
    path.write_bytes(LINES[:length])
    whole = LINES[:length].count(b"\n")
    expected: dict[str, int] = {}
    for number in range(whole):
        expected.pop(f"key{number % 4}", None)
        if number % 5:
            expected[f"key{number % 4}"] = number
    contents = read_journal(path)
    assert isinstance(contents, Contents)
    last = json.loads(LINES.splitlines()[whole]) if whole < 20 else {}
    complete_but_for_the_end = LINES[:length].endswith(b"}")
    if complete_but_for_the_end:
        expected.pop(last["k"], None)
        if last["v"] is not None:
            expected[last["k"]] = last["v"]
    assert contents.values == expected
    assert contents.cut_off in (0, 1)
