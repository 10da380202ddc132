"""How late the event loop is: the first thing that shows when the core has too much to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from switch.log import get_logger

INTERVAL_SECONDS = 0.1
STALL_SECONDS = 0.5
"""A lag as long as this is worth a line in the log: something blocked."""


class LoopLag:
    """Sets a timer again and again and tells how much later than asked it ran."""

    def __init__(
        self, observe: Callable[[float], None], interval_seconds: float = INTERVAL_SECONDS
    ) -> None:
        self.last_seconds = 0.0
        """What was measured last."""
        self._observe = observe
        self._interval = interval_seconds
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._log = get_logger()

    def start(self) -> None:
        """Begin to measure on the running loop."""
        loop = asyncio.get_running_loop()
        self._due = loop.time() + self._interval
        self._timer = loop.call_at(self._due, self._measure, loop)

    def stop(self) -> None:
        """Measure no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _measure(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        # uvloop's clock ticks in milliseconds and may run a timer one tick early.
        self.last_seconds = max(0.0, now - self._due)
        self._observe(self.last_seconds)
        if self.last_seconds >= STALL_SECONDS:
            self._log.warning("event_loop_stalled", seconds=round(self.last_seconds, 3))
        self._due = now + self._interval
        self._timer = loop.call_at(self._due, self._measure, loop)
