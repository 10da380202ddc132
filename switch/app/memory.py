"""When Python's cycle collector runs: not while callers are on the line.

A finished call leaves no cycle, so the collector is a safety net. Left to itself it walks,
every second of a busy hour, whatever transactions keep for 32 s, finds nothing, and stops
the event loop for 20 to 100 ms each time. Here it walks when nobody is on the line, and
otherwise only when far more has been made than freed.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

_FAR_TOO_MANY = 3_000_000
"""Objects made and not freed since the last walk; a thousand calls a second keep less."""
_NEVER = 1_000_000_000
_LOOK_SECONDS = 60.0


class Collector:
    """Owns the collector's settings from `start` to `stop`."""

    def __init__(self, is_idle: Callable[[], bool]) -> None:
        self._is_idle = is_idle
        self._timer: asyncio.TimerHandle | None = None
        self._thresholds = gc.get_threshold()

    def start(self) -> None:
        """Take over, once everything that lives as long as the switch has been made."""
        gc.freeze()
        gc.set_threshold(_FAR_TOO_MANY, _NEVER, _NEVER)
        gc.enable()
        self._arm()

    def stop(self) -> None:
        """Give the collector back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            gc.set_threshold(*self._thresholds)
            gc.unfreeze()

    def _arm(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_LOOK_SECONDS, self._look)

    def _look(self) -> None:
        if self._is_idle():
            gc.collect()
        self._arm()
