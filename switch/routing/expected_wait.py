"""PURE: how long a caller will probably wait, from what the queue has lately done.

With n callers ahead, the caller is next once n + 1 have been taken or have left. Callers are
taken at some rate mu while somebody waits, and each who waits leaves at some rate theta, so

    E[wait] = sum for i = 0 .. n of 1 / (mu + i * theta)

(the queue-length estimator with abandonment of Ibrahim and Whitt, "Real-time delay estimation
in call centers", 2009). Both rates are measured, fading over about a quarter of an hour. Until
enough was seen, mu is what the agents at work would do: agents / average handle time.
"""

from __future__ import annotations

import math

_FADE_SECONDS = 900.0
_PRIOR_CALLS = 5.0
"""Weight of what is assumed against what was measured, in calls."""
_FIRST_HANDLE_SECONDS = 180.0
"""Average handle time of a queue that has not handled a call yet."""
_EXACT_TERMS = 64
"""Summed one by one; the rest of the sum by its integral."""
LONGEST_SECONDS = 86_400.0
"""What is computed when nobody can tell, and never more than that."""


def told_wait(seconds: float) -> float | None:
    """Return an expected wait as it is told: None when nobody can tell."""
    return seconds if seconds < LONGEST_SECONDS else None


class WaitEstimator:
    """Learns a queue's rates from its events, each in constant time."""

    __slots__ = (
        "_at",
        "_busy_seconds",
        "_handle_seconds",
        "_handled",
        "_left",
        "_taken",
        "_waited_seconds",
        "waiting",
    )

    def __init__(self) -> None:
        self._at = 0.0
        self.waiting = 0
        """Callers for whom nobody is being rung."""
        self._taken = 0.0
        """Callers who were taken after waiting; fading, like all that follows."""
        self._busy_seconds = 0.0
        """Time during which somebody waited."""
        self._left = 0.0
        self._waited_seconds = 0.0
        """Summed over all who waited."""
        self._handled = 0.0
        self._handle_seconds = 0.0

    def began_to_wait(self, now: float) -> None:
        """A caller found nobody free."""
        self._pass(now)
        self.waiting += 1

    def taken(self, now: float) -> None:
        """An agent was found for a caller who waited."""
        self._pass(now)
        self.waiting -= 1
        self._taken += 1

    def left(self, now: float) -> None:
        """A caller gave up, or had to leave."""
        self._pass(now)
        self.waiting -= 1
        self._left += 1

    def handled(self, seconds: float, now: float) -> None:
        """An agent is free again who served a caller of this queue for so long."""
        self._pass(now)
        self._handled += 1
        self._handle_seconds += seconds

    def seconds(self, position: int, agents: int, now: float) -> float:
        """Return the expected wait.

        Args:
            position: 1 is next.
            agents: who is logged in and may serve the queue.
        """
        self._pass(now)
        taken = self._taken + _PRIOR_CALLS
        assumed = agents / self.handle_seconds if agents else 0.0
        if assumed:
            taking = taken / (self._busy_seconds + _PRIOR_CALLS / assumed)
        elif self._taken > 0.0 and self._busy_seconds > 0.0:
            taking = self._taken / self._busy_seconds
        else:
            return LONGEST_SECONDS
        leaving = self._left / self._waited_seconds if self._waited_seconds > 0.0 else 0.0
        exact = min(position, _EXACT_TERMS)
        total = sum(1.0 / (taking + index * leaving) for index in range(exact))
        rest = position - exact
        if rest and leaving > 1e-9:
            total += math.log1p(rest * leaving / (taking + (exact - 0.5) * leaving)) / leaving
        elif rest:
            total += rest / taking
        return min(total, LONGEST_SECONDS)

    @property
    def handle_seconds(self) -> float:
        """The average handle time (AHT): talk and wrap-up."""
        calls = self._handled + 1.0
        return (self._handle_seconds + _FIRST_HANDLE_SECONDS) / calls

    def _pass(self, now: float) -> None:
        """Let time go by: count it, and let what was counted fade."""
        seconds = now - self._at
        if seconds <= 0.0:
            return
        self._at = now
        fade = math.exp(-seconds / _FADE_SECONDS)
        self._taken *= fade
        self._left *= fade
        self._handled *= fade
        self._handle_seconds *= fade
        self._busy_seconds *= fade
        self._waited_seconds *= fade
        if self.waiting:
            self._busy_seconds += seconds
            self._waited_seconds += seconds * self.waiting
