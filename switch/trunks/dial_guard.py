"""PURE: what a trunk or a headset may dial: prefixes, how many at once, how many an hour.

A stolen password or a flow that was thought up badly must not become a telephone bill.
"""

from __future__ import annotations

from collections.abc import Sequence

import phonenumbers

from switch.frozen import frozen
from switch.trunks.last_hour import LastHour


@frozen()
class DialRules:
    """What a `DialGuard` goes by."""

    allow: tuple[str, ...] = ()
    """Prefixes; empty: whatever is a number."""
    deny: tuple[str, ...] = ()
    max_calls: int = 3
    max_per_hour: int = 60

    def guard(self, last_hour: LastHour) -> DialGuard:
        """Return a guard that knows of no call that is up."""
        allow = self.allow or ("+",)
        return DialGuard(allow, self.deny, self.max_calls, self.max_per_hour, last_hour)


class DialGuard:
    """Counts the calls of one trunk or headset. `refusal`, then `began`; `ended` for each begun."""

    __slots__ = ("_allow", "_deny", "_last_hour", "_max_calls", "_max_per_hour", "live")

    def __init__(
        self,
        allow: Sequence[str],
        deny: Sequence[str],
        max_calls: int,
        max_per_hour: int,
        last_hour: LastHour,
    ) -> None:
        """Begin; the calls of the last hour are counted already."""
        self._allow = tuple(allow)
        self._deny = tuple(deny)
        self._max_calls = max_calls
        self._max_per_hour = max_per_hour
        self._last_hour = last_hour
        self.live = 0

    def go_on_from(self, other: DialGuard) -> None:
        """Take over the calls that are up from the guard that was in force before."""
        self.live = other.live

    def begun_within_hour(self, now: float) -> int:
        """Return how many calls have begun in the last hour."""
        return self._last_hour.count(now)

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
        begun = self._last_hour.count(now)
        if begun >= self._max_per_hour:
            return f"{begun} calls in the last hour (`max_calls_per_hour`)"
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
        self._last_hour.add(now)

    def ended(self) -> None:
        """A call that was dialled is over."""
        self.live -= 1
