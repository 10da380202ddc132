"""PURE: RTP ports, each resting for a while after use.

A packet that is late for one call must not reach the next one on the same port.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable


class PortPool:
    """Even ports, used in turn; RTCP is the port above."""

    def __init__(self, ports: Iterable[int], quarantine_seconds: float = 2.0) -> None:
        self._free: deque[tuple[int, float]] = deque((port, 0.0) for port in ports)
        self._quarantine_seconds = quarantine_seconds

    def __len__(self) -> int:
        """Return how many ports are not in use, resting ones among them."""
        return len(self._free)

    def take(self, now: float) -> int | None:
        """Return the port that has rested longest; None when none has rested enough."""
        if not self._free or self._free[0][1] > now:
            return None
        return self._free.popleft()[0]

    def put_back(self, port: int, now: float) -> None:
        """Let a port rest, and then be taken again."""
        self._free.append((port, now + self._quarantine_seconds))


def ports_of_worker(low: int, high: int, worker: int, workers: int) -> list[int]:
    """Return the even ports of one worker out of several, spread over the range."""
    pairs = range(low + low % 2, high, 2)
    return list(pairs[worker::workers])
