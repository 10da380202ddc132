"""A month of a call centre is simulated while the planner looks on."""

from __future__ import annotations

import time

from tests.planning.houses import one_group, run


def test_a_hundred_thousand_calls_take_less_than_a_minute() -> None:
    began = time.process_time()  # of this process alone: others may be at work
    found = run(one_group(14, 10, 90.0), 100_000, 1)
    assert time.process_time() - began < 60
    assert found.calls.calls >= 100_000
