"""Digest authentication of headsets: RFC 7616 and RFC 8760, SHA-256 first, then MD5.

Nonces carry their time and source under an HMAC, so that a flood of unauthenticated
requests leaves nothing behind. What is remembered is how often a nonce that proved
right has been used, for as long as it lives.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from enum import Enum

from switch.errors import RemoteProtocolError
from switch.sip.header_values import parse_credentials

HASHES: Mapping[str, Callable[[bytes], str]] = {
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
}
"""Algorithm -> hash as lower-case hex; in the order in which they are offered."""

_TIME_DIGITS = 10
_STAMP_DIGITS = _TIME_DIGITS + 6
"""Time in milliseconds and a running number: no two challenges share a nonce."""
_SEAL_DIGITS = 32


class Verdict(Enum):
    """What credentials are worth."""

    RIGHT = "right"
    ABSENT = "absent"
    """None for our realm: challenge."""
    STALE = "stale"
    """Right, or not, but for a nonce of the past: challenge with `stale`."""
    WRONG = "wrong"
    """Wrong password, or nobody we know: challenge again, as if there had been none."""


def ha1(username: str, realm: str, password: str, algorithm: str) -> str:
    """Return H(A1) (RFC 7616 3.4.2): what an account stores in place of its password."""
    return HASHES[algorithm](f"{username}:{realm}:{password}".encode())


class Authenticator:
    """Challenges and verifies, for one realm."""

    def __init__(
        self,
        realm: str,
        accounts: Mapping[str, Mapping[str, str]],
        secret: bytes,
        algorithms: Sequence[str] = tuple(HASHES),
        nonce_seconds: float = 300.0,
    ) -> None:
        """Make an authenticator.

        Args:
            accounts: username -> algorithm -> H(A1).
            secret: at least 16 random bytes, for sealing nonces.
            algorithms: offered in this order, and no other accepted.
            nonce_seconds: how long a nonce may be used.
        """
        self.realm = realm
        self._accounts = accounts
        self._secret = secret
        self._algorithms = tuple(algorithms)
        self._nonce_seconds = nonce_seconds
        self._nobody = {name: hash_(secret) for name, hash_ in HASHES.items()}
        """Compared with for unknown names, so that they take as long as known ones."""
        self._uses: dict[str, int] = {}
        """Nonce -> highest count seen; together with `_old_uses` of the last two lives."""
        self._old_uses: dict[str, int] = {}
        self._turned_at = 0.0
        self._made = 0

    def knows(self, username: str) -> bool:
        """Whether there is such an account. Never to be told to anyone who asks."""
        return username in self._accounts

    def challenges(self, source: str, now: float, *, stale: bool = False) -> list[tuple[str, str]]:
        """Return WWW-Authenticate headers, the algorithm we like best first."""
        nonce = self._nonce(source, now)
        stale_flag = ", stale=true" if stale else ""
        return [
            (
                "WWW-Authenticate",
                f'Digest realm="{self.realm}", nonce="{nonce}", algorithm={algorithm}, '
                f'qop="auth"{stale_flag}',
            )
            for algorithm in self._algorithms
        ]

    def verify(
        self, values: Sequence[str], method: str, source: str, now: float
    ) -> tuple[Verdict, str]:
        """Judge Authorization headers.

        Args:
            source: address of the sender; a nonce works only for whom it was made.

        Returns:
            The verdict and the user name; the name only counts with `RIGHT`.
        """
        for value in values:
            try:
                scheme, given = parse_credentials(value)
            except RemoteProtocolError:
                continue
            if scheme.lower() == "digest" and given.get("realm") == self.realm:
                return self._judge(given, method, source, now), given.get("username", "")
        return Verdict.ABSENT, ""

    def _judge(self, given: Mapping[str, str], method: str, source: str, now: float) -> Verdict:
        algorithm = given.get("algorithm", "MD5").upper()
        hash_ = HASHES.get(algorithm) if algorithm in self._algorithms else None
        if hash_ is None:
            return Verdict.WRONG
        # The `uri` need not be the Request-URI: phones fill in what they registered with.
        # A replay at another URI fails all the same, because its nonce count was used.
        nonce = given.get("nonce", "")
        if not self._is_ours(nonce, source):
            return Verdict.STALE
        known = self._accounts.get(given.get("username", ""), self._nobody)
        expected = self._response(hash_, known.get(algorithm, ""), given, method)
        told = given.get("response", "").lower().encode("utf-8", "surrogateescape")
        right = hmac.compare_digest(expected.encode(), told)
        if known is self._nobody or algorithm not in known or not right:
            return Verdict.WRONG
        if self._age(nonce, now) > self._nonce_seconds or not self._first_use(given, nonce, now):
            return Verdict.STALE
        return Verdict.RIGHT

    def _response(
        self, hash_: Callable[[bytes], str], ha1: str, given: Mapping[str, str], method: str
    ) -> str:
        """RFC 7616 3.4.1; without qop as RFC 2069 has it."""
        ha2 = hash_(f"{method}:{given.get('uri', '')}".encode("utf-8", "surrogateescape"))
        nonce = given.get("nonce", "")
        if given.get("qop", "").lower() == "auth":
            middle = f"{nonce}:{given.get('nc', '')}:{given.get('cnonce', '')}:auth"
        else:
            middle = nonce
        return hash_(f"{ha1}:{middle}:{ha2}".encode("utf-8", "surrogateescape"))

    def _first_use(self, given: Mapping[str, str], nonce: str, now: float) -> bool:
        """Whether the nonce count is new: a replayed request repeats one (RFC 7616 3.4.5)."""
        if now - self._turned_at > self._nonce_seconds:
            self._old_uses, self._uses = self._uses, {}
            self._turned_at = now
        try:
            count = int(given.get("nc", "1"), 16)
        except ValueError:
            return False
        if count <= max(self._uses.get(nonce, 0), self._old_uses.get(nonce, 0)):
            return False
        self._uses[nonce] = count
        return True

    def _nonce(self, source: str, now: float) -> str:
        self._made = (self._made + 1) & 0xFF_FFFF
        stamp = f"{int(now * 1000):0{_TIME_DIGITS}x}"[-_TIME_DIGITS:] + f"{self._made:06x}"
        return stamp + self._seal(stamp, source)

    def _seal(self, stamp: str, source: str) -> str:
        text = f"{stamp}|{source}|{self.realm}".encode()
        return hmac.digest(self._secret, text, "sha256").hex()[:_SEAL_DIGITS]

    def _is_ours(self, nonce: str, source: str) -> bool:
        if len(nonce) != _STAMP_DIGITS + _SEAL_DIGITS or not nonce.isascii():
            return False
        stamp, seal = nonce[:_STAMP_DIGITS], nonce[_STAMP_DIGITS:]
        return hmac.compare_digest(seal, self._seal(stamp, source))

    def _age(self, nonce: str, now: float) -> float:
        return now - int(nonce[:_TIME_DIGITS], 16) / 1000
