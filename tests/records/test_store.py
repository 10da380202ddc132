"""The store: records reach the disk, whatever the disk does, and no call waits for it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.events import CallEnded, CallEvent, Event, WorkerDied
from switch.records.call_record import CallRecord
from switch.records.reader import RecordReader
from switch.records.store import RecordStore
from tests.records.builders import NOON, Story, at, rejected, whole_call

Open = Callable[..., RecordStore]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/var/calls.db"


@pytest.fixture
def open_store(url: str) -> Iterator[Open]:
    """Opens stores that are stopped in the end, whatever the test does with them."""
    opened = []

    def opener(
        url: str = url, queue_limit: int = 100, *, start: bool = True, gather: float = 0.0
    ) -> RecordStore:
        store = RecordStore(url, queue_limit, gather_seconds=gather, first_retry_seconds=0.01)
        if start:
            opened.append(store)
            store.start()
        return store

    yield opener
    for store in opened:
        store.stop(0)


def tell(store: RecordStore, story: Story) -> None:
    for event in story.events:
        store.handle(event)


def kept(url: str) -> list[CallRecord]:
    with RecordReader(url) as reader:
        return reader.query(1000)


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for another thread; only a broken one makes this take long."""
    give_up = monotonic() + 20
    while not condition():
        assert monotonic() < give_up, "the writer thread did not do its work"
        sleep(0.005)


# What is written.


def test_a_call_is_on_disk_after_it_ended(url: str, open_store: Open) -> None:
    store = open_store()
    tell(store, whole_call())
    eventually(lambda: store.written == 1)
    assert kept(url) == [whole_call().record()]
    assert (store.live, store.queued, store.dropped) == (0, 0, 0)


def test_the_directory_of_the_database_is_made(tmp_path: Path, open_store: Open) -> None:
    store = open_store(f"sqlite:///{tmp_path}/a/b/c/calls.db")
    eventually((tmp_path / "a/b/c/calls.db").exists)
    assert store.stop()


def test_a_refused_invite_is_on_record(url: str, open_store: Open) -> None:
    store = open_store()
    store.handle(rejected())
    assert store.stop()
    (record,) = kept(url)
    assert (record.result, record.sip_code) == ("rejected", 404)


def test_calls_told_across_each_other_are_kept_apart(url: str, open_store: Open) -> None:
    store = open_store()
    stories = [whole_call(f"c{number}", start=number) for number in range(5)]
    for events in zip(*(story.events for story in stories), strict=True):
        for event in events:
            store.handle(event)
    assert store.stop()
    assert kept(url) == [story.record() for story in reversed(stories)]


def test_what_is_not_about_a_call_is_passed_over(open_store: Open) -> None:
    store = open_store(start=False)
    store.handle(WorkerDied(at=NOON, worker=0, exit_code=-9, streams=4))
    assert (store.live, store.queued) == (0, 0)


def test_a_call_told_of_after_its_end_is_not_opened_again(open_store: Open) -> None:
    store = open_store(start=False)
    story = whole_call()
    tell(store, story)
    tell(store, story)
    store.handle(Story().digit(50, "1").events[0])
    assert store.live == 0
    assert store.queued == 1


def test_writing_a_record_again_leaves_one(url: str, open_store: Open) -> None:
    for _ in range(2):
        store = open_store()
        tell(store, whole_call())
        assert store.stop()
        assert store.written == 1
    assert len(kept(url)) == 1


@given(st.permutations(whole_call().events[:-1]), st.lists(st.integers(0, 15)))
def test_in_any_order_the_end_makes_one_record(events: list[CallEvent], gaps: list[int]) -> None:
    store = RecordStore("sqlite:///:memory:")
    ended: CallEvent = whole_call().events[-1]
    assert isinstance(ended, CallEnded)
    for number, event in enumerate(events):
        if number not in gaps:
            store.handle(event)
            store.handle(event)
    told: list[Event] = [ended, ended, *events]
    for late in told:
        store.handle(late)
    assert (store.live, store.queued) == (0, 1)


# A database that is locked or away.


def test_a_locked_database_is_waited_for(url: str, open_store: Open, tmp_path: Path) -> None:
    store = open_store()
    tell(store, whole_call("before"))
    eventually(lambda: store.written == 1)
    with closing(sqlite3.connect(tmp_path / "var/calls.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        tell(store, whole_call("during"))
        eventually(lambda: store.failures > 0)
        assert (store.written, store.queued) == (1, 1)
        other.execute("ROLLBACK")
    eventually(lambda: store.written == 2)
    assert {record.id for record in kept(url)} == {"before", "during"}
    assert store.dropped == 0


def test_a_database_that_cannot_be_opened_is_tried_again(
    url: str, open_store: Open, tmp_path: Path
) -> None:
    (tmp_path / "var").write_text("a file where the directory should be")
    store = open_store()
    tell(store, whole_call())
    eventually(lambda: store.failures > 1)
    assert (store.written, store.queued) == (0, 1)
    (tmp_path / "var").unlink()
    eventually(lambda: store.written == 1)
    assert len(kept(url)) == 1


def test_a_file_that_is_no_database_is_not_destroyed(open_store: Open, tmp_path: Path) -> None:
    (tmp_path / "calls.db").write_text("letters to my aunt\n" * 100)
    store = open_store(f"sqlite:///{tmp_path}/calls.db")
    tell(store, whole_call())
    eventually(lambda: store.failures > 0)
    assert not store.stop(0)
    assert (tmp_path / "calls.db").read_text().startswith("letters")


def test_a_database_of_a_newer_freeline_gets_nothing(
    url: str, open_store: Open, tmp_path: Path
) -> None:
    assert open_store().stop()
    with closing(sqlite3.connect(tmp_path / "var/calls.db")) as other:
        other.execute("UPDATE freeline_schema SET version = 999")
        other.commit()
    store = open_store()
    tell(store, whole_call())
    eventually(lambda: store.dropped == 1)
    tell(store, whole_call("c2"))
    assert (store.dropped, store.queued) == (2, 0)
    assert kept(url) == []


def test_a_driver_that_is_missing_fails_no_call(open_store: Open) -> None:
    store = open_store("nosuchdatabase://127.0.0.1/freeline")
    tell(store, whole_call())
    eventually(lambda: store.dropped == 1)


def test_a_record_the_database_refuses_does_not_hold_up_the_others(
    url: str, open_store: Open
) -> None:
    store = open_store(gather=0.05)
    tell(store, whole_call("good", start=1))
    tell(store, whole_call("bad \udcff"))
    tell(store, whole_call("fine", start=2))
    eventually(lambda: store.written == 2)
    assert store.stop()
    assert store.dropped == 1
    assert [record.id for record in kept(url)] == ["fine", "good"]


# A full queue.


def test_a_full_queue_drops_and_counts_and_never_waits(open_store: Open) -> None:
    store = open_store(start=False, queue_limit=3)
    for number in range(10):
        tell(store, whole_call(f"c{number}"))
    assert (store.queued, store.dropped, store.live) == (3, 7, 0)


# Stopping.


def test_stopping_writes_what_is_queued(url: str, open_store: Open) -> None:
    store = open_store(queue_limit=5000, gather=10)
    for number in range(1200):
        tell(store, whole_call(f"c{number}"))
    assert store.stop()
    assert (store.written, store.queued, store.dropped) == (1200, 0, 0)
    with RecordReader(url) as reader:
        assert len(reader.query(5000)) == 1200


def test_stopping_with_the_database_locked_gives_up_in_time(
    open_store: Open, tmp_path: Path
) -> None:
    store = open_store()
    eventually((tmp_path / "var/calls.db").exists)
    eventually(lambda: store.failures == 0)
    tell(store, whole_call("written"))
    eventually(lambda: store.written == 1)
    with closing(sqlite3.connect(tmp_path / "var/calls.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        tell(store, whole_call("lost"))
        assert not store.stop(0.1)
    assert store.dropped == 1


def test_a_lock_that_ends_during_the_stop_loses_nothing(open_store: Open, tmp_path: Path) -> None:
    store = open_store()
    tell(store, whole_call("first"))
    eventually(lambda: store.written == 1)
    other = sqlite3.connect(
        tmp_path / "var/calls.db", isolation_level=None, check_same_thread=False
    )
    other.execute("BEGIN IMMEDIATE")
    tell(store, whole_call("second"))
    eventually(lambda: store.failures > 0)
    unlock = threading.Timer(0.2, other.close)
    unlock.start()
    assert store.stop(10)
    unlock.join()
    assert (store.written, store.dropped) == (2, 0)


def test_a_store_never_started_stops_at_once(open_store: Open) -> None:
    store = open_store(start=False)
    assert store.stop()
    tell(store, whole_call())
    assert not store.stop()


# Reading back.


def test_records_are_found_by_what_is_asked(url: str, open_store: Open) -> None:
    store = open_store()
    tell(store, whole_call("c1", start=0, agent="ben"))
    tell(store, whole_call("c2", start=100, agent="cleo"))
    tell(store, Story("c3").arrived(200).queued(201, "help").ended(230))
    store.handle(rejected(seconds=300))
    assert store.stop()
    with RecordReader(url) as reader:

        def ids(limit: int = 20, **filters: object) -> list[str]:
            return [record.id for record in reader.query(limit, **filters)]  # type: ignore[arg-type]

        assert ids()[1:] == ["c3", "c2", "c1"]
        assert ids(2)[1:] == ["c3"]
        assert ids(since=at(100))[1:] == ["c3", "c2"]
        assert ids(agent="cleo") == ["c2"]
        assert ids(queue="help") == ["c3"]
        assert ids(queue="orders", agent="ben") == ["c1"]
        assert len(ids(result="rejected")) == 1
        assert [record.id for record in reader.get("c2")] == ["c2"]
        assert [record.id for record in reader.get("c")] == ["c3", "c2", "c1"]
        assert reader.get("%") == []
