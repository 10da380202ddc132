"""Calls that are begun at a steady rate by one SIPp, and what they cost."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from configuration import RECORDS, Site
from figures import Column, Point, Value, quantile
from histogram import DECISION, LAG, buckets, quantile_ms
from proc import free_port
from reporter import Reporter
from sipp import Sipp
from target import Cpu, Target, sent_twice

_GRACE_SECONDS = 20
"""For the last calls to end."""
_LATE_SHARE = 1.05
_LATE_SECONDS = 0.5
_STATISTICS_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done at the rate."""

    scenario: str
    """Of the caller."""
    headset: str = ""
    """Scenario of who is called; empty when nobody is."""
    call_seconds: float = 0
    """How long one call lasts."""
    options: Sequence[str] = ()
    """Of the caller's SIPp."""
    site: Site
    read_records: Callable[[Path], None] = lambda _: None
    """Gets our call records' database, after the end of the switch."""


@dataclass(slots=True, kw_only=True)
class Rated:
    """What became of it."""

    rate: float
    seconds: float
    target: str
    offered: int
    completed: int
    refused: int
    """With 503, in good order."""
    failures: dict[str, int]
    retransmissions: int
    """Of both SIPps and of the switch."""
    lasted: float
    """Seconds from the first call to the end of the last, less one call's length."""
    begun_after: float | None
    set_up_ms: list[float] = field(default_factory=list)
    cpu: Cpu
    lag_p99_ms: float | None
    """How late the switch's event loop ran a timer."""
    decision_p50_ms: float | None
    """From what made a match possible to an agent reserved."""
    peak_rss_mib: float | None

    def point(self, costs: dict[str, Value], *, may_refuse: bool = False) -> Point:
        """Return the figures, with the costs that the benchmark makes of them.

        Args:
            may_refuse: a call that is refused in good order is none that went wrong.
        """
        failed = self.offered - self.completed - self.refused
        figures: dict[str, Value] = {
            "target": self.target,
            "rate": self.rate,
            "seconds": self.seconds,
            "offered": self.offered,
            "completed": self.completed,
            "refused": self.refused,
            "failed": failed,
            "retransmissions": self.retransmissions,
            "offered_per_second": round(self.offered / self.seconds, 1),
            "completed_per_second": round(self.completed / max(self.lasted, 1e-9), 1),
            "setup_p50_ms": quantile(self.set_up_ms, 0.5),
            "setup_p99_ms": quantile(self.set_up_ms, 0.99),
            "lag_p99_ms": self.lag_p99_ms,
            **costs,
            "peak_rss_mib": self.peak_rss_mib,
        }
        point = Point(load=self.rate, figures=figures, failures=self.failures)
        if failed:
            point.trouble.append(f"{failed} failed")
        if self.refused and not may_refuse:
            point.trouble.append(f"{self.refused} refused with 503: the machine was too busy")
        if self.retransmissions:
            point.doubts.append(f"{self.retransmissions} messages were sent twice")
        if not failed and self._is_late():
            point.doubts.append("SIPp did not keep up the rate")
        return point

    def _is_late(self) -> bool:
        """Whether SIPp began its calls so slowly that it was another rate."""
        longest = self.seconds * _LATE_SHARE + _LATE_SECONDS
        return self.begun_after is None or self.begun_after > longest


COLUMNS = (
    Column("target", ("target",)),
    Column("offered, a second", ("offered", "offered_per_second")),
    Column("completed", ("completed",)),
    Column("completed a second", ("completed_per_second",), "", "completed\na second"),
    Column("failed", ("failed",), "", "failed"),
    Column("retransmissions", ("retransmissions",), "", "sent\ntwice"),
    Column("set-up p50, p99", ("setup_p50_ms", "setup_p99_ms"), "ms", "set-up ms\np50, p99"),
)
REFUSED = Column("refused", ("refused",))
LAG_COLUMN = Column("event loop late p99", ("lag_p99_ms",), "ms", "lag ms\np99")
PEAK = Column("peak memory", ("peak_rss_mib",), "MiB", "peak\nMiB")


def measure_rated(
    arguments: argparse.Namespace, rate: float, plan: Plan, reporter: Reporter
) -> Rated:
    """Run it once, with a target of its own."""
    with tempfile.TemporaryDirectory(prefix="freeline-bench-") as place:
        return _Run(arguments, rate, plan, reporter, Path(place)).run()


class _Run:
    def __init__(
        self,
        arguments: argparse.Namespace,
        rate: float,
        plan: Plan,
        reporter: Reporter,
        place: Path,
    ) -> None:
        self._arguments = arguments
        self._rate = rate
        self._plan = plan
        self._reporter = reporter
        self._place = place
        self._seconds: float = arguments.seconds
        self._total = max(1, round(rate * arguments.seconds))

    def run(self) -> Rated:
        plan = self._plan
        target = Target(self._arguments, self._place / "switch", plan.site)
        headset = caller = None
        try:
            if plan.headset:
                headset = Sipp(
                    self._place / "headset",
                    plan.headset,
                    plan.site.headset_port,
                    call_seconds=plan.call_seconds,
                )
                time.sleep(0.5)
            metrics = target.metrics()
            before = target.cpu()
            began = time.monotonic()
            caller = self._caller(target)
            self._watch(caller, began)
            lasted = time.monotonic() - began
            used = target.cpu() - before
            later = target.metrics()
            caller.stop()
            told = caller.result()
            result = Rated(
                rate=self._rate,
                seconds=self._seconds,
                target=target.name,
                offered=self._total,
                completed=told.successful,
                refused=told.refused,
                failures=told.causes,
                retransmissions=told.retransmissions + sent_twice(later) - sent_twice(metrics),
                lasted=lasted - plan.call_seconds,
                begun_after=caller.begun_after(self._total),
                set_up_ms=sorted(caller.set_up_ms()),
                cpu=used,
                lag_p99_ms=_between(metrics, later, LAG, 0.99),
                decision_p50_ms=_between(metrics, later, DECISION, 0.5),
                peak_rss_mib=target.peak_rss_mib(),
            )
            if headset is not None:
                headset.stop()
                _add_headset(result, headset)
            return result
        finally:
            for each in (caller, headset, target):
                if each is not None:
                    each.stop()
            records = self._place / "switch" / RECORDS
            if records.exists():
                plan.read_records(records)

    def _caller(self, target: Target) -> Sipp:
        return Sipp(
            self._place / "caller",
            self._plan.scenario,
            free_port(),
            [
                *(target.sip, "-m", str(self._total)),
                *("-r", f"{self._rate:g}", "-l", str(self._total)),
                *("-trace_rtt", "-rtt_freq", "1"),
                *self._plan.options,
            ],
            call_seconds=self._plan.call_seconds,
            statistics_seconds=_STATISTICS_SECONDS,
        )

    def _watch(self, caller: Sipp, began: float) -> None:
        """Wait for the last call, with progress."""
        usual = self._seconds + self._plan.call_seconds
        while caller.running:
            passed = time.monotonic() - began
            if passed > usual + _GRACE_SECONDS:
                return
            self._reporter.progress(passed / usual, f"{passed:.0f} s")
            time.sleep(0.1)


def _between(metrics: str, later: str, name: str, share: float) -> float | None:
    return quantile_ms(buckets(metrics, name), buckets(later, name), share)


def _add_headset(result: Rated, headset: Sipp) -> None:
    """A call is complete when the headset had it, too, from ringing to BYE."""
    told = headset.result()
    result.retransmissions += told.retransmissions
    missed = max(0, result.completed - told.successful)
    if missed:
        result.completed -= missed
        result.failures["headset_not_reached"] = missed
