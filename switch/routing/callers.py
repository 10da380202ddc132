"""PURE: what is remembered of callers between calls: who served them, and old places.

Both books are bounded: the oldest entry goes when there are too many.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TypeVar

from switch.frozen import frozen

REMEMBERED_SECONDS = 86_400.0
"""How long it counts who served a caller, where the queue does not say."""

MOST_REMEMBERED = 100_000
"""Entries of each book."""


@frozen()
class Served:
    """Who served a caller last, in one queue."""

    agent: str
    until: float
    """Until when that counts."""


@frozen()
class OldPlace:
    """Where a caller stood who hung up while waiting."""

    since: float
    """When the wait began that counts for the order."""
    until: float
    """Until when the place can be had back."""
    number: int
    """What ordered the caller among those who entered at the same instant; 0: not known."""


Key = tuple[str, str]
"""Caller and queue."""


class CallerBook:
    """Remembers callers by queue."""

    def __init__(self) -> None:
        self._served: OrderedDict[Key, Served] = OrderedDict()
        self._places: OrderedDict[Key, OldPlace] = OrderedDict()
        self._changed: OrderedDict[Key, OldPlace | None] = OrderedDict()

    def note_served(self, caller: str, queue: str, agent: str, until: float) -> None:
        """An agent has served the caller."""
        _put(self._served, (caller, queue), Served(agent, until))

    def served_by(self, caller: str, queue: str, now: float) -> str:
        """Return the agent who served the caller lately; empty when none did."""
        found = self._served.get((caller, queue))
        if found is None:
            return ""
        if found.until < now:
            del self._served[caller, queue]
            return ""
        return found.agent

    def note_place(
        self, caller: str, queue: str, since: float, until: float, number: int = 0
    ) -> None:
        """The caller hung up while waiting."""
        place = OldPlace(since, until, number)
        _put(self._places, (caller, queue), place)
        _put(self._changed, (caller, queue), place)

    def old_place(self, caller: str, queue: str, now: float) -> OldPlace | None:
        """Return where the caller had been waiting who hung up lately, if so."""
        found = self._places.get((caller, queue))
        if found is None or found.until < now:
            return None
        return found

    def forget_place(self, caller: str, queue: str) -> None:
        """The caller is back, or was served."""
        if self._places.pop((caller, queue), None) is not None:
            _put(self._changed, (caller, queue), None)

    def changed_places(self) -> Mapping[Key, OldPlace | None]:
        """Return the old places that are new since the last time, or are no more."""
        changed, self._changed = self._changed, OrderedDict()
        return changed


_Entry = TypeVar("_Entry")


def _put(book: OrderedDict[Key, _Entry], key: Key, entry: _Entry) -> None:
    book.pop(key, None)
    book[key] = entry
    if len(book) > MOST_REMEMBERED:
        book.popitem(last=False)
