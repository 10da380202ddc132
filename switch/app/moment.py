"""What may wait until the next message of a call has gone out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

MOMENT_SECONDS = 0.002
"""Shorter than anybody notices, longer than the way from a key to a ringing headset."""


class Moment:
    """Records, metrics, log, broker, journal and media workers are told after what they are about.

    One timer serves them all, and what comes while it runs travels together.
    """

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []

    def later(self, do: Callable[[], None]) -> None:
        """Call a function in a moment. One that raises is reported, and the others are called."""
        self._waiting.append(do)
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_later(MOMENT_SECONDS, self._do)

    def _do(self) -> None:
        waiting, self._waiting = self._waiting, []
        for do in waiting:
            try:
                do()
            except Exception as error:
                told = {"message": f"{do!r} has failed", "exception": error}
                asyncio.get_running_loop().call_exception_handler(told)
