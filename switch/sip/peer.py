"""How to reach one party over one transport (RFC 5626 calls this a flow)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from switch.frozen import frozen

DEFAULT_PORT = 5060
"""RFC 3261 19.1.2: the port of `sip:` over UDP and TCP."""

DEFAULT_PORTS = {"udp": DEFAULT_PORT, "tcp": DEFAULT_PORT, "tls": 5061, "ws": 80, "wss": 443}
"""The same for every transport that we speak (RFC 7118 5 for WebSocket)."""


PeerMemory = tuple[str, tuple[str, int], tuple[str, int]]
"""What survives a restart of a peer: transport, remote and local address."""


@frozen()
class Peer:
    """Where messages come from and go to."""

    transport: str
    """`udp`, `tcp`, `tls`, `ws` or `wss`."""
    remote: tuple[str, int]
    """The party's address and port, as the socket sees them."""
    local: tuple[str, int]
    """Address and port of our listener."""
    connection: int = 0
    """Number of the stream connection; 0 for UDP and for a connection yet to be opened."""
    name: str = ""
    """Whom the certificate must name when a connection over TLS is opened; empty: the address."""
    proved: tuple[str, ...] = field(default=(), compare=False)
    """Whom its certificate names, if it has shown one that we trust; in lower case."""

    @property
    def secure(self) -> bool:
        """Whether nobody on the way can read along."""
        return self.transport in ("tls", "wss")

    @property
    def reliable(self) -> bool:
        """Whether the transport retransmits by itself, so that SIP must not."""
        return self.transport != "udp"

    @property
    def memory(self) -> PeerMemory:
        """What `Peer(*memory)` is made of after a restart: its connection is gone."""
        return self.transport, self.remote, self.local

    def __str__(self) -> str:
        return f"{self.transport}:{socket_name(*self.remote)}"


@frozen()
class Way:
    """One of several ways to the same party."""

    target: str
    """The Request-URI."""
    peer: Peer
    path: Sequence[str] = ()
    """Proxies to pass, as in Path; the first of them at `peer` (RFC 3327)."""


def socket_name(host: str, port: int) -> str:
    """Return `host:port`, with brackets around an IPv6 address (RFC 3261 25.1)."""
    return f"{uri_host(host)}:{port}"


def uri_host(host: str) -> str:
    """Return an address as it stands in a URI."""
    return f"[{host}]" if ":" in host else host
