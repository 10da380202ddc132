"""The two times the switch reads: a steady one for timers, UTC for people."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where edges get the time; pure code is handed `now` instead."""

    def now(self) -> float:
        """Return monotonic seconds; only differences mean anything."""
        ...

    def utc(self) -> datetime:
        """Return the wall-clock time, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clocks. `now` is the clock asyncio's loops use too."""

    now = staticmethod(time.monotonic)

    def utc(self) -> datetime:
        return datetime.now(UTC)
