"""Where we listen, and by which listener an address is reached."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from switch.sip.peer import Peer, socket_name


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen, or where we do."""

    transport: str
    """`udp`, `tcp`, `tls`, `ws` or `wss`."""
    address: str
    port: int
    """0 lets the system choose."""
    advertised_address: str | None = None
    """Told to others in place of the address; None: what holds for all."""
    advertised_port: int | None = None
    """The same for the port."""
    accepts: bool = True
    """False: nobody is let in; connections are only opened from here, and from this port."""

    def __str__(self) -> str:
        return f"{self.transport} {socket_name(self.address, self.port)}"


def way_to(
    bound: Iterable[Listen], transport: str, host: str, port: int, name: str = ""
) -> Peer | None:
    """Return how to reach an IP address; None without a listener for that.

    A connection over TCP or TLS is opened when something is sent to the peer, unless there is one
    to that address already.

    Args:
        bound: our listeners, with real ports; the first that fits counts.
        name: whom the certificate must name, over TLS; empty: the address.
    """
    version6 = ":" in host
    for each in bound:
        if each.transport == transport and (":" in each.address) == version6:
            return Peer(transport, (host, port), (each.address, each.port), name=name)
    return None
