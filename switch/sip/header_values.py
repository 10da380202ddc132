"""Values of headers: addresses, hops and credentials, each parsed when asked for.

What nearly every value looks like goes by one expression; the others go by a grammar that
takes what RFC 3261 25.1 takes, with white space wherever it may stand. Every expression
here is possessive: no value, however it was made, takes longer than its length warrants.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache

from switch.errors import RemoteProtocolError
from switch.frozen import frozen
from switch.sip.uri import URI, parse_uri

__all__ = [
    "URI",
    "Address",
    "Hop",
    "parse_address",
    "parse_credentials",
    "parse_uri",
    "parse_via",
]

MAX_VALUE_CHARACTERS = 2048
"""Longer addresses and hops are refused: what is read is remembered for a while."""

_REMEMBERED = 2048

_TOKEN = r"[A-Za-z0-9.!%*_+`'~-]"
_QUOTED = r'"(?:[^"\\]|\\.)*+"'

_PARAMETER = re.compile(rf'\s*+;\s*+({_TOKEN}++)(?:\s*+=\s*+({_QUOTED}|[^\s;,"<>=]++))?+\s*+', re.S)

_ESCAPED = re.compile(r"\\(.)", re.S)


@frozen()
class Address:
    """A From, To or Contact value."""

    uri_text: str
    parameters: Mapping[str, str | None]

    @property
    def uri(self) -> URI:
        """The URI. Raises RemoteProtocolError, with 400: it is no Request-URI."""
        try:
            return parse_uri(self.uri_text)
        except RemoteProtocolError as error:
            raise RemoteProtocolError(str(error)) from None


_PLAIN_ADDRESS = re.compile(
    r"""(?:"(?:[^"\\]|\\.)*+"[ ]?+|[A-Za-z0-9 .!%*_+`'~-]*+)"""
    r"""<((?:sips?|tel):[^<>"\s]++)>((?:;[A-Za-z0-9-]++(?:=[A-Za-z0-9.!%*_+`'~-]++)?+)*+)"""
)
"""What nearly every address looks like; the others go by the full grammar."""

_NAME_ADDRESS = re.compile(
    rf"""(?:{_QUOTED}|[^"<>,;:@()\[\]{{}}\\/=?\x00-\x08]*+)\s*+<([^<>"\s]++)>\s*+""", re.S
)
"""Display names are taken beyond ASCII too: phones put them there without quotes."""

_BARE_ADDRESS = re.compile(r"""([A-Za-z][A-Za-z0-9+.-]*+:[^\s<>",;?]++)\s*+""")
"""RFC 3261 20: a URI with a comma, question mark or semicolon must stand in brackets."""


@lru_cache(maxsize=_REMEMBERED)
def parse_address(value: str) -> Address:
    """Parse a From, To or Contact value. Raises RemoteProtocolError."""
    if len(value) > MAX_VALUE_CHARACTERS:
        raise RemoteProtocolError(f"an address of over {MAX_VALUE_CHARACTERS} characters")
    plain = _PLAIN_ADDRESS.fullmatch(value)
    if plain is not None:
        return Address(plain[1], _parameters(plain[2]))
    found = _NAME_ADDRESS.match(value) or _BARE_ADDRESS.match(value)
    if found is not None:
        parameters, end = _any_parameters(value, found.end())
        if end == len(value):
            return Address(found[1], parameters)
    raise RemoteProtocolError(f"an address is malformed: {value[:80]!r}")


_CREDENTIALS = re.compile(rf"\s*+({_TOKEN}++)\s++")
_CREDENTIAL = re.compile(rf'\s*+({_TOKEN}++)\s*+=\s*+({_QUOTED}|[^\s,"]*+)\s*+(,|\Z)', re.S)


def parse_credentials(value: str) -> tuple[str, Mapping[str, str]]:
    """Return scheme and parameters of an Authorization value. Raises RemoteProtocolError."""
    scheme = _CREDENTIALS.match(value)
    if scheme is None:
        raise RemoteProtocolError("the credentials are malformed")
    found: dict[str, str] = {}
    at = scheme.end()
    while at < len(value):
        part = _CREDENTIAL.match(value, at)
        if part is None or part[1].lower() in found:
            raise RemoteProtocolError("the credentials are malformed")
        found[part[1].lower()] = _unquoted(part[2])
        at = part.end()
    return scheme[1], found


@frozen()
class Hop:
    """One Via: who sent a message over this hop."""

    host: str
    port: int | None
    parameters: Mapping[str, str | None] = field(default_factory=dict)
    fault: str = ""
    """What is wrong with its parameters; host and port can be used all the same."""


_PLAIN_VIA = re.compile(
    r"SIP/2\.0/[A-Za-z]++ ([A-Za-z0-9.-]++)(?::(\d{1,5}))?+"
    r"((?:;[A-Za-z0-9-]++(?:=[A-Za-z0-9.!%*_+`'~-]++)?+)*+)"
)
"""What nearly every Via looks like; the others go by the full grammar."""

_VIA = re.compile(
    rf"\s*+SIP\s*+/\s*+2\.0\s*+/\s*+{_TOKEN}++\s++"
    r"(\[[0-9A-Fa-f:.]{2,45}+\]|[A-Za-z0-9._-]++)(?:\s*+:\s*+(\d{1,5}))?+\s*+",
    re.I,
)


def parse_via(value: str) -> Hop:
    """Parse one Via value. Raises RemoteProtocolError when no answer could be sent there."""
    if len(value) > MAX_VALUE_CHARACTERS:
        raise RemoteProtocolError(f"a Via of over {MAX_VALUE_CHARACTERS} characters")
    plain = _PLAIN_VIA.fullmatch(value)
    if plain is not None:
        host, digits, rest = plain.groups()
        port = None if digits is None else _port(digits)
        return Hop(host, port, _parameters(rest))
    found = _VIA.match(value)
    if found is None:
        raise RemoteProtocolError(f"Via is malformed: {value[:80]!r}")
    parameters, end = _any_parameters(value, found.end())
    fault = "" if end == len(value) else f"Via is malformed: {value[:80]!r}"
    port = None if found[2] is None else _port(found[2])
    return Hop(found[1], port, parameters, fault)


def _port(digits: str) -> int:
    port = int(digits)
    if not 0 < port <= 65_535:
        raise RemoteProtocolError(f"Via has no port {port}")
    return port


def _parameters(text: str) -> Mapping[str, str | None]:
    """Return `;name=value;flag` by lower-case name."""
    found: dict[str, str | None] = {}
    for part in text.split(";")[1:]:
        name, equals, value = part.partition("=")
        found[name.lower()] = value if equals else None
    return found


def _any_parameters(text: str, at: int) -> tuple[Mapping[str, str | None], int]:
    """Return the parameters that stand from `at` on, and where they end."""
    found: dict[str, str | None] = {}
    while (part := _PARAMETER.match(text, at)) is not None:
        found[part[1].lower()] = None if part[2] is None else _unquoted(part[2])
        at = part.end()
    return found, at


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    return _ESCAPED.sub(r"\1", text[1:-1]) if "\\" in text else text[1:-1]
