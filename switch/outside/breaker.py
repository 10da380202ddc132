"""PURE: a circuit breaker: a service that fails is left alone for a while."""

from __future__ import annotations

from enum import StrEnum


class BreakerState(StrEnum):
    """Whether a service is asked."""

    CLOSED = "closed"
    """Yes."""
    OPEN = "open"
    """No: it failed too often."""
    HALF_OPEN = "half_open"
    """Once, to see whether it is back."""


class Breaker:
    """Counts failures of one service.

    `may_ask` before each request, then exactly one of `succeeded` and `failed`. Time is `now`
    in seconds.
    """

    __slots__ = ("_failures", "_limit", "_longest", "_opened", "_pause", "_shortest", "state")

    def __init__(self, limit: int, pause_seconds: float, longest_seconds: float) -> None:
        """Make a closed one.

        Args:
            limit: failures one after another that open it.
            pause_seconds: how long it stays open the first time; each time in a row, twice as
                long as before, up to `longest_seconds`.
        """
        self.state = BreakerState.CLOSED
        self._limit = limit
        self._shortest = self._pause = pause_seconds
        self._longest = longest_seconds
        self._failures = 0
        self._opened = 0.0

    def may_ask(self, now: float) -> bool:
        """Whether to send a request now. In half-open state, one at a time may."""
        match self.state:
            case BreakerState.CLOSED:
                return True
            case BreakerState.OPEN if now >= self._opened + self._pause:
                self.state = BreakerState.HALF_OPEN
                return True
            case _:
                return False

    def succeeded(self) -> None:
        """A request was answered."""
        self.state = BreakerState.CLOSED
        self._failures = 0
        self._pause = self._shortest

    def failed(self, now: float) -> None:
        """A request was not answered, or with a fault of the service."""
        self._failures += 1
        if self.state is BreakerState.HALF_OPEN:
            self._pause = min(2 * self._pause, self._longest)
        elif self.state is BreakerState.OPEN or self._failures < self._limit:
            return
        self.state = BreakerState.OPEN
        self._opened = now
