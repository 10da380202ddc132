"""Entries of a journal that count until some time: of callers, who are many and come rarely; of
calls of the last hour."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

from switch.app.journal import Journal


class Fading(Protocol):
    """An entry: a dataclass or plain data."""

    @property
    def until(self) -> float:
        """Until when it counts."""
        ...


class FadingEntries:
    """Puts them into the journal, and forgets the oldest that everybody has forgotten too."""

    def __init__(self, journal: Journal, most: int) -> None:
        self._journal = journal
        self._most = most
        # Ordered, for the first of a plain dict from which many first ones went is looked for.
        self._until: OrderedDict[str, float] = OrderedDict()
        """By key, the latest last."""

    def know(self, key: str, until: float) -> None:
        """Note that the journal has an entry."""
        self._until.pop(key, None)
        self._until[key] = until

    def put(self, key: str, memory: Fading, now: float) -> None:
        """Put an entry in, and take those out that do not count any more, or are too many."""
        self._journal.put(key, memory)
        self.know(key, memory.until)
        while self._until:
            oldest, until = next(iter(self._until.items()))
            if until > now and len(self._until) <= self._most:
                return
            self.drop(oldest)

    def drop(self, key: str) -> None:
        """Take an entry out."""
        if self._until.pop(key, None) is not None:
            self._journal.put(key, None)
