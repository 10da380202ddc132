"""PURE: a heap whose entries are valid while their subject bears the entry's ticket.

Taking a subject out of ten heaps at once is setting its ticket to 0; dead entries go when
they come to the top, or when there are too many of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Any, Generic, TypeVar

from switch.deadlines import Timed

_SLACK = 32
"""Entries of the past that a heap may hold beyond the number of valid ones."""


class Ticketed(Timed):
    """What can stand in heaps: at most one ticket at a time."""

    __slots__ = ("ticket",)

    def __init__(self) -> None:
        super().__init__()
        self.ticket = 0
        """Number of the valid entries; 0: not to be had."""


Subject = TypeVar("Subject", bound=Ticketed)


class TicketHeap(Generic[Subject]):
    """Subjects by key, the lowest first. Whoever takes a ticket away lowers `count`."""

    __slots__ = ("_entries", "count")

    def __init__(self) -> None:
        self._entries: list[tuple[Any, int, Subject]] = []
        """Key, ticket, subject."""
        self.count = 0
        """Valid entries."""

    def push(self, key: Any, subject: Subject) -> None:
        """Take in a subject by the ticket it now bears."""
        self.count += 1
        entries = self._entries
        if len(entries) > 2 * self.count + _SLACK:
            entries[:] = [entry for entry in entries if entry[2].ticket == entry[1]]
            heapify(entries)
        heappush(entries, (key, subject.ticket, subject))

    def first(self) -> Subject | None:
        """Return the valid subject with the lowest key."""
        entries = self._entries
        while entries:
            _, ticket, subject = entries[0]
            if subject.ticket == ticket:
                return subject
            heappop(entries)
        return None

    def some(self, most: int) -> list[Subject]:
        """Return the first valid subjects in order, without looking at the others."""
        entries = self._entries
        found: list[Subject] = []
        ahead = [(entries[0][:2], 0)] if entries else []
        while ahead and len(found) < most:
            _, index = heappop(ahead)
            _, ticket, subject = entries[index]
            if subject.ticket == ticket:
                found.append(subject)
            for child in (2 * index + 1, 2 * index + 2):
                if child < len(entries):
                    heappush(ahead, (entries[child][:2], child))
        return found

    def valid(self) -> Iterator[Subject]:
        """Yield every valid subject, in no order."""
        for _, ticket, subject in self._entries:
            if subject.ticket == ticket:
                yield subject
