"""What goes wrong on a bad day: workers fall, the broker, the disk, the clock and the core too."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from figures import BenchError
from native import compiled_library
from proc import ADDRESS, free_port
from switch_under_test import SwitchUnderTest

_CHUNK = b"\0" * (1024 * 1024)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong, in words, and how."""

    at: float
    """When in the round, as a share of it."""
    what: str
    act: Callable[[], None]


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own, in memory, that can be filled without harm to anybody.

    Raises:
        BenchError: it takes root to mount one.
    """
    place.mkdir()
    size = f"size={megabytes}m"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "freeline-bench", str(place)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise BenchError(f"a disk to be filled needs root: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)


class Clock:
    """A wall clock that jumps, for the processes that are given `environment`."""

    def __init__(self, place: Path) -> None:
        self._file = place / "clock"
        self.jump(0)

    def jump(self, seconds: int) -> None:
        """Be so far off the true time."""
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("=q", seconds))

    def environment(self, loss_percent: int) -> dict[str, str]:
        """Return what makes a process have this clock, and a bad network."""
        return {
            "LD_PRELOAD": str(compiled_library("bad_day")),
            "BAD_NETWORK": str(loss_percent),
            "BAD_CLOCK": str(self._file),
        }


class Broker:
    """A Mosquitto that comes and goes."""

    def __init__(self, place: Path) -> None:
        self.port = free_port()
        self._config = place / "mosquitto.conf"
        self._config.write_text(f"listener {self.port} {ADDRESS}\nallow_anonymous true\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, if it does not run."""
        if self._process is None:
            try:
                self._process = subprocess.Popen(
                    ["/usr/sbin/mosquitto", "-c", str(self._config)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            except FileNotFoundError:
                raise BenchError("there is no Mosquitto: install mosquitto") from None

    def stop(self) -> None:
        """Kill it, as a power failure does."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()


class BadDay:
    """The faults of one round, on one switch."""

    def __init__(self, switch: SwitchUnderTest, disk: Path, clock: Clock, broker: Broker) -> None:
        self._switch = switch
        self._filler = disk / "filler"
        self._clock = clock
        self._broker = broker
        self.workers_killed = 0
        self.faults = (
            Fault(0.10, "a media worker is killed", self._kill_worker),
            Fault(0.20, "the broker falls", broker.stop),
            Fault(0.35, "the broker is back", broker.start),
            Fault(0.40, "the disk is full", self._fill_disk),
            Fault(0.55, "the disk has room again", self._free_disk),
            Fault(0.60, "the wall clock jumps an hour ahead", lambda: clock.jump(3600)),
            Fault(0.70, "the wall clock jumps three hours back", lambda: clock.jump(-7200)),
            Fault(0.80, "the wall clock is right again", lambda: clock.jump(0)),
            Fault(0.90, "the core stands still for 2 s", self._pause_core),
        )

    def mend(self) -> None:
        """Let everything be well again."""
        self._free_disk()
        self._clock.jump(0)
        self._broker.start()

    def _kill_worker(self) -> None:
        workers = self._switch.workers_now()
        if workers:
            with suppress(ProcessLookupError):
                os.kill(workers[self.workers_killed % len(workers)], signal.SIGKILL)
                self.workers_killed += 1

    def _fill_disk(self) -> None:
        with suppress(OSError), self._filler.open("wb", buffering=0) as file:
            while file.write(_CHUNK):
                pass

    def _free_disk(self) -> None:
        self._filler.unlink(missing_ok=True)

    def _pause_core(self) -> None:
        os.kill(self._switch.core, signal.SIGSTOP)
        time.sleep(2)
        os.kill(self._switch.core, signal.SIGCONT)
