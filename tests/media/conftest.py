"""One worker per test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.media_core import Core
from tests.support.ports import PortBlock
from tests.support.waiting import until


@pytest.fixture(scope="session")
def ports() -> Iterator[PortBlock]:
    Core.ports = PortBlock()
    yield Core.ports
    Core.ports.close()


@pytest.fixture(params=[False, True], ids=["python", "fast"])
async def core(ports: PortBlock, request: pytest.FixtureRequest) -> AsyncIterator[Core]:
    """Relaying in Python, and with fast lanes: nobody may hear a difference."""
    core = Core(fast_relay=request.param)
    await core.pool.start()
    if request.param:
        await until(lambda: _has_loaded(core.pool.pids[0]))
    yield core
    for party in core.parties:
        party.close()
    await core.pool.stop()


def _has_loaded(worker: int) -> bool:
    """Whether the thread that loads the fast relay is there no more, and has done its work."""
    process = Path(f"/proc/{worker}")
    threads = len(list((process / "task").iterdir()))
    return threads == 2 and "llvmlite" in (process / "maps").read_text()
