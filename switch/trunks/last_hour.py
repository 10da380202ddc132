"""PURE: calls of the last hour, by who dials: what limits by the hour are held against.

They survive a restart by the minute: what is kept of a minute is how many calls began in it, and
when the last of them did. All of them count as long as that one does, so that no hour has more
calls than are allowed, whenever the switch was started anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from switch.frozen import frozen

_HOUR = 3600.0
_MINUTE = 60.0


@frozen()
class MinuteMemory:
    """Calls of one minute. The time is that of the clock with which calls are counted."""

    who: str
    count: int
    latest: float
    """When the last of them began."""

    @property
    def until(self) -> float:
        """When they do not count any more."""
        return self.latest + _HOUR


Note = Callable[[str, MinuteMemory], None]
"""Takes what must survive; the first is the minute's name, which no other one has."""


class LastHour:
    """The calls of one trunk or headset."""

    __slots__ = ("_began", "_begun", "_count", "_note", "_number", "_who")

    def __init__(self, who: str = "", note: Note = lambda _name, _memory: None) -> None:
        self._who = who
        self._note = note
        self._begun: deque[float] = deque()
        self._number = 0
        """Of the present minute."""
        self._began = float("-inf")
        self._count = 0

    def add(self, now: float) -> None:
        """A call begins."""
        self._begun.append(now)
        if now - self._began >= _MINUTE:
            self._number, self._began, self._count = self._number + 1, now, 0
        self._count += 1
        self._note(f"{self._who}:{self._number}", MinuteMemory(self._who, self._count, now))

    def count(self, now: float) -> int:
        """Return how many calls have begun in the last hour."""
        while self._begun and self._begun[0] <= now - _HOUR:
            self._begun.popleft()
        return len(self._begun)

    def restore(self, memory: MinuteMemory) -> str:
        """Count calls of before a restart; return the name of their minute. Oldest first."""
        self._begun.extend([memory.latest] * memory.count)
        self._number += 1
        return f"{self._who}:{self._number}"


class HourBook:
    """Everybody's."""

    def __init__(self) -> None:
        self.note: Note = lambda _name, _memory: None
        """Keeps what must survive."""
        self._hours: dict[str, LastHour] = {}

    def of(self, who: str) -> LastHour:
        """Return the calls of a trunk or headset, which outlive its configuration."""
        found = self._hours.get(who)
        if found is None:
            found = self._hours[who] = LastHour(who, lambda name, memory: self.note(name, memory))
        return found

    def restore(
        self, memories: Iterable[MinuteMemory], now: float
    ) -> Iterator[tuple[str, MinuteMemory]]:
        """Count what another core remembers; yield what of it still counts, by its new name.

        Args:
            memories: with times of our clock, which may have been set back meanwhile.
        """
        for memory in sorted(memories, key=lambda each: each.latest):
            known = MinuteMemory(memory.who, memory.count, min(memory.latest, now))
            if known.until > now:
                yield self.of(memory.who).restore(known), known
