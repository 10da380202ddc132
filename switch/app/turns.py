"""Turns for calls whose flows compute long: one of them in each turn of the event loop.

Each computes a little and lets the others; many that did so in the same turn of the loop would
hold it for as long as all of them together.
"""

from __future__ import annotations

import asyncio
from collections import deque


class Turns:
    """Whoever waits is let on in order, one in each turn of the loop."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Wait for a turn: the next one of the loop, or a later one."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        if len(self._waiting) == 1:
            loop.call_soon(self._next, loop)
        await turn

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        turn = self._waiting.popleft()
        if not turn.done():  # a call that ended meanwhile
            turn.set_result(None)
        if self._waiting:
            loop.call_soon(self._next, loop)
