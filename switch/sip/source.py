"""Who counts as one sender, when it is counted how much each sends."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address


@lru_cache(maxsize=4096)
def source_of(host: str) -> str:
    """Return what counts as one source: an IPv4 address, or a /64 of IPv6.

    Whoever has one address of IPv6 has the whole /64 (RFC 6177).
    """
    if ":" not in host:
        return host
    address = IPv6Address(host)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"
