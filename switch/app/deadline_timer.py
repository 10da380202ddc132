"""One event-loop timer that follows the next deadline of a pure core."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class DeadlineTimer:
    """Calls `fire` when `next_deadline()` is reached; `rearm` after each input."""

    __slots__ = ("_armed_for", "_fire", "_handle", "_loop", "_next_deadline")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        next_deadline: Callable[[], float | None],
        fire: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._next_deadline = next_deadline
        self._fire = fire
        self._handle: asyncio.TimerHandle | None = None
        self._armed_for: float | None = None

    def rearm(self) -> None:
        """Set the timer anew if the next deadline has moved."""
        deadline = self._next_deadline()
        if deadline == self._armed_for:
            return
        self.cancel()
        if deadline is not None:
            self._armed_for = deadline
            self._handle = self._loop.call_at(deadline, self._due)

    def cancel(self) -> None:
        """Stop the timer."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._armed_for = None

    def _due(self) -> None:
        self._handle = None
        self._armed_for = None
        self._fire()
        self.rearm()
