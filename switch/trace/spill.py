"""Frames on disk: files of bounded number and age, written by a thread.

`DIRECTORY/calls-TIME.trace` and `strangers-TIME.trace`, each begun at that Unix time. A disk
that is slow or full holds up nobody: frames that wait are bounded, and what is dropped counted.
Only the switch's user may read them: they have callers' numbers in them.
"""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from switch.log import get_logger
from switch.trace.behind import BehindLoop
from switch.trace.frame import Kind, Sealed

_MOST_WAITING = 500
"""Frames under way to the thread."""
_FILES = 16
"""Into so many files a budget is split, and the time to keep: a file goes as a whole."""
_SWEEP_SECONDS = 600.0
SUFFIX = ".trace"


@dataclass(frozen=True, slots=True)
class SpillSettings:
    """Where, how much, and for how long."""

    directory: Path
    budgets: Mapping[Kind, int]
    """Bytes of each kind."""
    keep_seconds: float


@dataclass(slots=True)
class _File:
    """One that is written to."""

    path: Path
    stream: IO[bytes]
    size: int
    until: float
    """Unix time at which the next is begun."""


class Spill(BehindLoop[tuple[Kind, bytes]]):
    """A sink of `Tap`, from `start` to `stop`."""

    def __init__(self, settings: SpillSettings) -> None:
        super().__init__("trace", _MOST_WAITING)
        self._settings = settings
        self._log = get_logger(trace=str(settings.directory))
        self._files: dict[Kind, _File] = {}
        """The file of each kind that is written to; the thread's own."""
        self.dropped = 0
        """Frames that were not written."""
        self._failing = False

    def take(self, frame: bytes, kind: Kind, _messages: list[Sealed], _offset: float) -> None:
        """Write a frame, soon."""
        if not self._hand_over((kind, frame)):
            self.dropped += 1

    # The thread.

    def _run(self) -> None:
        self._sweep()
        while True:
            try:
                entry = self._waiting.get(timeout=_SWEEP_SECONDS)
            except queue.Empty:
                self._sweep()
                continue
            if entry is None:
                break
            self._write(*entry)
        for file in self._files.values():
            file.stream.close()

    def _write(self, kind: Kind, frame: bytes) -> None:
        try:
            file = self._files.get(kind) or self._begin(kind)
            file.stream.write(frame)
            file.size += len(frame)
            full = file.size >= self._settings.budgets[kind] // _FILES
            if full or time.time() > file.until:
                self._end(kind)
                self._sweep()
            if self._failing:
                self._failing = False
                self._log.info("trace_written_again")
        except OSError as error:
            self.dropped += 1
            self._end(kind)
            if not self._failing:
                self._failing = True
                self._log.warning(
                    "trace_not_written",
                    error=str(error),
                    note="what is in memory can be asked for; retrying",
                )

    def _begin(self, kind: Kind) -> _File:
        directory = self._settings.directory
        directory.mkdir(parents=True, exist_ok=True)
        now = time.time()
        path = directory / f"{kind}-{now:.6f}{SUFFIX}"
        stream = open(path, "ab", buffering=0, opener=_private)  # noqa: SIM115 (`_end` closes it)
        file = _File(path, stream, 0, now + self._settings.keep_seconds / _FILES)
        self._files[kind] = file
        return file

    def _end(self, kind: Kind) -> None:
        file = self._files.pop(kind, None)
        if file is not None:
            file.stream.close()

    def _sweep(self) -> None:
        """Remove what is too old, and the oldest of what is too much."""
        try:
            for kind, budget in self._settings.budgets.items():
                self._sweep_kind(kind, budget)
        except OSError as error:
            self._log.warning("trace_not_swept", error=str(error))

    def _sweep_kind(self, kind: Kind, budget: int) -> None:
        found = sorted(self._settings.directory.glob(f"{kind}-*{SUFFIX}"), key=begun_at)
        current = self._files.get(kind)
        if current is not None:
            found = [path for path in found if path != current.path]
        oldest = time.time() - self._settings.keep_seconds
        room = budget - budget // _FILES  # for the one that is written to
        for path in reversed(found):
            stat = path.stat()
            room -= stat.st_size
            if room < 0 or stat.st_mtime < oldest:
                path.unlink(missing_ok=True)


def begun_at(path: Path) -> float:
    """Return the Unix time in a file's name; 0 for another file."""
    try:
        return float(path.name.removesuffix(SUFFIX).rpartition("-")[2])
    except ValueError:
        return 0.0


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
