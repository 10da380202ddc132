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

    __slots__ = ("_counts", "_highest")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._highest = 0

    @property
    def height(self) -> int:
        """The priority up to which waiting lifts."""
        return self._highest + 1

    def add(self, priority: int) -> None:
        """Somebody waits with this priority."""
        self._counts[priority] = self._counts.get(priority, 0) + 1
        if priority > self._highest:
            self._highest = priority

    def remove(self, priority: int) -> None:
        """Somebody of this priority waits no more."""
        counts = self._counts
        counts[priority] -= 1
        if not counts[priority]:
            del counts[priority]
            if priority == self._highest:
                self._highest = max(counts, default=0)
