"""Calls that stand all at the same time while their RTP is metered, and then end."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from configuration import Site
from far_ends import Metered, RtpLoad
from figures import Point, Value
from proc import free_port
from reporter import Reporter
from sipp import Sipp, caller_scenario, headset_scenario
from target import Cpu, Target

_SETTLE_SECONDS = 1.0
"""From the last call's set-up to the measurement."""
_SPARE_SECONDS = 6.0
"""How much longer than expected the set-up may take before calls end during the measurement."""
_GRACE_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What stands."""

    calls: int
    number: str
    digit: str = ""
    """Pressed by each caller, by `info`; empty for none."""
    rings: bool = False
    """Whether headsets are rung, and talk."""
    talks: bool = False
    """Whether the far ends send RTP."""
    is_up: Callable[[dict[str, int]], bool]
    """Says by `RtpLoad.count` whether all calls are as they should be."""
    site: Site


@dataclass(slots=True, kw_only=True)
class Stood:
    """What became of it."""

    target: str
    calls: int
    completed: int
    failures: dict[str, int]
    retransmissions: int
    is_up: bool
    """All calls were as they should be before the measurement began."""
    metered: Metered
    cpu: Cpu
    """While it was metered."""
    core_kib_per_call: float | None
    """What the core's memory has grown by while the calls were set up."""
    peak_rss_mib: float | None

    def point(self, figures: dict[str, Value], trouble: list[str]) -> Point:
        """Return the figures: those of the calls, and the benchmark's own."""
        failed = self.calls - self.completed
        if not self.is_up:
            trouble = ["not all calls were up in time", *trouble]
        if failed:
            trouble = [f"{failed} failed", *trouble]
        return Point(
            load=self.calls,
            figures={
                "target": self.target,
                "calls": self.calls,
                "completed": self.completed,
                "failed": failed,
                "retransmissions": self.retransmissions,
                "seconds": self.metered.seconds,
                **figures,
                "core_kib_per_call": self.core_kib_per_call,
                "peak_rss_mib": self.peak_rss_mib,
            },
            failures=self.failures,
            trouble=trouble,
        )


def add_standing_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how calls are set up."""
    parser.add_argument(
        "--set-up-rate", type=float, default=50, metavar="N", help="calls a second (50)"
    )


def measure_standing(arguments: argparse.Namespace, plan: Plan, reporter: Reporter) -> Stood:
    """Run it once, with a target of its own."""
    with tempfile.TemporaryDirectory(prefix="freeline-bench-") as place:
        return _Run(arguments, plan, reporter, Path(place)).run()


class _Run:
    def __init__(
        self, arguments: argparse.Namespace, plan: Plan, reporter: Reporter, place: Path
    ) -> None:
        self._arguments = arguments
        self._plan = plan
        self._reporter = reporter
        self._place = place
        self._seconds: float = arguments.seconds
        self._set_up_seconds = plan.calls / arguments.set_up_rate
        self._hold_seconds = self._set_up_seconds + _SETTLE_SECONDS + self._seconds + _SPARE_SECONDS
        """How long each call stands."""

    def run(self) -> Stood:
        plan = self._plan
        far_ends = RtpLoad()
        target = headset = caller = None
        try:
            target = Target(self._arguments, self._place / "switch", plan.site)
            if plan.rings:
                headset = Sipp(
                    self._place / "headset",
                    headset_scenario(far_ends.port),
                    plan.site.headset_port,
                    call_seconds=self._hold_seconds,
                )
                time.sleep(0.5)
            if plan.talks:
                far_ends.tell("talk")
            empty = target.rss_mib()[0]
            began = time.monotonic()
            caller = self._caller(target, far_ends.port)
            is_up = self._wait_until_up(far_ends)
            time.sleep(_SETTLE_SECONDS)
            full = target.rss_mib()[0]
            before = target.cpu()
            metered = self._measure(far_ends)
            used = target.cpu() - before
            self._wait_for_end(caller, began)
            caller.stop()
            told = caller.result()
            return Stood(
                target=target.name,
                calls=plan.calls,
                completed=told.successful,
                failures=told.causes,
                retransmissions=told.retransmissions,
                is_up=is_up,
                metered=metered,
                cpu=used,
                core_kib_per_call=None
                if full is None or empty is None
                else round((full - empty) * 1024 / plan.calls, 1),
                peak_rss_mib=target.peak_rss_mib(),
            )
        finally:
            for each in (caller, headset, target, far_ends):
                if each is not None:
                    each.stop()

    def _caller(self, target: Target, rtp_port: int) -> Sipp:
        plan = self._plan
        return Sipp(
            self._place / "caller",
            caller_scenario(plan.digit, self._hold_seconds, rtp_port),
            free_port(),
            [
                *(target.sip, "-s", plan.number, "-m", str(plan.calls), "-l", str(plan.calls)),
                *("-r", f"{self._arguments.set_up_rate:g}"),
            ],
            call_seconds=self._hold_seconds,
        )

    def _wait_until_up(self, far_ends: RtpLoad) -> bool:
        most = self._set_up_seconds + _SPARE_SECONDS - _SETTLE_SECONDS
        began = time.monotonic()
        while True:
            passed = time.monotonic() - began
            counted = far_ends.count()
            if self._plan.is_up(counted):
                return True
            if passed > most:
                return False
            self._reporter.progress(passed / most, f"setting up, {counted['heard']} streams")
            time.sleep(0.2)

    def _measure(self, far_ends: RtpLoad) -> Metered:
        far_ends.begin(self._seconds)
        began = time.monotonic()
        while (passed := time.monotonic() - began) < self._seconds:
            self._reporter.progress(passed / self._seconds, f"{passed:.0f} s")
            time.sleep(0.1)
        return far_ends.metered(self._seconds)

    def _wait_for_end(self, caller: Sipp, began: float) -> None:
        usual = self._set_up_seconds + self._hold_seconds
        while caller.running and time.monotonic() - began < usual + _GRACE_SECONDS:
            self._reporter.progress((time.monotonic() - began) / usual, "hanging up")
            time.sleep(0.1)
