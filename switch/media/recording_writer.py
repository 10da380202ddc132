"""One thread that writes recordings, so that a slow or full disk delays no packet."""

from __future__ import annotations

import os
import queue
import threading
import wave
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy

from switch.media.linear import ulaw_to_samples

_QUEUE_LIMIT = 4000
"""Seconds of recordings that wait for the disk, over all calls."""


@dataclass(slots=True)
class Recording:
    """One file under way; the worker's thread sees only `id`, `path` and `dropped`."""

    id: str
    path: str
    mono: bool = False
    """One track, left, and nothing of right."""
    dropped: bool = False
    """A chunk found the queue full."""
    _file: wave.Wave_write | None = field(default=None, repr=False)
    _error: str = ""
    _frames: int = 0

    def write(self, left: bytes, right: bytes) -> None:
        """Append a chunk; after an error nothing more is written."""
        if self._error:
            return
        try:
            if self._file is None:
                Path(self.path).parent.mkdir(parents=True, exist_ok=True)
                self._file = _open(self.path, 1 if self.mono else 2)
            self._file.writeframes(
                ulaw_to_samples(left).tobytes() if self.mono else _interleave(left, right)
            )
            self._frames += len(left)
        except OSError as error:
            self._error = f"{self.path}: {error.strerror or error}"
            self._close()

    def finish(self) -> Finished:
        """Close the file."""
        if self._file is None and not self._error:
            self.write(b"", b"")  # an empty recording is a file, too
        self._close()
        if not self._error and self.dropped:
            self._error = f"{self.path}: the disk is too slow, parts are missing"
        return Finished(self, self._frames / 8000, self._error)

    def _close(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None


@dataclass(frozen=True, slots=True)
class Finished:
    """A recording that is on disk, or as much of it as the disk took."""

    recording: Recording
    seconds: float
    error: str


class RecordingWriter:
    """Takes chunks without waiting; `wake_fd` becomes readable when one is finished."""

    def __init__(self) -> None:
        self.wake_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._queue: queue.Queue[tuple[Recording, bytes, bytes] | Recording | None] = queue.Queue(
            _QUEUE_LIMIT
        )
        self._finished: queue.SimpleQueue[Finished] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)
        self._thread.start()

    def write(self, recording: Recording, left: bytes, right: bytes) -> None:
        """Queue a chunk; drop it when the disk does not keep up."""
        try:
            self._queue.put_nowait((recording, left, right))
        except queue.Full:
            recording.dropped = True

    def finish(self, recording: Recording) -> None:
        """Queue the end; it is told by `finished`."""
        self._queue.put(recording)

    def finished(self) -> list[Finished]:
        """Return what is finished since the last time."""
        with suppress(BlockingIOError):
            os.eventfd_read(self.wake_fd)
        found = []
        with suppress(queue.Empty):
            while True:
                found.append(self._finished.get_nowait())
        return found

    def stop(self) -> None:
        """Write what is queued and end the thread."""
        self._queue.put(None)
        self._thread.join(5)

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            if isinstance(job, Recording):
                self._finished.put(job.finish())
                os.eventfd_write(self.wake_fd, 1)
            else:
                recording, left, right = job
                recording.write(left, right)


def _open(path: str, channels: int) -> wave.Wave_write:
    file = wave.open(path, "wb")  # noqa: SIM115 - closed by `_close`
    file.setnchannels(channels)
    file.setsampwidth(2)
    file.setframerate(8000)
    return file


def _interleave(left: bytes, right: bytes) -> bytes:
    frames = numpy.empty((len(left), 2), dtype="<i2")
    frames[:, 0] = ulaw_to_samples(left)
    frames[:, 1] = ulaw_to_samples(right)
    return frames.tobytes()
