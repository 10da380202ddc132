"""PURE: the answer to a digest challenge: RFC 7616 3.4, RFC 8760, as a client."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from switch.frozen import frozen
from switch.sip.digest import HASHES, ha1

_PARAMETER = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_ESCAPE = re.compile(r"\\(.)")


@frozen()
class Credentials:
    """Who we are to a carrier."""

    username: str
    password: str


def answer(
    challenges: Iterable[str],
    credentials: Credentials,
    method: str,
    uri: str,
    cnonce: str,
) -> str | None:
    """Return the value of (Proxy-)Authorization; None when no challenge can be answered.

    Args:
        challenges: values of WWW-Authenticate or Proxy-Authenticate, the first that we can
            answer counts (RFC 8760 2.4).
    """
    for value in challenges:
        scheme, _, text = value.strip().partition(" ")
        given = {
            name.lower(): token or _ESCAPE.sub(r"\1", quoted)
            for name, quoted, token in _PARAMETER.findall(text)
        }
        algorithm = given.get("algorithm", "MD5").upper()
        qualities = [each.strip() for each in given.get("qop", "").split(",")]
        if scheme.lower() != "digest" or algorithm not in HASHES or "nonce" not in given:
            continue
        if qualities != [""] and "auth" not in qualities:
            continue
        return _response(given, algorithm, "auth" in qualities, credentials, method, uri, cnonce)
    return None


def _response(
    given: Mapping[str, str],
    algorithm: str,
    with_quality: bool,
    credentials: Credentials,
    method: str,
    uri: str,
    cnonce: str,
) -> str:
    hash_ = HASHES[algorithm]
    realm, nonce = given.get("realm", ""), given["nonce"]
    a1 = ha1(credentials.username, realm, credentials.password, algorithm)
    a2 = hash_(f"{method}:{uri}".encode())
    middle = f"{nonce}:00000001:{cnonce}:auth" if with_quality else nonce
    parts = [
        f'username="{credentials.username}"',
        f'realm="{realm}"',
        f'nonce="{nonce}"',
        f'uri="{uri}"',
        f'response="{hash_(f"{a1}:{middle}:{a2}".encode())}"',
        f"algorithm={algorithm}",
    ]
    if with_quality:
        parts += ["qop=auth", "nc=00000001", f'cnonce="{cnonce}"']
    if "opaque" in given:
        parts.append(f'opaque="{given["opaque"]}"')
    return "Digest " + ", ".join(parts)
