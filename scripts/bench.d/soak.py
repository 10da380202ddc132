"""`scripts/bench soak`: a mixed load for an hour; does anything fail, grow or lag?"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmark import Benchmark
from configuration import NUMBER, PROMPT_NUMBER, TALK_NUMBER
from figures import Column, Point, Result, Value, quantile, told
from mixed_load import MixedLoad, Outcome
from reporter import Reporter
from samples import Sampler, memory_mib, quarters_mib
from target import add_target_arguments

_GRACE_SECONDS = 60
_NOTE_SECONDS = 60
"""How often a line is printed where nobody sees the running one."""

_PARTS = ("calls", "registrations", "talking", "listening")

_COLUMNS = (
    Column("target", ("target",)),
    Column("lasted", ("minutes",), "minutes"),
    *(Column(f"{part}, completed", (f"{part}_offered", f"{part}_completed")) for part in _PARTS),
    Column("failed", ("failed",)),
    Column("retransmissions", ("retransmissions",)),
    Column("RTP relayed, lost", ("rtp_sent", "rtp_lost"), "packets metered"),
    Column("its added delay p99, at most", ("delay_p99_ms",), "ms"),
    Column("gaps in prompts", ("prompt_gaps",)),
    Column("event loop lag p99, median and most", ("lag_p99_median_ms", "lag_p99_most_ms"), "ms"),
    Column("memory, second and last quarter", ("rss_second_mib", "rss_last_mib"), "MiB"),
    Column("memory growth", ("growth_percent",), "%"),
    Column("open files, first and last", ("open_files_first", "open_files_last")),
    Column("peak memory", ("peak_rss_mib",), "MiB"),
)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    for option, kind, usual, text in (
        ("--minutes", float, 60, "how long"),
        ("--rate", float, 60, "complete calls a second"),
        ("--registrations", float, 10, "registrations a second"),
        ("--talking", int, 50, "conversations that last all the time, with RTP"),
        ("--listening", int, 50, "callers who hear a prompt all the time"),
        ("--agents", int, 500, "who answer the complete calls"),
        ("--accounts", int, 500, "headsets that register in turn"),
        ("--every", float, 5, "seconds from sample to sample"),
        ("--growth", float, 5, "per cent by which memory may grow from quarter 2 to 4"),
        ("--talk", float, 1.2, "seconds from the digit to BYE of a complete call"),
    ):
        parser.add_argument(option, type=kind, default=usual, help=f"{text} ({usual})")
    parser.add_argument("--digit", choices=("rfc4733", "info"), default="rfc4733")
    parser.add_argument("--number", default=NUMBER, help="of the complete calls")
    parser.add_argument("--talk-number", default=TALK_NUMBER, help="of the conversations")
    parser.add_argument("--prompt-number", default=PROMPT_NUMBER, help="of who listens")
    parser.add_argument("--headset-port", type=int, default=0, help="of the SIPp that answers")
    parser.add_argument("--talk-headset-port", type=int, default=0, help="and of the other")


def _run(arguments: argparse.Namespace, reporter: Reporter) -> Result:
    with tempfile.TemporaryDirectory(prefix="freeline-bench-") as place:
        return _Soak(arguments, reporter, Path(place)).run()


class _Soak:
    def __init__(self, arguments: argparse.Namespace, reporter: Reporter, place: Path) -> None:
        self._arguments = arguments
        self._reporter = reporter
        self._place = place
        self._seconds: float = arguments.minutes * 60
        self._series: list[dict[str, Value]] = []

    def run(self) -> Result:
        self._reporter.progress(0.0, "setting up what stands all the time")
        load = MixedLoad(self._arguments, self._place, self._seconds)
        try:
            assert load.target is not None
            load.begin()
            self._sample(load, Sampler(load.target))
            end = time.monotonic() + _GRACE_SECONDS
            while not load.is_over and time.monotonic() < end:
                self._reporter.progress(1.0, "the last calls end")
                time.sleep(0.2)
            peak, name = load.target.peak_rss_mib(), load.target.name
            point = self._point(load.outcomes())
            point.figures |= {"target": name, "peak_rss_mib": peak}
        finally:
            load.stop()
        return Result(
            benchmark="soak",
            load="calls/s",
            cost="",
            columns=_COLUMNS,
            curves=(),
            points=[point],
            series=self._series,
        )

    def _sample(self, load: MixedLoad, sampler: Sampler) -> None:
        every = self._arguments.every
        # RTP is metered between samples; rtp_load needs half a second more for the latest.
        window = max(0.5, every - 1.5)
        began = time.monotonic()
        noted = 0.0
        while (at := time.monotonic() - began) + every <= self._seconds:
            load.talking.begin(window)
            load.listening.begin(window)
            time.sleep(every)
            talking, listening = load.talking.metered(window), load.listening.metered(window)
            load.check()
            at = time.monotonic() - began
            row = sampler.sample(at, talking, listening)
            row["failed"] = load.failed_so_far()
            self._series.append(row)
            line = _line(row)
            self._reporter.progress(at / self._seconds, line)
            if not self._reporter.is_watched and at - noted >= _NOTE_SECONDS:
                noted = at
                self._reporter.note(line)

    def _point(self, outcomes: dict[str, Outcome]) -> Point:
        point = Point(load=self._arguments.rate, figures={"minutes": self._arguments.minutes})
        figures = point.figures
        for part in _PARTS:
            outcome = outcomes.get(part, Outcome(0, 0, 0, {}))
            figures[f"{part}_offered"] = outcome.offered
            figures[f"{part}_completed"] = outcome.completed
            failed = outcome.offered - outcome.completed
            if failed:
                point.trouble.append(f"{failed} of {outcome.offered} {part} failed")
            point.failures |= {f"{part} {why}": count for why, count in outcome.causes.items()}
        figures["failed"] = sum(each.offered - each.completed for each in outcomes.values())
        again = sum(each.retransmissions for each in outcomes.values())
        figures["retransmissions"] = again
        if again:
            point.doubts.append(f"{again} messages were sent twice")
        figures |= summarised(self._series)
        for key, what in (
            ("rtp_lost", "RTP packets were lost"),
            ("prompt_gaps", "gaps in prompts"),
        ):
            if figures[key]:
                point.doubts.append(f"{told(figures[key])} {what}")
        self._judge_memory(point)
        return point

    def _judge_memory(self, point: Point) -> None:
        allowed: float = self._arguments.growth
        _, second, _, last = quarters_mib(self._series, self._seconds)
        grown = round((last / second - 1) * 100, 2) if second and last else None
        point.figures |= {
            "rss_second_mib": second,
            "rss_last_mib": last,
            "growth_percent": grown,
            "growth_allowed_percent": allowed,
        }
        if grown is not None and grown > allowed:
            point.trouble.append(f"memory grew by {grown:g} %, more than {allowed:g} %")


def summarised(series: Sequence[dict[str, Value]]) -> dict[str, Value]:
    """Return what the samples come to."""
    lags = sorted(_numbers(series, "lag_p99_ms"))
    files = _numbers(series, "open_files")
    return {
        "rtp_sent": round(sum(_numbers(series, "sent"))),
        "rtp_lost": round(sum(_numbers(series, "lost"))),
        "delay_p99_ms": max(_numbers(series, "delay_p99_ms"), default=None),
        "prompt_gaps": round(sum(_numbers(series, "gaps"))),
        "lag_p99_median_ms": quantile(lags, 0.5),
        "lag_p99_most_ms": lags[-1] if lags else None,
        "open_files_first": round(files[0]) if files else None,
        "open_files_last": round(files[-1]) if files else None,
    }


def _numbers(series: Sequence[dict[str, Value]], key: str) -> list[float]:
    values = [row.get(key) for row in series]
    return [float(value) for value in values if isinstance(value, (int, float))]


def _line(row: dict[str, Value]) -> str:
    memory = memory_mib(row)
    at = row["at"]
    minutes = at / 60 if isinstance(at, (int, float)) else 0.0
    return (
        f"{minutes:.1f} min: {told(row['calls_live'])} calls live, "
        f"{told(memory)} MiB, "
        f"lag p99 {told(row['lag_p99_ms'])} ms, {told(row['failed'])} failed"
    )


BENCHMARK = Benchmark(
    name="soak",
    summary="calls, registrations, conversations and prompts together, for long; samples "
    "memory, lag and more",
    add_arguments=_add_arguments,
    run=_run,
)
