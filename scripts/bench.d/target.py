"""Whom the load goes to: a switch started for it, or another server that runs already."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

from configuration import Site
from figures import BenchError
from proc import cpu_seconds, open_files, peak_rss_mib, rss_mib
from switch_under_test import SwitchUnderTest, metric

_LOOK_SECONDS = 0.1
_QUIET_LOOKS = 3
_QUIET_SHARE = 0.1
"""Of a CPU: what a switch may need that has nothing to do."""
_QUIET_WITHIN_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Cpu:
    """CPU seconds. None: not known; another server's processes all count as its core."""

    core: float | None = None
    media: float | None = None

    def __sub__(self, before: Cpu) -> Cpu:
        """Return what was used since `before`."""
        return Cpu(_less(self.core, before.core), _less(self.media, before.media))


def _less(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def add_target_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which server is measured."""
    parser.add_argument("--target", metavar="HOST:PORT", help="another SIP server, already running")
    parser.add_argument(
        "--target-pid",
        metavar="PID",
        type=int,
        action="append",
        default=[],
        help="its process, whose CPU counts as the core's; may be given again",
    )
    parser.add_argument("--workers", type=int, default=1, help="media workers of our switch")


class Target:
    """The server that is measured. Ours begins with it and ends with `stop`."""

    def __init__(self, arguments: argparse.Namespace, directory: Path, site: Site) -> None:
        self._switch: SwitchUnderTest | None = None
        self._pids: list[int] = list(arguments.target_pid)
        if arguments.target:
            self.sip = self.name = str(arguments.target)
            for pid in self._pids:
                if not Path(f"/proc/{pid}").exists():
                    raise BenchError(f"--target-pid {pid}: there is no such process")
        else:
            self._switch = SwitchUnderTest(directory, site)
            self.sip, self.name = self._switch.sip, "freeline"
            self._wait_until_quiet()

    def _wait_until_quiet(self) -> None:
        """Wait until what a start costs has been paid: no benchmark is to pay for it."""
        end = time.monotonic() + _QUIET_WITHIN_SECONDS
        quiet = 0
        while quiet < _QUIET_LOOKS and time.monotonic() < end:
            before = self.cpu()
            time.sleep(_LOOK_SECONDS)
            used = self.cpu() - before
            busy = (used.core or 0.0) + (used.media or 0.0)
            quiet = quiet + 1 if busy < _LOOK_SECONDS * _QUIET_SHARE else 0

    def cpu(self) -> Cpu:
        """Return the CPU time used so far."""
        if self._switch is not None:
            return Cpu(*self._switch.cpu_seconds())
        return Cpu(sum(map(cpu_seconds, self._pids)) if self._pids else None)

    def peak_rss_mib(self) -> float | None:
        """Return the most memory that was held, by all processes together."""
        if self._switch is not None:
            return round(self._switch.peak_rss_mib(), 1)
        return round(sum(map(peak_rss_mib, self._pids)), 1) if self._pids else None

    def rss_mib(self) -> tuple[float | None, float | None]:
        """Return the memory that is held now, by the core and by the media workers."""
        if self._switch is not None:
            return rss_mib(self._switch.core), sum(map(rss_mib, self._switch.workers))
        return (sum(map(rss_mib, self._pids)) if self._pids else None), None

    def open_files(self) -> int | None:
        """Return how many file descriptors are open."""
        pids = self._pids
        if self._switch is not None:
            pids = [self._switch.core, *self._switch.workers]
        return sum(map(open_files, pids)) if pids else None

    def metrics(self) -> str:
        """Return our switch's /metrics; nothing of another's."""
        return self._switch.metrics() if self._switch is not None else ""

    def stop(self) -> None:
        """End it, if it is ours."""
        if self._switch is not None:
            self._switch.stop()


def sent_twice(metrics: str) -> int:
    """Return how many messages our switch has sent or got twice."""
    return round(metric(metrics, "freeline_sip_retransmissions_total"))
