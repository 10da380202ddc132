"""Every test here runs on both loops: the switch's uvloop has sockets of its own kind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import uvloop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Return the loops to run the tests of this directory on."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
