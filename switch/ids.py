"""Short random identifiers. Randomness is injected so that tests can repeat a run."""

from __future__ import annotations

import secrets
from collections.abc import Callable

RandomBytes = Callable[[int], bytes]
"""Returns that many random bytes; the system's in production."""

BRANCH_COOKIE = "z9hG4bK"
"""RFC 3261 8.1.1.7: the branch of every RFC 3261 client begins with it."""


_POOL_BYTES = 4096


class _RandomPool:
    """The system's randomness, fetched a page at a time: one system call for many ids."""

    __slots__ = ("_at", "_pool")

    def __init__(self) -> None:
        self._pool = b""
        self._at = 0

    def __call__(self, count: int) -> bytes:
        if self._at + count > len(self._pool):
            self._pool = secrets.token_bytes(max(count, _POOL_BYTES))
            self._at = 0
        self._at += count
        return self._pool[self._at - count : self._at]


class Ids:
    """Makes identifiers that no attacker can guess and no restart repeats."""

    def __init__(self, random_bytes: RandomBytes | None = None) -> None:
        self._random = random_bytes or _RandomPool()

    def switch_call_id(self) -> str:
        """Return a new id for a call (ours, not SIP's Call-ID)."""
        return self._random(8).hex()

    def leg(self) -> str:
        """Return a new id for a leg and its media stream."""
        return self._random(6).hex()

    def sip_call_id(self) -> str:
        """Return a new Call-ID (RFC 3261 8.1.1.4)."""
        return self._random(12).hex()

    def tag(self) -> str:
        """Return a new tag with at least 32 bits of randomness (RFC 3261 19.3)."""
        return self._random(6).hex()

    def branch(self) -> str:
        """Return a new branch parameter (RFC 3261 8.1.1.7)."""
        return BRANCH_COOKIE + self._random(8).hex()

    def nonce(self) -> str:
        """Return a new digest nonce's random part (RFC 7616 3.3)."""
        return self._random(16).hex()

    def below(self, limit: int) -> int:
        """Return a random number from 0 to `limit` - 1; `limit` is at most 65536."""
        return int.from_bytes(self._random(4), "big") % limit
