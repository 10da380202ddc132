"""PURE: who is asked whether to go on from the place of before."""

from __future__ import annotations

from collections.abc import Mapping

from switch.routing.callers import CallerBook
from switch.routing.queue import Queue, Resume

_ANSWER_SECONDS = 120.0
"""How long a place is held for a caller who is asked about it, at least."""


class OldPlaces:
    """Knows for whom a place is kept, and which queues offer it."""

    def __init__(self, queues: Mapping[str, Queue], callers: CallerBook) -> None:
        self._queues = queues
        self._callers = callers

    def offer(self, caller: str, queue: str, now: float, *, asked: bool) -> bool:
        """Return whether a caller has an old place and shall be asked whether to keep it.

        It is held for the answer, which `Router.enter` is told as `resume`.

        Args:
            asked: whatever the queue says; otherwise only where the queue says `offer`.
        """
        place = self._callers.old_place(caller, queue, now)
        if place is None or queue not in self._queues:
            return False
        if not asked and self._queues[queue].profile.resume is not Resume.OFFER:
            return False
        until = max(place.until, now + _ANSWER_SECONDS)
        self._callers.note_place(caller, queue, place.since, until, place.number)
        return True
