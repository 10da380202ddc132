"""PURE: what a trunk or a headset may dial: prefixes, how many at once, how many an hour.

A stolen password or a flow that was thought up badly must not become a telephone bill.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import phonenumbers

from switch.frozen import frozen

_HOUR = 3600.0


@frozen()
class DialRules:
    """What a `DialGuard` goes by."""

    allow: tuple[str, ...] = ()
    """Prefixes; empty: whatever is a number."""
    deny: tuple[str, ...] = ()
    max_calls: int = 3
    max_per_hour: int = 60

    def guard(self) -> DialGuard:
        """Return a guard that has not counted anything yet."""
        return DialGuard(self.allow or ("+",), self.deny, self.max_calls, self.max_per_hour)


class DialGuard:
    """Counts the calls of one trunk or headset. `refusal`, then `began`; `ended` for each begun."""

    __slots__ = ("_allow", "_begun", "_deny", "_max_calls", "_max_per_hour", "live")

    def __init__(
        self, allow: Sequence[str], deny: Sequence[str], max_calls: int, max_per_hour: int
    ) -> None:
        self._allow = tuple(allow)
        self._deny = tuple(deny)
        self._max_calls = max_calls
        self._max_per_hour = max_per_hour
        self._begun: deque[float] = deque()
        self.live = 0

    def go_on_from(self, other: DialGuard) -> None:
        """Take over the counts of the guard that was in force before."""
        self.live = other.live
        self._begun = other._begun

    def begun_within_hour(self, now: float) -> int:
        """Return how many calls have begun in the last hour."""
        while self._begun and self._begun[0] <= now - _HOUR:
            self._begun.popleft()
        return len(self._begun)

    @property
    def limits(self) -> tuple[int, int]:
        """Calls at once and in an hour."""
        return self._max_calls, self._max_per_hour

    def refusal(self, number: str, now: float) -> str:
        """Return why this number may not be dialled now, for a person; empty: it may."""
        forbidden = self.forbidden(number)
        if forbidden:
            return forbidden
        if self.live >= self._max_calls:
            return f"{self.live} calls are up already (`max_calls`)"
        if self.begun_within_hour(now) >= self._max_per_hour:
            return f"{len(self._begun)} calls in the last hour (`max_calls_per_hour`)"
        return ""

    def fits(self, number: str) -> int:
        """Return the length of the longest prefix under `allow` that the number begins with."""
        return max((len(each) for each in self._allow if number.startswith(each)), default=0)

    def forbidden(self, number: str) -> str:
        """Return why this number may never be dialled, for a person; empty: it may."""
        try:
            parsed = phonenumbers.parse(number, None)
        except phonenumbers.NumberParseException:
            return f"{number[:32]} is not an E.164 number"
        if not phonenumbers.is_possible_number(parsed):
            return f"{number} has too many or too few digits for its country"
        if number.startswith(self._deny):
            return f"{number} begins with a prefix under `deny`"
        if not number.startswith(self._allow):
            return f"{number} begins with no prefix under `allow`"
        return ""

    def began(self, now: float) -> None:
        """A call is dialled."""
        self.live += 1
        self._begun.append(now)

    def ended(self) -> None:
        """A call that was dialled is over."""
        self.live -= 1
