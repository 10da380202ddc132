"""Keys for SRTP in session descriptions: `a=crypto` (RFC 4568), and who may use them.

Keys by DTLS are the matter of `dtls.py`.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

from switch.frozen import frozen
from switch.sdp.description import Media

SUITES: Mapping[str, int] = {
    "AEAD_AES_128_GCM": 28,
    "AES_CM_128_HMAC_SHA1_80": 30,
    "AES_CM_128_HMAC_SHA1_32": 30,
    "AEAD_AES_256_GCM": 44,
}
"""Crypto suite (RFC 4568 6.2, RFC 7714 14.2) -> bytes of master key and salt; best first."""

_OFFERED = ("AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_32")
"""What we offer: first what every device has."""

SECURE_PROTOCOLS = ("RTP/SAVP", "RTP/SAVPF")
_MUST_UNDERSTAND = re.compile(r"(?!-|WSH=)")
"""Session parameters we may not pass over (RFC 4568 6.3.7): all but a window's size."""


class SrtpPolicy(StrEnum):
    """Whether a party's media may or must be encrypted."""

    NEVER = "never"
    """Encrypted media is refused."""
    OFFERED = "offered"
    """Taken when the party offers it; ours are offers of plain RTP."""
    REQUIRED = "required"
    """Plain RTP is refused, and never offered."""
    DTLS = "dtls"
    """Only what is keyed by DTLS is offered and taken."""


@frozen()
class SrtpTerms:
    """What holds for the media of one party."""

    policy: SrtpPolicy = SrtpPolicy.NEVER
    may_offer_keys: bool = False
    """Its signalling is encrypted, or keys may be offered all the same."""
    offers_dtls: bool = False
    """Offers of ours are of media keyed by DTLS: a browser takes nothing else."""


@frozen()
class Crypto:
    """One usable `a=crypto` line. Its key never shows in a text of it."""

    tag: int
    suite: str
    key: bytes
    """Master key and salt of what its writer sends."""

    def __repr__(self) -> str:
        return f"Crypto(tag={self.tag}, suite={self.suite!r}, key=...)"

    def __str__(self) -> str:
        return repr(self)

    @property
    def value(self) -> str:
        """The attribute's value: a secret."""
        return f"{self.tag} {self.suite} inline:{b64encode(self.key).decode()}"


class OurKeys:
    """The keys that one leg sends with: one for each suite, as long as the leg lives.

    A new description repeats them, so that a hold does not begin a new SRTP context and
    the rollover counter goes on (RFC 3711 3.3.1).
    """

    __slots__ = ("_keys", "_random")

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._random = random_bytes
        self._keys: dict[str, bytes] = {}

    def key(self, suite: str) -> bytes:
        """Return our key for a suite."""
        if suite not in self._keys:
            self._keys[suite] = self._random(SUITES[suite])
        return self._keys[suite]

    def offered(self) -> list[Crypto]:
        """Return what an offer of ours lists."""
        return [Crypto(tag, suite, self.key(suite)) for tag, suite in enumerate(_OFFERED, 1)]


def crypto_lines(media: Media) -> Iterator[Crypto]:
    """Yield the `a=crypto` lines that we can use, as the peer prefers them.

    What cannot be used is passed over, as RFC 4568 7.1.2 asks: unknown suites, a master
    key identifier, several keys, mandatory session parameters, keys of a wrong length.
    """
    for name, value in media.attributes:
        if name == "crypto" and (found := _parse(value)) is not None:
            yield found


def _parse(value: str) -> Crypto | None:
    words = value.split()
    if len(words) < 3:
        return None
    tag, suite, parameters, *session = words
    if not tag.isascii() or not tag.isdigit() or len(tag) > 9:
        return None
    length = SUITES.get(suite.upper())
    if length is None or any(_MUST_UNDERSTAND.match(each) for each in session):
        return None
    method, _, keys = parameters.partition(":")
    text, *rest = keys.split("|")
    if method.lower() != "inline" or ";" in parameters or any(":" in each for each in rest):
        return None
    try:
        key = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return Crypto(int(tag), suite.upper(), key) if len(key) == length else None
