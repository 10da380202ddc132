"""From where a party's RTP may come, when that is not where it said (RFC 7362)."""

from __future__ import annotations

import ctypes
import socket
from ipaddress import ip_address, ip_network

_PRIVATE = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
"""RFC 1918, RFC 6598 and RFC 4193: what stands behind a NAT."""

_libc = ctypes.CDLL(None)


def may_latch(source: str, negotiated: str) -> bool:
    """Whether the first packet of a party may come from this host.

    The negotiated host may send from another port. Another host only counts when the
    party told an address of a private network, which nobody outside can have: it is
    behind a NAT. RFC 7362 says why latching must not be open to all.
    """
    return source == negotiated or (_is_private(negotiated) and not _is_private(source))


def disconnect(sock: socket.socket) -> None:
    """Let every source through again: connect to no address family (connect(2))."""
    _libc.connect(sock.fileno(), bytes(16), 16)


def _is_private(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in _PRIVATE)
