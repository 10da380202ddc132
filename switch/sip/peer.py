"""How to reach one party over one transport (RFC 5626 calls this a flow)."""

from __future__ import annotations

from switch.frozen import frozen

DEFAULT_PORT = 5060
"""RFC 3261 19.1.2: the port of `sip:` over UDP and TCP."""


@frozen()
class Peer:
    """Where messages come from and go to."""

    transport: str
    """`udp` or `tcp`."""
    remote: tuple[str, int]
    """The party's address and port, as the socket sees them."""
    local: tuple[str, int]
    """Address and port of our listener."""
    connection: int = 0
    """Number of the stream connection; 0 for UDP and for a connection yet to be opened."""

    @property
    def reliable(self) -> bool:
        """Whether the transport retransmits by itself, so that SIP must not."""
        return self.transport != "udp"

    def __str__(self) -> str:
        return f"{self.transport}:{self.remote[0]}:{self.remote[1]}"
