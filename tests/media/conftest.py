"""One worker per test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.media_core import Core
from tests.support.ports import PortBlock


@pytest.fixture(scope="module")
def ports() -> PortBlock:
    Core.ports = PortBlock()
    return Core.ports


@pytest.fixture
async def core(ports: PortBlock) -> AsyncIterator[Core]:
    core = Core()
    await core.pool.start()
    yield core
    for party in core.parties:
        party.close()
    await core.pool.stop()
