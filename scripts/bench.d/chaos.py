"""`scripts/bench chaos`: calls on a bad day; does each end, is each on record, is anything left?"""

from __future__ import annotations

import argparse
import re
import sqlite3
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path

from benchmark import Benchmark
from configuration import NUMBER, RECORDS, Site
from faults import BadDay, Broker, Clock, small_disk
from figures import Column, Point, Result, Value
from proc import free_port, open_files, rss_mib
from reporter import Reporter
from sipp import Sipp, caller_scenario, headset_scenario, refreshable
from switch_under_test import SwitchUnderTest, metric

_TALK_SECONDS = 1.2
_WARM_CALLS = 50
"""Before anything fails: what is opened once is open then, and no leak."""
_WARM_SHARE = 0.2
"""Memory is compared with what it was after so much of the time: caches fill first."""
_TIDY_SECONDS = 5
_DISK_MEGABYTES = 256
_CALL_KILOBYTES = 5
"""That a call leaves on the disk: its record and its lines in the log."""
_RECORDING_KILOBYTES = 40
_UNWRITTEN_SECONDS = 90
"""Whose records must find room in memory while the disk is full."""
_QUIET_SECONDS = 180
"""For the last calls to end, those of callers who vanished too, and for transactions, which live
for 32 s after that."""
_GONE = {
    "freeline_calls_live": "calls",
    "freeline_legs_live": "legs",
    "freeline_sip_transactions_live": "transactions",
    "freeline_media_streams_live": "streams",
}

_COLUMNS = (
    Column("lasted", ("minutes",), "minutes"),
    Column("calls begun, complete", ("offered", "completed")),
    Column("calls that the switch took, ended", ("arrived", "ended")),
    Column("on record, missing, twice", ("records", "records_missing", "records_twice")),
    Column("faults", ("faults",)),
    Column("media workers killed", ("workers_killed",)),
    Column(
        "left: calls, legs, transactions, streams, tasks",
        ("left_calls", "left_legs", "left_transactions", "left_streams", "left_tasks"),
    ),
    Column("open files of the core, before and after", ("files_before", "files_after")),
    Column(
        "open files of the workers, before and after", ("media_files_before", "media_files_after")
    ),
    Column("memory of the core, before and after", ("rss_before_mib", "rss_after_mib"), "MiB"),
    Column("errors in the log", ("errors",)),
)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    for option, kind, usual, text in (
        ("--minutes", float, 10, "how long"),
        ("--rate", float, 60, "calls begun a second"),
        ("--rounds", int, 5, "how often each fault comes"),
        ("--percent", int, 5, "of datagrams that are lost, late, twice, overtaken; each"),
        ("--workers", int, 2, "media workers"),
        ("--t1", float, 0.5, "seconds; SIP's T1 of the switch"),
        ("--growth", float, 15, "per cent by which the core's memory may have grown"),
    ):
        parser.add_argument(option, type=kind, default=usual, help=f"{text} ({usual})")
    parser.add_argument("--agents", type=int, help="who answer (8 for each call begun a second)")


def _run(arguments: argparse.Namespace, reporter: Reporter) -> Result:
    with (
        tempfile.TemporaryDirectory(prefix="freeline-bench-") as place,
        small_disk(Path(place) / "disk", _disk_megabytes(arguments)) as disk,
    ):
        point = _Chaos(arguments, reporter, Path(place), disk).run()
    return Result(
        benchmark="chaos",
        load="calls/s",
        cost="",
        columns=_COLUMNS,
        curves=(),
        points=[point],
    )


def _disk_megabytes(arguments: argparse.Namespace) -> int:
    """Return what is written in all that time, and of recordings until they are removed."""
    rate, seconds = float(arguments.rate), float(arguments.minutes) * 60
    written = rate * seconds * _CALL_KILOBYTES
    recordings = rate * 2 * _TIDY_SECONDS * _RECORDING_KILOBYTES
    return _DISK_MEGABYTES + round((written + recordings) / 1024)


class _Chaos:
    def __init__(
        self, arguments: argparse.Namespace, reporter: Reporter, place: Path, disk: Path
    ) -> None:
        self._arguments = arguments
        self._reporter = reporter
        self._place = place
        self._disk = disk
        self._seconds: float = arguments.minutes * 60
        self._total = round(arguments.rate * self._seconds)
        self._faults = 0
        self._rss_before = 0.0
        self._tidy_at = 0.0

    def run(self) -> Point:
        arguments = self._arguments
        clock, broker = Clock(self._place), Broker(self._place)
        broker.start()
        port = free_port()
        site = Site(
            headset_port=port,
            agents=arguments.agents or max(40, round(8 * arguments.rate)),
            workers=arguments.workers,
            broker=f"mqtt://127.0.0.1:{broker.port}",
            session_seconds=90,  # the least there is: refreshed after half of that
            recorded=True,
            most_records=max(10_000, round(_UNWRITTEN_SECONDS * arguments.rate)),
            t1_seconds=arguments.t1,
        )
        worse = clock.environment(arguments.percent)
        switch = SwitchUnderTest(self._disk / "switch", site, environment=worse)
        headset = caller = None
        try:
            headset = Sipp(
                self._place / "headset",
                headset_scenario(),
                port,
                call_seconds=30,
                environment=worse,
            )
            time.sleep(0.5)
            before = self._warm_up(switch)
            caller = self._caller(switch, "caller", self._total, worse)
            day = BadDay(switch, self._disk, clock, broker)
            self._endure(switch, day)
            day.mend()
            after = self._wait_for_quiet(switch, before)
            caller.stop()
            headset.stop()
            point = self._point(switch, caller, day, before, after)
            switch.stop()
            self._add_records(point)
            self._judge(point)
            return point
        finally:
            for each in (caller, headset, switch, broker):
                if each is not None:
                    each.stop()

    def _caller(
        self, switch: SwitchUnderTest, name: str, calls: int, environment: Mapping[str, str]
    ) -> Sipp:
        return Sipp(
            self._place / name,
            refreshable(caller_scenario("info", _TALK_SECONDS)),
            free_port(),
            [
                *(switch.sip, "-m", str(calls), "-s", NUMBER),
                *("-r", f"{self._arguments.rate:g}", "-l", str(calls)),
            ],
            call_seconds=30,
            environment=environment,
        )

    def _warm_up(self, switch: SwitchUnderTest) -> dict[str, float]:
        """Make some calls on a good day; return what there is when they have gone."""
        self._reporter.title("warming up")
        caller = self._caller(switch, "warm", _WARM_CALLS, {})
        while caller.running:
            time.sleep(0.1)
        caller.stop()
        return self._wait_for_quiet(switch)

    def _endure(self, switch: SwitchUnderTest, day: BadDay) -> None:
        """Let every fault come in each round."""
        began = time.monotonic()
        length = self._seconds / self._arguments.rounds
        for number in range(self._arguments.rounds):
            for fault in day.faults:
                self._wait_until(switch, began + (number + fault.at) * length, began)
                self._reporter.note(f"{time.monotonic() - began:6.1f} s: {fault.what}")
                fault.act()
                self._faults += 1
        self._wait_until(switch, began + self._seconds, began)

    def _wait_until(self, switch: SwitchUnderTest, end: float, began: float) -> None:
        while (now := time.monotonic()) < end:
            share = (now - began) / self._seconds
            if not self._rss_before and share > _WARM_SHARE:
                self._rss_before = rss_mib(switch.core)
            self._reporter.progress(share, f"{now - began:.0f} s")
            if now > self._tidy_at:
                self._tidy_at = now + _TIDY_SECONDS
                self._remove_recordings()
            time.sleep(max(0.0, min(0.1, end - time.monotonic())))

    def _remove_recordings(self) -> None:
        """Remove those that are a while old, as an installation does, or the disk stays full."""
        old = time.time() - _TIDY_SECONDS
        for file in (self._disk / "switch" / "recordings").rglob("*.wav"):
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < old:
                    file.unlink()

    def _wait_for_quiet(
        self, switch: SwitchUnderTest, before: Mapping[str, float] | None = None
    ) -> dict[str, float]:
        """Wait until nothing is left, or for so long; return what there is then."""
        end = time.monotonic() + _QUIET_SECONDS
        self._reporter.title("waiting until nothing is left")
        while True:
            after = _look(switch)
            left = any(after[name] for name in _GONE.values())
            if before is not None:
                more = (after[name] > before[name] for name in ("tasks", "files", "media_files"))
                left = left or any(more)
            if not left or time.monotonic() > end:
                return after
            time.sleep(1)

    def _point(
        self,
        switch: SwitchUnderTest,
        caller: Sipp,
        day: BadDay,
        before: Mapping[str, float],
        after: Mapping[str, float],
    ) -> Point:
        told = caller.result()
        text = switch.metrics()
        figures: dict[str, Value] = {
            "minutes": self._arguments.minutes,
            "rate": self._arguments.rate,
            "offered": self._total,
            "completed": told.successful,
            "warm_up": _WARM_CALLS,
            "arrived": round(metric(text, "freeline_calls_arrived_total")),
            "ended": round(metric(text, "freeline_calls_total")),
            "faults": self._faults,
            "workers_killed": day.workers_killed,
            **{f"left_{name}": round(after[name]) for name in _GONE.values()},
            "left_tasks": round(after["tasks"] - before["tasks"]),
            "files_before": round(before["files"]),
            "files_after": round(after["files"]),
            "media_files_before": round(before["media_files"]),
            "media_files_after": round(after["media_files"]),
            "rss_before_mib": round(self._rss_before, 1),
            "rss_after_mib": round(rss_mib(switch.core), 1),
            "errors": len(switch.errors()),
        }
        return Point(load=self._arguments.rate, figures=figures, failures=_reasons(text))

    def _add_records(self, point: Point) -> None:
        file = self._disk / "switch" / RECORDS
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            [[rows, ids, ends]] = database.execute(
                "SELECT count(*), count(DISTINCT id), "
                "count(CASE WHEN result <> '' AND reason <> '' THEN 1 END) FROM calls"
            ).fetchall()
        ended = point.figures["ended"]
        assert isinstance(ended, int)
        point.figures |= {
            "records": rows,
            "records_missing": ended - ids,
            "records_twice": rows - ids,
            "records_without_end": rows - ends,
        }

    def _judge(self, point: Point) -> None:
        figures = point.figures
        must_be_nothing = (
            *("records_missing", "records_twice", "records_without_end"),
            *(f"left_{name}" for name in (*_GONE.values(), "tasks")),
        )
        point.trouble += [f"{name}: {figures[name]}" for name in must_be_nothing if figures[name]]
        for name in ("files", "media_files"):
            if _number(figures[f"{name}_after"]) > _number(figures[f"{name}_before"]):
                point.trouble.append(f"{name}: more than before")
        allowed = _number(figures["rss_before_mib"]) * (1 + self._arguments.growth / 100)
        if _number(figures["rss_after_mib"]) > allowed:
            point.trouble.append("memory has grown")


def _look(switch: SwitchUnderTest) -> dict[str, float]:
    """Return what there is now of what must not be left."""
    text = switch.metrics()
    workers = switch.workers_now()
    return {
        **{name: metric(text, of) for of, name in _GONE.items()},
        "tasks": metric(text, "freeline_event_loop_tasks"),
        "files": open_files(switch.core),
        "media_files": sum(open_files(pid) for pid in workers) / max(len(workers), 1),
    }


def _reasons(text: str) -> dict[str, int]:
    """Return how calls ended that were not completed: reason -> calls."""
    found: dict[str, int] = {}
    for labels, value in re.findall(r"^freeline_calls_total\{([^}]*)\} (\S+)$", text, re.M):
        if 'result="completed"' not in labels:
            reason = re.search(r'reason="([^"]*)"', labels)
            name = reason[1] if reason else "?"
            found[name] = found.get(name, 0) + round(float(value))
    return found


def _number(value: Value) -> float:
    assert isinstance(value, (int, float))
    return float(value)


BENCHMARK = Benchmark(
    name="chaos",
    summary="calls on a bad network while workers, broker, disk, clock and core fail",
    add_arguments=_add_arguments,
    run=_run,
)
