"""Heaps whose entries die with their subject's ticket."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.routing.ticket_heap import Ticketed, TicketHeap

operations = st.lists(
    st.tuples(st.sampled_from(["put", "take", "look"]), st.integers(0, 9), st.integers(0, 5)),
    max_size=300,
)


@given(operations)
def test_it_is_a_sorted_list_of_those_who_bear_a_ticket(
    operations: list[tuple[str, int, int]],
) -> None:
    heap: TicketHeap[Ticketed] = TicketHeap()
    subjects = [Ticketed() for _ in range(10)]
    model: dict[int, tuple[int, int]] = {}
    most = 0
    for ticket, (what, number, key) in enumerate(operations, 1):
        subject = subjects[number]
        if what != "look" and subject.ticket:
            subject.ticket = 0
            heap.count -= 1
            del model[number]
        if what == "put":
            subject.ticket = ticket
            heap.push(key, subject)
            model[number] = key, ticket
        most = max(most, len(model))
        expected = [subjects[n] for n in sorted(model, key=lambda n: model[n])]
        assert heap.first() is (expected[0] if expected else None)
        assert heap.some(3) == expected[:3]
        assert heap.count == len(expected)
        assert {id(each) for each in heap.valid()} == {id(each) for each in expected}
        assert len(heap._entries) <= 2 * most + 33


def test_dead_entries_are_thrown_away_though_they_never_come_to_the_top() -> None:
    heap: TicketHeap[Ticketed] = TicketHeap()
    first, other = Ticketed(), Ticketed()
    first.ticket = 1
    heap.push(0, first)
    for ticket in range(2, 1000):
        other.ticket = ticket
        heap.push(1, other)
        heap.count -= 1
    assert len(heap._entries) < 40
    assert heap.first() is first
