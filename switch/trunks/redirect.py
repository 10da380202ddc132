"""PURE: which contacts of a 3xx may be followed: RFC 3261 8.1.3.4, within what may be dialled.

A redirection names a number and a place. The number must be one that may be dialled through
this trunk, and the place one of the trunk's own: nobody sends us, or our caller, elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from ipaddress import IPv4Network, IPv6Network, ip_address

from switch.errors import RemoteProtocolError
from switch.frozen import frozen
from switch.sip.header_values import Address, parse_uri
from switch.sip.incoming import IncomingResponse
from switch.sip.target_order import Target


@frozen()
class Redirection:
    """A contact that may be followed."""

    uri: str
    """The new Request-URI."""
    number: str
    """E.164."""
    target: Target | None
    """Where it stands; None: at the server that sent us on, or another of the same name."""


@frozen()
class Redirected:
    """What a 3xx offers."""

    to: tuple[Redirection, ...]
    """In order of preference."""
    refused: tuple[str, ...]
    """Why others are not followed, for the log."""


def read_redirection(
    response: IncomingResponse,
    networks: Collection[IPv4Network | IPv6Network],
    hosts: Collection[str],
    forbidden: Callable[[str], str],
    transport: str,
) -> Redirected:
    """Return the contacts to follow.

    Args:
        networks: of the trunk.
        hosts: of its servers, as configured, in lower case.
        forbidden: says why a number may not be dialled; empty: it may.
        transport: of the server that sent us on.
    """
    try:
        contacts = sorted(response.contacts, key=_preference, reverse=True)
    except RemoteProtocolError as error:
        return Redirected((), (str(error),))
    found: list[Redirection] = []
    refused: list[str] = []
    for contact in contacts:
        try:
            uri = parse_uri(contact.uri_text)
        except RemoteProtocolError as error:
            refused.append(str(error))
            continue
        number = (uri.user or "").partition(";")[0]
        host = uri.host.strip("[]").lower()
        why = forbidden(number)
        if uri.scheme not in ("sip", "sips"):
            why = f"`{uri.scheme}:` tells a number and no place"
        elif not why and not (host in hosts or _within(host, networks)):
            why = f"{host[:80]} is none of the trunk's servers or networks"
        if why:
            refused.append(why)
            continue
        asked = str(uri.parameters.get("transport") or transport).lower()
        port = uri.port or (5061 if asked == "tls" else 5060)
        target = Target(asked, host, port, host) if _is_address(host) else None
        found.append(Redirection(contact.uri_text, number, target))
    return Redirected(tuple(found), tuple(refused))


def _preference(contact: Address) -> float:
    """RFC 3261 20.10: `q`, one when untold."""
    try:
        return float(contact.parameters.get("q") or 1)
    except ValueError:
        return 0.0


def _within(host: str, networks: Collection[IPv4Network | IPv6Network]) -> bool:
    if not _is_address(host):
        return False
    address = ip_address(host)
    return any(address.version == each.version and address in each for each in networks)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
