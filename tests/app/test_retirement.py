"""Flows that nobody runs any more are freed piece by piece, and those in use are not."""

from __future__ import annotations

import asyncio
import weakref
from itertools import pairwise
from pathlib import Path

from switch.app.retirement import Retirement
from switch.ivr.loader import load_flow

_COUNT = 100
FLOW = "nodes:\n" + "".join(
    f"  n{number}: {{type: say, text: Number {number}., next: n{number + 1}}}\n"
    for number in range(_COUNT)
)


async def test_nodes_go_a_few_in_each_turn_of_the_loop(tmp_path: Path) -> None:
    (tmp_path / "long.yaml").write_text(FLOW + f"  n{_COUNT}: {{type: hangup}}\n")
    flow = load_flow(tmp_path / "long.yaml")
    alive = weakref.WeakSet(flow.nodes.values())
    Retirement().await_end([flow])
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(alive) == _COUNT + 1

    del flow
    left = [len(alive)]
    while alive:
        await asyncio.sleep(0)
        left.append(len(alive))
    assert left[0] == _COUNT + 1
    assert max(before - after for before, after in pairwise(left)) <= 20
