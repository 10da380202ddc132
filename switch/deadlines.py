"""PURE: a heap of deadlines with lazy deletion: one timer outside, thousands inside."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

_SLACK = 64
"""Cancelled entries that are tolerated beyond the number of live ones."""


class Timed:
    """Something with at most one deadline at a time."""

    __slots__ = ("timer",)

    def __init__(self) -> None:
        self.timer = 0
        """Number of the live entry in the heap; 0 when there is none."""


class Deadlines:
    """Deadlines in order of time; equal times in order of setting."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timed]] = []
        self._count = 0
        self._live = 0

    def __len__(self) -> int:
        return self._live

    def set(self, subject: Timed, at: float) -> None:
        """Give the subject this deadline in place of any other."""
        self.cancel(subject)
        self._count += 1
        subject.timer = self._count
        self._live += 1
        heap = self._heap
        if len(heap) > 2 * self._live + _SLACK:
            heap[:] = [entry for entry in heap if entry[2].timer == entry[1]]
            heapify(heap)
        heappush(heap, (at, self._count, subject))

    def cancel(self, subject: Timed) -> None:
        """Forget the subject's deadline, if it has one."""
        if subject.timer:
            subject.timer = 0
            self._live -= 1

    def next(self) -> float | None:
        """Return the earliest deadline."""
        heap = self._heap
        while heap:
            at, number, subject = heap[0]
            if subject.timer == number:
                return at
            heappop(heap)
        return None

    def pop_due(self, now: float) -> Timed | None:
        """Return one subject whose deadline has come, earliest first, and forget it."""
        at = self.next()
        if at is None or at > now:
            return None
        subject = heappop(self._heap)[2]
        self.cancel(subject)
        return subject
