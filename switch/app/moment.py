"""What may wait until the next message of a call has gone out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

MOMENT_SECONDS = 0.002
"""Shorter than anybody notices, longer than the way from a key to a ringing headset."""


def in_a_moment(do: Callable[[], None]) -> None:
    """Tell records, metrics, log, broker and journal after what they are about."""
    asyncio.get_running_loop().call_later(MOMENT_SECONDS, do)
