"""PURE: which web services may be asked, and at which addresses.

A flow's URL may hold what a caller said, and a name may come to mean another machine: so the
host must be listed, and the address that its name leads to must be public, or in a network
that is listed too. Addresses that are listed themselves are asked as they are.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int]
"""Scheme, host in lower case, port."""


class AllowList:
    """Origins that may be asked."""

    def __init__(self, origins: Iterable[str], private_networks: Iterable[str] = ()) -> None:
        """Make a list.

        Args:
            origins: `https://HOST[:PORT]` or `http://HOST[:PORT]`, nothing after.
            private_networks: that names may lead to although they are not public.
        """
        self._names: dict[Origin, str] = {}
        for text in origins:
            origin = origin_of(text)
            if origin is not None:
                self._names[origin] = urlsplit(text).netloc.lower()
        self._networks = tuple(ipaddress.ip_network(each) for each in private_networks)

    @property
    def hosts(self) -> frozenset[str]:
        """Every host as it stands in URLs, with its port if that is not the usual one."""
        return frozenset(self._names.values())

    def name_of(self, url: str) -> str:
        """Return the listed host that a URL asks; empty when it may not be asked."""
        origin = origin_of(url)
        return "" if origin is None else self._names.get(origin, "")

    def may_lead_to(self, address: str) -> bool:
        """Whether the name of a listed host may stand for this address."""
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None)
        if mapped is not None:
            found = mapped
        if found.is_global and not found.is_multicast:
            return True
        return any(found in network for network in self._networks)


def origin_of(url: str) -> Origin | None:
    """Return scheme, host and port of a URL; None when it is none, or holds a user name."""
    try:
        parts: SplitResult = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname.lower().rstrip("."), port or _PORTS[parts.scheme]
