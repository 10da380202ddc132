"""The heap of deadlines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.deadlines import Deadlines, Timed


def test_nothing_is_due_at_the_start() -> None:
    deadlines = Deadlines()
    assert deadlines.next() is None
    assert deadlines.pop_due(1e9) is None


def test_due_are_those_whose_time_has_come_earliest_first() -> None:
    deadlines, early, late = Deadlines(), Timed(), Timed()
    deadlines.set(late, 20)
    deadlines.set(early, 10)
    assert deadlines.next() == 10
    assert deadlines.pop_due(9.9) is None
    assert deadlines.pop_due(30) is early
    assert deadlines.pop_due(30) is late
    assert deadlines.pop_due(30) is None


def test_equal_times_keep_the_order_of_setting() -> None:
    deadlines = Deadlines()
    subjects = [Timed() for _ in range(5)]
    for subject in subjects:
        deadlines.set(subject, 10)
    assert [deadlines.pop_due(10) for _ in subjects] == subjects


def test_a_new_deadline_replaces_the_old_one() -> None:
    deadlines, subject = Deadlines(), Timed()
    deadlines.set(subject, 10)
    deadlines.set(subject, 30)
    assert deadlines.pop_due(20) is None
    assert deadlines.pop_due(30) is subject
    assert len(deadlines) == 0


def test_a_cancelled_deadline_never_comes() -> None:
    deadlines, subject = Deadlines(), Timed()
    deadlines.set(subject, 10)
    deadlines.cancel(subject)
    deadlines.cancel(subject)
    assert deadlines.next() is None
    assert len(deadlines) == 0


def test_cancelled_deadlines_do_not_pile_up() -> None:
    deadlines, subject = Deadlines(), Timed()
    for at in range(10_000):
        deadlines.set(subject, 1e6 + at)
    assert len(deadlines._heap) < 100


@given(
    st.lists(st.tuples(st.integers(0, 9), st.one_of(st.none(), st.integers(0, 50))), max_size=300)
)
def test_it_is_a_dictionary_sorted_by_time(steps: list[tuple[int, int | None]]) -> None:
    deadlines = Deadlines()
    subjects = [Timed() for _ in range(10)]
    expected: dict[int, int] = {}
    for which, at in steps:
        if at is None:
            deadlines.cancel(subjects[which])
            expected.pop(which, None)
        else:
            deadlines.set(subjects[which], at)
            expected[which] = at
        assert deadlines.next() == min(expected.values(), default=None)
        assert len(deadlines) == len(expected)
    popped = []
    while (subject := deadlines.pop_due(1e9)) is not None:
        popped.append(expected.pop(subjects.index(subject)))
    assert popped == sorted(popped)
    assert not expected
