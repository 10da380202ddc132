"""PURE: callers who wait for one agent alone, who served them the last time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from switch.routing.ticket_heap import TicketHeap

if TYPE_CHECKING:
    from switch.routing.contact import Contact
    from switch.routing.queue import Queue


class Held:
    """By queue, because places of different queues do not compare (`Contact.place`)."""

    __slots__ = ("_by_queue", "count")

    def __init__(self) -> None:
        self._by_queue: dict[Queue, TicketHeap[Contact]] = {}
        self.count = 0

    def add(self, contact: Contact) -> None:
        """Let a caller wait who bears a new ticket."""
        queue = contact.line.queue
        heap = self._by_queue.get(queue)
        if heap is None:
            heap = self._by_queue[queue] = TicketHeap()
        heap.push(contact.place(), contact)
        self.count += 1

    def remove(self, contact: Contact) -> None:
        """Let a caller wait no more; the heap's entry dies with the ticket."""
        queue = contact.line.queue
        heap = self._by_queue[queue]
        heap.count -= 1
        if not heap.count:
            del self._by_queue[queue]
        self.count -= 1

    def first_of_each(self) -> Iterator[Contact]:
        """Yield the first caller of each queue."""
        for heap in self._by_queue.values():
            first = heap.first()
            if first is not None:
                yield first

    def some(self, most: int) -> list[Contact]:
        """Return the first ones of each queue, so many of each."""
        return [contact for heap in self._by_queue.values() for contact in heap.some(most)]

    def valid(self) -> Iterator[Contact]:
        """Yield everyone, in no order."""
        for heap in self._by_queue.values():
            yield from heap.valid()
