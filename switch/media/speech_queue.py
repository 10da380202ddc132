"""PURE: which sentence is spoken next: what somebody waits for first, and all callers in turn."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

from switch.frozen import frozen

_Key = TypeVar("_Key", bound=Hashable)


@frozen()
class Wanted:
    """Who wants something spoken, and how soon."""

    owner: str
    """The call that asked first."""
    urgent: bool
    """Somebody waits for it; otherwise it is made ahead of its time."""


class SpeechQueue(Generic[_Key]):
    """What is to be spoken, each thing once.

    One caller's flood does not hold up the others: owners take turns, in each of the two kinds.
    """

    def __init__(self, most_urgent: int, most_ahead: int, most_ahead_of_one: int) -> None:
        """Be empty.

        Args:
            most_urgent: that may be waited for.
            most_ahead: that may be queued ahead of their time, by all and by one owner.
        """
        self._most_urgent = most_urgent
        self._most_ahead = most_ahead
        self._most_ahead_of_one = most_ahead_of_one
        self._wanted: dict[_Key, Wanted] = {}
        self._urgent: OrderedDict[str, deque[_Key]] = OrderedDict()
        self._ahead: OrderedDict[str, deque[_Key]] = OrderedDict()
        self._urgent_count = 0

    def __len__(self) -> int:
        return len(self._wanted)

    def ask(self, key: _Key, owner: str, *, urgent: bool) -> bool:
        """Queue something, or let what is queued be urgent from now on; False: it is too much."""
        known = self._wanted.get(key)
        if known is not None and (known.urgent or not urgent):
            return True
        if urgent and self._urgent_count >= self._most_urgent:
            return False
        if known is not None:
            self.drop(key)
        lane = self._urgent if urgent else self._ahead
        if not urgent and (
            len(self._wanted) - self._urgent_count >= self._most_ahead
            or len(lane.get(owner, ())) >= self._most_ahead_of_one
        ):
            return False
        self._wanted[key] = Wanted(owner, urgent)
        self._urgent_count += urgent
        lane.setdefault(owner, deque()).append(key)
        return True

    def take(self, *, ahead: bool) -> tuple[_Key, Wanted] | None:
        """Return what is to be spoken now, and forget it.

        Args:
            ahead: whether it may be something that nobody waits for.
        """
        return self._next(self._urgent) or (self._next(self._ahead) if ahead else None)

    def drop(self, key: _Key) -> None:
        """Forget something: nobody wants it any more."""
        wanted = self._wanted.pop(key, None)
        if wanted is not None:
            self._urgent_count -= wanted.urgent
            lane = self._urgent if wanted.urgent else self._ahead
            lane[wanted.owner].remove(key)
            if not lane[wanted.owner]:
                del lane[wanted.owner]

    def forget(self, owner: str) -> list[_Key]:
        """Drop what was to be made ahead for an owner, and return it."""
        gone = list(self._ahead.pop(owner, ()))
        for key in gone:
            del self._wanted[key]
        return gone

    def _next(self, lane: OrderedDict[str, deque[_Key]]) -> tuple[_Key, Wanted] | None:
        if not lane:
            return None
        owner, keys = next(iter(lane.items()))
        key = keys.popleft()
        if keys:
            lane.move_to_end(owner)
        else:
            del lane[owner]
        wanted = self._wanted.pop(key)
        self._urgent_count -= wanted.urgent
        return key, wanted
