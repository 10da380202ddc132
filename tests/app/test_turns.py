"""Flows that compute long: one of them in each turn of the event loop."""

from __future__ import annotations

import asyncio

from switch.app.turns import Turns


async def test_one_is_let_on_in_each_turn_of_the_loop() -> None:
    turns = Turns()
    now = 0
    seen: dict[str, int] = {}

    async def compute(name: str) -> None:
        await turns.wait()
        seen[name] = now

    tasks = [asyncio.create_task(compute(name)) for name in "abcde"]
    while not all(task.done() for task in tasks):
        now += 1
        await asyncio.sleep(0)
    assert list(seen) == list("abcde")
    assert len(set(seen.values())) == 5


async def test_a_call_that_ends_meanwhile_keeps_nobody() -> None:
    turns = Turns()
    gone = asyncio.create_task(turns.wait())
    stays = asyncio.create_task(turns.wait())
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait_for(stays, 5)
    await asyncio.wait_for(turns.wait(), 5)
