"""What is remembered of callers, for how long, and how much at most."""

from __future__ import annotations

import pytest

from switch.routing import callers
from switch.routing.callers import CallerBook


def test_who_served_a_caller_is_known_for_a_while_and_in_that_queue() -> None:
    book = CallerBook()
    book.note_served("100", "orders", "asha", until=10)
    assert book.served_by("100", "orders", 10) == "asha"
    assert book.served_by("100", "help", 10) == ""
    assert book.served_by("100", "orders", 10.1) == ""
    assert book.served_by("100", "orders", 5) == "", "and forgotten then"


def test_an_old_place_is_that_of_the_last_call() -> None:
    book = CallerBook()
    book.note_place("100", "orders", since=1, until=10, number=7)
    book.note_place("100", "orders", since=2, until=20, number=8)
    old = book.old_place("100", "orders", 20)
    assert old is not None
    assert (old.since, old.number) == (2, 8)
    assert book.old_place("100", "orders", 21) is None
    book.forget_place("100", "orders")
    assert book.old_place("100", "orders", 20) is None


def test_the_books_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "MOST_REMEMBERED", 3)
    book = CallerBook()
    for number in range(5):
        book.note_served(str(number), "q", "asha", until=10)
    book.note_served("2", "q", "ben", until=10)
    book.note_served("9", "q", "ben", until=10)
    assert [book.served_by(str(n), "q", 0) for n in (1, 2, 3, 4, 9)] == [
        "",
        "ben",
        "",
        "asha",
        "ben",
    ]
