"""PURE: the answers to digest challenges, as a client: RFC 7616 3.4, RFC 8760, RFC 3261 22.

A `DigestClient` remembers the nonces of one carrier and counts their uses, so that only the
first request is sent twice; a `Challenged` is one request and the challenges it met.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from switch.frozen import frozen
from switch.sip.digest import HASHES, ha1
from switch.sip.incoming import IncomingResponse
from switch.sip.requests import OutgoingRequest

CHALLENGES = {
    401: ("www-authenticate", "Authorization"),
    407: ("proxy-authenticate", "Proxy-Authorization"),
}
"""Status -> where the challenge stands, in lower case, and where the answer goes."""

_ANSWERS = frozenset(answer for _, answer in CHALLENGES.values())

_MOST_TRIES = 4
"""How often one request is sent again: for a proxy, a server and a stale nonce of each."""

_MOST_REALMS = 8
"""Realms remembered of one carrier."""

_PARAMETER = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_ESCAPE = re.compile(r"\\(.)")


@frozen()
class Credentials:
    """Who we are to a carrier."""

    username: str
    password: str


@dataclass(slots=True)
class _Nonce:
    """What a realm asks for, and how often it has been answered."""

    given: Mapping[str, str]
    algorithm: str
    with_quality: bool
    uses: int = 0

    def answer(self, credentials: Credentials, method: str, uri: str, cnonce: str) -> str:
        """Return the next value of (Proxy-)Authorization."""
        self.uses += 1
        hash_ = HASHES[self.algorithm]
        realm, nonce = self.given.get("realm", ""), self.given["nonce"]
        a1 = ha1(credentials.username, realm, credentials.password, self.algorithm)
        a2 = hash_(f"{method}:{uri}".encode())
        count = f"{self.uses:08x}"
        middle = f"{nonce}:{count}:{cnonce}:auth" if self.with_quality else nonce
        parts = [
            f'username="{_escaped(credentials.username)}"',
            f'realm="{_escaped(realm)}"',
            f'nonce="{_escaped(nonce)}"',
            f'uri="{uri}"',
            f'response="{hash_(f"{a1}:{middle}:{a2}".encode("utf-8", "surrogateescape"))}"',
            f"algorithm={self.algorithm}",
        ]
        if self.with_quality:
            parts += ["qop=auth", f"nc={count}", f'cnonce="{cnonce}"']
        if "opaque" in self.given:
            parts.append(f'opaque="{_escaped(self.given["opaque"])}"')
        return "Digest " + ", ".join(parts)


class DigestClient:
    """One carrier's challenges, and our answers."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self._nonces: dict[tuple[str, str], _Nonce] = {}
        """Header of the answer and realm -> what was asked last."""

    def headers(self, method: str, uri: str, cnonce: str) -> list[tuple[str, str]]:
        """Return credentials for a request not yet challenged; none before the first challenge.

        RFC 7616 3.6: a client "MAY choose to ... pre-emptively" use the nonce again.
        """
        return [
            (header, nonce.answer(self.credentials, method, uri, cnonce))
            for (header, _), nonce in self._nonces.items()
        ]

    def learn(self, response: IncomingResponse) -> tuple[str, bool] | None:
        """Take the challenge of a 401 or 407.

        Returns:
            Its realm, and whether our nonce was only stale; None when it cannot be answered.
            Of several the first that we can answer counts (RFC 8760 2.4).
        """
        where, header = CHALLENGES[response.code]
        for value in response.headers.get(where, ()):
            nonce = _nonce_of(value)
            if nonce is None:
                continue
            realm = nonce.given.get("realm", "")
            if len(self._nonces) >= _MOST_REALMS and (header, realm) not in self._nonces:
                self._nonces.pop(next(iter(self._nonces)))
            self._nonces[header, realm] = nonce
            return realm, nonce.given.get("stale", "").lower() == "true"
        return None


class Challenged:
    """One request of ours, and the challenges it met."""

    __slots__ = ("_client", "_realms", "_tries")

    def __init__(self, client: DigestClient) -> None:
        self._client = client
        self._realms: set[tuple[int, str]] = set()
        self._tries = 0

    def again(
        self, request: OutgoingRequest, response: IncomingResponse, cseq: int, cnonce: str
    ) -> OutgoingRequest | None:
        """Return the request with credentials (RFC 3261 22.2); None when that is in vain.

        A realm that challenges its own nonce's answer again, and does not call the nonce
        stale, does not like our password.
        """
        if response.code not in CHALLENGES or self._tries >= _MOST_TRIES:
            return None
        learnt = self._client.learn(response)
        if learnt is None:
            return None
        realm, stale = learnt
        if (response.code, realm) in self._realms and not stale:
            return None
        self._realms.add((response.code, realm))
        self._tries += 1
        headers = [
            (name, f"{cseq} {request.method}" if name == "CSeq" else value)
            for name, value in request.headers
            if name not in _ANSWERS
        ]
        headers += self._client.headers(request.method, request.uri, cnonce)
        return replace(request, headers=headers)


def credentials_of(request: OutgoingRequest) -> list[tuple[str, str]]:
    """Return the credentials of an INVITE, for the ACK of its 2xx (RFC 3261 13.2.2.4)."""
    return [header for header in request.headers if header[0] in _ANSWERS]


def _nonce_of(challenge: str) -> _Nonce | None:
    """Read a challenge; None when it is not one that we can answer."""
    scheme, _, text = challenge.strip().partition(" ")
    given = {
        name.lower(): token or _ESCAPE.sub(r"\1", quoted)
        for name, quoted, token in _PARAMETER.findall(text)
    }
    algorithm = given.get("algorithm", "MD5").upper()
    qualities = [each.strip().lower() for each in given.get("qop", "").split(",")]
    if scheme.lower() != "digest" or algorithm not in HASHES or "nonce" not in given:
        return None
    if qualities != [""] and "auth" not in qualities:
        return None
    return _Nonce(given, algorithm, "auth" in qualities)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
