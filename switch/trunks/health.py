"""PURE: whether a server is up, judged by probes and calls.

A server is down after so many failures in a row, and up after so many answers. Without
probes it is never down, because nobody would find out that it is up again: it is avoided for
a while instead, which means that the others are tried first (RFC 3263 4.3).
"""

from __future__ import annotations

from dataclasses import dataclass

AVOID_SECONDS = 30.0
"""How long a server that has just failed is tried last."""


@dataclass(slots=True)
class ServerHealth:
    """What is known of one server."""

    down_after: int | None
    """Failures in a row; None: never down."""
    up_after: int = 1
    up: bool = True
    since: float | None = None
    """When `up` became what it is; None: not changed since it is known."""
    problem: str = ""
    """The last failure, as long as no answer has come since."""
    round_trip_seconds: float | None = None
    """Of the last probe that was answered."""
    heard_at: float | None = None
    """When it answered last."""
    avoid_until: float = 0.0
    _failures: int = 0
    _answers: int = 0

    def failed(self, problem: str, now: float, avoid_seconds: float = AVOID_SECONDS) -> bool:
        """Note a failure; True when that puts it down.

        Args:
            avoid_seconds: more than usual, when its 503 asks for that by Retry-After.
        """
        self._answers = 0
        self._failures += 1
        self.problem = problem
        self.avoid_until = max(self.avoid_until, now + avoid_seconds)
        if not self.up or self.down_after is None or self._failures < self.down_after:
            return False
        self.up, self.since = False, now
        return True

    def answered(self, now: float, round_trip_seconds: float | None = None) -> bool:
        """Note an answer; True when that brings it up."""
        self._failures = 0
        self._answers += 1
        self.problem = "" if self.up else self.problem
        self.heard_at = now
        if round_trip_seconds is not None:
            self.round_trip_seconds = round_trip_seconds
        if self.up:
            self.avoid_until = 0.0
            return False
        if self._answers < self.up_after:
            return False
        self.up, self.since, self.problem, self.avoid_until = True, now, "", 0.0
        return True
