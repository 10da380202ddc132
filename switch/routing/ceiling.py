"""PURE: up to where priority grows by waiting: so that nobody starves.

Where each caller gained for ever, at the rate of the own queue, those of a queue that
promises less time would overtake one who waits in another queue again and again, as long as
there are more of them than are served. So waiting lifts nobody higher than one above the
highest priority that anybody who waits came with; who has come up there is served in the
order of coming up, which no later caller can change (`Contact.urgency`).
"""

from __future__ import annotations


class Ceiling:
    """Counts the priorities of those who wait, in all queues of a router."""

    __slots__ = ("_counts", "height")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self.height = 1
        """The priority up to which waiting lifts."""

    def add(self, priority: int) -> None:
        """Somebody waits with this priority."""
        counts = self._counts
        counts[priority] = counts.get(priority, 0) + 1
        if priority >= self.height:
            self.height = priority + 1

    def remove(self, priority: int) -> None:
        """Somebody of this priority waits no more."""
        counts = self._counts
        left = counts[priority] - 1
        if left:
            counts[priority] = left
            return
        del counts[priority]
        if priority + 1 == self.height:
            self.height = max(counts, default=0) + 1
