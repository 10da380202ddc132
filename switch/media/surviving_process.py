"""The process of a worker that is not our child: another core started it."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import Protocol


class WorkerProcess(Protocol):
    """What is needed of a worker's process; `asyncio.subprocess.Process` offers it too."""

    @property
    def pid(self) -> int:
        """The process id."""
        ...

    async def wait(self) -> int:
        """Return the exit code once it has ended."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


class SurvivingProcess:
    """Watched by a descriptor of the process (pidfd_open(2)): its number may not be reused."""

    UNKNOWN = -1
    """The exit code: only a parent is told."""

    def __init__(self, pid: int) -> None:
        """Watch a process.

        Raises:
            OSError: it has ended.
        """
        self.pid = pid
        self._fd = os.pidfd_open(pid)

    async def wait(self) -> int:
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        loop.add_reader(self._fd, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._fd)
        return self.UNKNOWN

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._fd, signal.SIGKILL)

    def __del__(self) -> None:
        with suppress(OSError):
            os.close(self._fd)
