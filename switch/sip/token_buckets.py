"""Token buckets by key, for a bounded number of keys: how much anyone may send. PURE.

A bucket is one number, the time at which it will be full again (the virtual scheduling of
ITU-T I.371), so that a decision takes one look at a dictionary.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable


class TokenBuckets:
    """Each key may do `rate` things a second, and `burst` at once."""

    def __init__(self, rate: float, burst: int, most: int = 10_000) -> None:
        """Make the buckets, all of them full.

        Args:
            most: keys remembered; the one not asked for longest is forgotten first.
        """
        self._interval = 1.0 / rate
        self._tolerance = (burst - 1) * self._interval
        self._most = most
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._full_at)

    def take(self, key: Hashable, now: float) -> bool:
        """Take a token; False when there is none."""
        buckets = self._full_at
        full_at = buckets.get(key, now)
        if full_at - now > self._tolerance:
            return False
        buckets[key] = max(full_at, now) + self._interval
        buckets.move_to_end(key)
        if len(buckets) > self._most:
            buckets.popitem(last=False)
        return True
