"""Values of headers: URIs, addresses, hops and credentials, each parsed when asked for.

The grammars are `sipmessage`'s; what nearly every value looks like goes by one expression
of ours. This is the only module that knows that library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeVar

from sipmessage import URI, AuthCredentials, Parameters, Via
from sipmessage import Address as FullAddress

from switch.errors import RemoteProtocolError
from switch.frozen import frozen

__all__ = [
    "URI",
    "Address",
    "Hop",
    "parse_address",
    "parse_credentials",
    "parse_uri",
    "parse_via",
]

_T = TypeVar("_T")


def _parser(parse: Callable[[str], _T], what: str, status: int = 400) -> Callable[[str], _T]:
    """Wrap a grammar of `sipmessage`: one kind of error, and repeated values for nothing."""

    @lru_cache(maxsize=4096)
    def parse_value(value: str) -> _T:
        try:
            return parse(value)
        except (ValueError, KeyError, IndexError) as error:
            raise RemoteProtocolError(f"{what} is malformed: {value[:80]!r}", status) from error

    return parse_value


_PLAIN_URI = re.compile(
    r"(sips?):(?:([A-Za-z0-9+._-]+)@)?"
    r"((?:\d{1,3}\.){3}\d{1,3}|(?:[A-Za-z0-9]+\.)*[A-Za-z][A-Za-z0-9]*)(?::(\d{1,5}))?"
)
"""What nearly every URI looks like; the others go by the full grammar."""

_NO_PARAMETERS = Parameters()


def _parse_uri(value: str) -> URI:
    plain = _PLAIN_URI.fullmatch(value)
    if plain is None:
        return URI.parse(value)
    scheme, user, host, port = plain.groups()
    return URI(scheme, host, user, None, int(port) if port else None, _NO_PARAMETERS)


parse_uri = _parser(_parse_uri, "a URI", 416)
"""Parse a URI. Raises RemoteProtocolError; the caller's error text says where it stood."""


@frozen()
class Address:
    """A From, To or Contact value."""

    uri_text: str
    parameters: Mapping[str, str | None]

    @property
    def uri(self) -> URI:
        """The URI. Raises RemoteProtocolError."""
        return parse_uri(self.uri_text)


_PLAIN_ADDRESS = re.compile(
    r"""(?:"(?:[^"\\]|\\.)*"|[A-Za-z0-9 .!%*_+`'~-]*)\s*"""
    r"""<((?:sips?|tel):[^<>"\s]+)>\s*((?:;[A-Za-z0-9-]+(?:=[A-Za-z0-9.!%*_+`'~-]+)?)*)"""
)
"""What nearly every address looks like; the others go by the full grammar."""


def _parse_full_address(value: str) -> Address:
    full = FullAddress.parse(value)
    return Address(str(full.uri), {name: full.parameters[name] for name in full.parameters})


_parse_other_address = _parser(_parse_full_address, "an address")


@lru_cache(maxsize=4096)
def parse_address(value: str) -> Address:
    """Parse a From, To or Contact value. Raises RemoteProtocolError."""
    plain = _PLAIN_ADDRESS.fullmatch(value)
    if plain is None:
        return _parse_other_address(value)
    return Address(plain[1], _parameters(plain[2]))


def parse_credentials(value: str) -> tuple[str, Mapping[str, str]]:
    """Return scheme and parameters of an Authorization value. Raises RemoteProtocolError."""
    try:
        credentials = AuthCredentials.parse(value)
    except (ValueError, KeyError, IndexError) as error:
        raise RemoteProtocolError("the credentials are malformed") from error
    return credentials.scheme, credentials.parameters or {}


@frozen()
class Hop:
    """One Via: who sent a message over this hop."""

    host: str
    port: int | None
    parameters: Mapping[str, str | None]


_PLAIN_VIA = re.compile(
    r"SIP/2\.0/[A-Za-z]+ ([A-Za-z0-9.-]+)(?::(\d{1,5}))?"
    r"((?:;[A-Za-z0-9-]+(?:=[A-Za-z0-9.!%*_+`'~-]+)?)*)"
)
"""What nearly every Via looks like; the others go by the full grammar."""


def _parameters(text: str) -> Mapping[str, str | None]:
    """Return `;name=value;flag` by lower-case name."""
    found: dict[str, str | None] = {}
    for part in text.split(";")[1:]:
        name, equals, value = part.partition("=")
        found[name.lower()] = value if equals else None
    return found


def parse_via(value: str) -> Hop:
    plain = _PLAIN_VIA.fullmatch(value)
    if plain is not None:
        host, port, rest = plain.groups()
        return Hop(host, int(port) if port else None, _parameters(rest))
    try:
        via = Via.parse(value)
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise RemoteProtocolError(f"Via is malformed: {value[:80]!r}") from error
    return Hop(via.host, via.port, {name.lower(): via.parameters[name] for name in via.parameters})
