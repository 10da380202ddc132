"""What becomes of flows that nobody runs any more: they are freed piece by piece.

A flow of a thousand nodes is a hundred thousand objects. Freed all at once, when the last call
that began with it is over, they would hold the event loop for milliseconds.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from collections.abc import Iterable

from switch.ivr.models import Flow

_IN_ONE_TURN = 20
"""Nodes and prompts freed before calls have their turn."""


class Retirement:
    """Waits for flows to be out of use."""

    def __init__(self) -> None:
        self._pieces: deque[object] = deque()

    def await_end(self, flows: Iterable[Flow]) -> None:
        """See to the end of these flows, whenever it comes. The loop must run."""
        loop = asyncio.get_running_loop()
        for flow in flows:
            pieces = [*flow.nodes.values(), *flow.sayings.items()]
            weakref.finalize(flow, self._begin, loop, pieces).atexit = False

    def _begin(self, loop: asyncio.AbstractEventLoop, pieces: list[object]) -> None:
        """The flow is gone, and nothing holds these any more but the list."""
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._take, loop, pieces)

    def _take(self, loop: asyncio.AbstractEventLoop, pieces: list[object]) -> None:
        idle = not self._pieces
        self._pieces += pieces
        if idle:
            loop.call_soon(self._free, loop)

    def _free(self, loop: asyncio.AbstractEventLoop) -> None:
        for _ in range(min(_IN_ONE_TURN, len(self._pieces))):
            self._pieces.popleft()
        if self._pieces:
            loop.call_soon(self._free, loop)
