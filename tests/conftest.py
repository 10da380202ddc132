"""What all tests share: hypothesis without deadlines, and no process left behind."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.processes import adopt_orphans, descendants

pytest_plugins = ["tests.support.interop_plugin"]

settings.register_profile(
    "freeline", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("freeline")


@pytest.fixture(scope="session", autouse=True)
def _no_process_left_behind() -> Iterator[None]:
    """Fail the run if any test leaves a process, be it an orphan of a killed one."""
    adopt_orphans()
    before = {info.pid for info in descendants(os.getpid())}
    yield
    left = [
        info
        for info in descendants(os.getpid())
        if info.pid not in before and info.state not in "ZX"
    ]
    assert not left, f"left behind: {[(info.pid, info.command) for info in left]}"
