"""Whether a server is up: laws of failures and answers in a row."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.trunks.health import AVOID_SECONDS, ServerHealth


def test_it_goes_down_after_so_many_failures_in_a_row_and_up_after_so_many_answers() -> None:
    health = ServerHealth(down_after=3, up_after=2)
    assert [health.failed("no answer", at) for at in (1, 2, 3, 4)] == [False, False, True, False]
    assert (health.up, health.since, health.problem) == (False, 3, "no answer")
    assert [health.answered(at, 0.02) for at in (5, 6, 7)] == [False, True, False]
    assert (health.up, health.since, health.problem) == (True, 6, "")
    assert health.round_trip_seconds == 0.02


def test_an_answer_between_failures_starts_the_count_anew() -> None:
    health = ServerHealth(down_after=2)
    health.failed("503", 1)
    health.answered(2)
    assert not health.failed("503", 3)
    assert health.up


def test_without_probes_it_is_only_avoided_for_a_while() -> None:
    health = ServerHealth(None)
    assert not any(health.failed("no answer", at) for at in range(10))
    assert health.up
    assert health.avoid_until == 9 + AVOID_SECONDS
    health.failed("503", 10, avoid_seconds=500)
    assert health.avoid_until == 510
    health.answered(11)
    assert health.avoid_until == 0


@given(
    down_after=st.integers(1, 4),
    up_after=st.integers(1, 4),
    results=st.lists(st.booleans(), max_size=60),
)
def test_it_is_down_exactly_from_the_last_failure_in_a_row_to_the_last_answer_in_a_row(
    down_after: int, up_after: int, results: list[bool]
) -> None:
    health = ServerHealth(down_after, up_after)
    up, run, last = True, 0, True
    for at, good in enumerate(results):
        run = run + 1 if good is last and at else 1
        last = good
        before = up
        if up and not good and run >= down_after:
            up = False
        elif not up and good and run >= up_after:
            up = True
        changed = health.answered(at) if good else health.failed("x", at)
        assert (health.up, changed) == (up, up is not before)
