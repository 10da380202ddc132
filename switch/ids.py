"""Short random identifiers. Randomness is injected so that tests can repeat a run."""

from __future__ import annotations

import secrets
from collections.abc import Callable

RandomBytes = Callable[[int], bytes]
"""Returns that many random bytes; `secrets.token_bytes` in production."""

BRANCH_COOKIE = "z9hG4bK"
"""RFC 3261 8.1.1.7: the branch of every RFC 3261 client begins with it."""


class Ids:
    """Makes identifiers that no attacker can guess and no restart repeats."""

    def __init__(self, random_bytes: RandomBytes = secrets.token_bytes) -> None:
        self._random = random_bytes

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
