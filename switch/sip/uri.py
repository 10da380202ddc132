"""SIP, SIPS and tel URIs: RFC 3261 19.1 and RFC 3966.

As in `header_values.py`, every expression is possessive, so that reading takes no longer
than the length of a URI warrants.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import unquote

from switch.errors import RemoteProtocolError
from switch.frozen import frozen

MAX_URI_CHARACTERS = 2048
"""Longer URIs are refused."""


@frozen()
class URI:
    """A URI that was read. User, password and parameters are without `%` escapes."""

    scheme: str
    """`sip`, `sips` or `tel`."""
    host: str
    """Name or address, IPv6 in its brackets; empty for `tel`."""
    user: str | None = None
    """The number, for `tel`."""
    password: str | None = None
    port: int | None = None
    parameters: Mapping[str, str | None] = field(default_factory=dict)
    """By lower-case name."""
    headers: str = ""
    """What stands behind the question mark, as it came."""
    text: str = field(default="", compare=False)
    """The URI as it came."""

    def __str__(self) -> str:
        return self.text


_PLAIN = re.compile(
    r"(sips?):(?:([A-Za-z0-9+._-]++)@)?"
    r"((?:\d{1,3}\.){3}\d{1,3}|(?:[A-Za-z0-9]++\.)*[A-Za-z][A-Za-z0-9]*+)(?::(\d{1,5}))?"
)
"""What nearly every URI looks like; the others go by the full grammar."""

_NO_PARAMETERS: Mapping[str, str | None] = {}

_USER = r"(?:[A-Za-z0-9_.!~*'()&=+$,;?/#-]|%[0-9A-Fa-f]{2})++"
_PASSWORD = r"(?:[A-Za-z0-9_.!~*'()&=+$,-]|%[0-9A-Fa-f]{2})*+"
_PARAMETER = r";(?:[A-Za-z0-9_.!~*'()\[\]/:&+$=@-]|%[0-9A-Fa-f]{2})++"

_SIP = re.compile(
    rf"(sips?):(?:({_USER})(?::({_PASSWORD}))?+@)?+"
    r"((?:[A-Za-z0-9_]++(?:(?:-++|\.)[A-Za-z0-9_]++)*+\.?+)|\[[0-9A-Fa-f:.]{2,45}+\])"
    rf"(?::(\d{{1,5}}))?+((?:{_PARAMETER})*+)(?:\?(\S++))?+",
    re.I,
)
_TEL = re.compile(rf"tel:(\+?[0-9A-F*#().-]++)((?:{_PARAMETER})*+)", re.I)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+:")
_IPV4 = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")


@lru_cache(maxsize=2048)
def parse_uri(value: str) -> URI:
    """Parse a URI. Raises RemoteProtocolError: 400, 414 or, for a scheme not ours, 416."""
    plain = _PLAIN.fullmatch(value) if len(value) <= MAX_URI_CHARACTERS else None
    if plain is not None:
        scheme, user, host, digits = plain.groups()
        port = None if digits is None else _port(digits, value)
        return URI(scheme, host, user, None, port, _NO_PARAMETERS, "", value)
    return _parse_any(value)


def _parse_any(value: str) -> URI:
    if len(value) > MAX_URI_CHARACTERS:
        raise RemoteProtocolError(f"a URI of over {MAX_URI_CHARACTERS} characters", 414)
    found = _SIP.fullmatch(value)
    if found is None:
        number = _TEL.fullmatch(value)
        if number is None:
            raise _malformed(value)
        return URI("tel", "", number[1], parameters=_parameters(number[2]), text=value)
    scheme, user, password, host, digits, parameters, headers = found.groups()
    if not _is_host(host):
        raise _malformed(value)
    return URI(
        scheme.lower(),
        host,
        None if user is None else unquote(user),
        None if password is None else unquote(password),
        None if digits is None else _port(digits, value),
        _parameters(parameters),
        headers or "",
        value,
    )


def _is_host(host: str) -> bool:
    """Whether a name's last label is no number, and an address is one."""
    if host.startswith("["):
        try:
            IPv6Address(host[1:-1])
        except AddressValueError:
            return False
        return True
    return not host.rstrip(".").rpartition(".")[2].isdigit() or bool(_IPV4.fullmatch(host))


def _port(digits: str, value: str) -> int:
    port = int(digits)
    if not 0 < port <= 65_535:
        raise _malformed(value)
    return port


def _parameters(text: str) -> Mapping[str, str | None]:
    found: dict[str, str | None] = {}
    for part in text.split(";")[1:]:
        name, equals, value = part.partition("=")
        found[unquote(name).lower()] = unquote(value) if equals else None
    return found


def _malformed(value: str) -> RemoteProtocolError:
    scheme = _SCHEME.match(value[:64])
    if scheme is not None and scheme[0].lower() not in ("sip:", "sips:", "tel:"):
        return RemoteProtocolError(f"we know no URI like {value[:40]!r}", 416)
    return RemoteProtocolError(f"a URI is malformed: {value[:80]!r}")
