"""A service that fails is left alone, and tried again now and then."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.outside.breaker import Breaker, BreakerState


def failing(limit: int = 3) -> Breaker:
    breaker = Breaker(limit, 5.0, 15.0)
    for _ in range(limit):
        assert breaker.may_ask(0.0)
        breaker.failed(0.0)
    return breaker


def test_opens_after_so_many_failures_one_after_another() -> None:
    breaker = Breaker(3, 5.0, 15.0)
    for _ in range(2):
        breaker.failed(0.0)
    breaker.succeeded()
    for _ in range(2):
        breaker.failed(0.0)
    assert breaker.may_ask(0.0)
    breaker.failed(0.0)
    assert not breaker.may_ask(4.9)
    assert breaker.state is BreakerState.OPEN


def test_one_request_finds_out_whether_it_is_back() -> None:
    breaker = failing()
    assert breaker.may_ask(5.0)
    assert not breaker.may_ask(5.0)
    breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED


def test_each_failure_to_come_back_doubles_the_pause_up_to_a_limit() -> None:
    breaker = failing()
    pauses, now = [], 0.0
    for _ in range(4):
        begun = now
        while not breaker.may_ask(now):
            now += 1.0
        pauses.append(now - begun)
        breaker.failed(now)
    assert pauses == [5, 10, 15, 15]


def test_a_late_failure_does_not_keep_it_open_longer() -> None:
    breaker = failing()
    breaker.failed(4.0)
    assert breaker.may_ask(5.0)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 10)), max_size=60))
def test_who_answers_at_last_is_always_asked_again(history: list[tuple[bool, float]]) -> None:
    breaker, now = Breaker(2, 1.0, 8.0), 0.0
    for good, wait in history:
        now += wait
        if breaker.may_ask(now):
            if good:
                breaker.succeeded()
            else:
                breaker.failed(now)
    assert breaker.may_ask(now + 8.0)
