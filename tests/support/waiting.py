"""Waiting, in asynchronous tests, for what another process will have done soon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], within_seconds: float = 10) -> None:
    """Return once the condition holds.

    Raises:
        TimeoutError: it does not in time.
    """
    async with asyncio.timeout(within_seconds):
        while not condition():  # noqa: ASYNC110 - another process changes what is asked
            await asyncio.sleep(0.005)
