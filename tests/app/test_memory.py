"""The collector walks when nobody is on the line."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from switch.app import memory
from switch.app.memory import Collector
from tests.support.waiting import until


class Cycle:
    """Something that only the collector frees."""

    freed = 0

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        Cycle.freed += 1


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(memory, "_LOOK_SECONDS", 0.01)
    before = gc.get_threshold()
    Cycle.freed = 0
    yield
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


async def test_it_waits_until_nobody_is_on_the_line() -> None:
    looks: list[bool] = []

    def is_idle() -> bool:
        looks.append(len(looks) >= 3)
        return looks[-1]

    collector = Collector(is_idle)
    collector.start()
    Cycle()
    await until(lambda: len(looks) == 3)
    assert Cycle.freed == 0
    await until(lambda: Cycle.freed == 1)
    collector.stop()


async def test_stopping_twice_is_stopping_once() -> None:
    collector = Collector(lambda: True)
    collector.stop()
    collector.start()
    collector.stop()
    collector.stop()
