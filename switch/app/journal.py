"""A file of what must survive a restart: the last value of each key, written behind the loop.

`put` is called on the call path and never waits: it notes the value, and the values of one
turn of the loop travel to a thread together. A disk that is slow or full holds up nobody:
values of one key replace each other while they wait, so that what waits is never more than
what there is to remember.

The file is a log of JSON lines, `{"k": key, "v": value}`, `v` null for a key that is
forgotten. Who starts reads it from the top; a last line that was cut off is left out. It is
written anew when it has grown to several times what it holds. While the switch lives the
file's time is renewed every second, which tells how long it has been down.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from switch.log import get_logger

_ALIVE_SECONDS = 1.0
_SLACK_LINES = 10_000
"""Lines of the past that the file may hold, besides as many again as it has keys."""
_MOST_WAITING = 64
"""Batches under way to the thread; beyond, values wait in the loop and replace each other."""


@dataclass(slots=True)
class Contents:
    """What a journal held."""

    values: dict[str, Any] = field(default_factory=dict)
    down_seconds: float = 0.0
    """How long ago its switch was last alive."""
    cut_off: int = 0
    """Lines that could not be read."""


def read_journal(path: Path) -> Contents | None:
    """Return what a journal holds; None when there is none. Blocks.

    Raises:
        OSError: it cannot be read.
    """
    try:
        alive_at = path.stat().st_mtime
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return None
    contents = Contents(down_seconds=max(0.0, time.time() - alive_at))
    decode = msgspec.json.decode
    for line in lines:
        try:
            entry = decode(line)
            key, value = entry["k"], entry["v"]
        except (msgspec.DecodeError, KeyError, TypeError):
            contents.cut_off += 1
            continue
        if value is None:
            contents.values.pop(key, None)
        else:
            contents.values[key] = value
    return contents


class Journal:
    """Keeps the last value of each key in a file, from `start` to `stop`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log = get_logger(journal=str(path))
        self._pending: dict[str, object] = {}
        self._handing_over = False
        self._batches: queue.SimpleQueue[dict[str, object] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._live: dict[str, bytes] = {}
        """What the file should hold; the thread's own."""
        self._lines = 0
        self._file: Any = None
        self.failures = 0
        """Attempts to write that failed."""

    def start(self, values: Mapping[str, object]) -> None:
        """Begin a new file that holds these values."""
        self._batches.put(dict(values))
        self._thread.start()

    def put(self, key: str, value: object | None) -> None:
        """Note the value of a key, a dataclass or plain data; None forgets the key."""
        self._pending[key] = value
        if not self._handing_over:
            self._handing_over = True
            asyncio.get_running_loop().call_soon(self._hand_over)

    def stop(self) -> None:
        """Write what waits, and end. Blocks for a moment."""
        if self._thread.is_alive():
            self._batches.put(self._pending)
            self._batches.put(None)
            self._thread.join(timeout=5.0)

    def _hand_over(self) -> None:
        if self._batches.qsize() >= _MOST_WAITING:
            asyncio.get_running_loop().call_later(0.05, self._hand_over)
            return
        self._handing_over = False
        batch, self._pending = self._pending, {}
        self._batches.put(batch)

    # The thread.

    def _run(self) -> None:
        while True:
            try:
                batch = self._batches.get(timeout=_ALIVE_SECONDS)
            except queue.Empty:
                batch = {}
            if batch is None:
                break
            self._take(batch)
        self._close()

    def _take(self, batch: Mapping[str, object]) -> None:
        encode = msgspec.json.encode
        lines = []
        for key, value in batch.items():
            line = encode({"k": key, "v": value}) + b"\n"
            lines.append(line)
            if value is None:
                self._live.pop(key, None)
            else:
                self._live[key] = line
        try:
            if self._file is None or self._lines > 2 * len(self._live) + _SLACK_LINES:
                self._write_anew()
            elif lines:
                self._file.write(b"".join(lines))
                self._lines += len(lines)
            os.utime(self._path)
        except OSError as error:
            if not self.failures:
                self._log.warning("journal_not_written", error=str(error), note="retrying")
            self.failures += 1
            self._close()  # the next attempt writes all of it anew

    def _write_anew(self) -> None:
        self._close()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        with open(part, "wb", opener=_private) as file:
            file.writelines(self._live.values())
        part.replace(self._path)
        self._file = self._path.open("ab", buffering=0)
        self._lines = len(self._live)

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()


def _private(path: str, flags: int) -> int:
    """Open a file that only its owner can read: it has callers' numbers in it."""
    return os.open(path, flags, 0o600)
