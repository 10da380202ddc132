"""What we tell others of where we are: in Via and Contact, by listener."""

from __future__ import annotations

from switch.sip.peer import Peer, socket_name


class OwnAddresses:
    """Via and Contact for each peer, worked out once for each of our listeners."""

    def __init__(self, advertised_address: str | None = None) -> None:
        """Know what holds for every listener that `advertise` tells nothing else of.

        Args:
            advertised_address: told in place of a listener's own; None: that one is told.
        """
        self._advertised_address = advertised_address
        self._advertised: dict[tuple[str, tuple[str, int]], tuple[str, int]] = {}
        self._sent_by: dict[tuple[str, tuple[str, int]], str] = {}

    def advertise(self, transport: str, local: tuple[str, int], told: tuple[str, int]) -> None:
        """Tell who is reached by this listener to come back to another address and port."""
        self._advertised[transport, local] = told
        self._sent_by.pop((transport, local), None)

    def sent_by(self, peer: Peer) -> str:
        """Return `host:port` at which this peer reaches us (RFC 3261 18.1.1)."""
        place = peer.transport, peer.local
        found = self._sent_by.get(place)
        if found is None:
            found = self._sent_by[place] = socket_name(*self.told(*place))
        return found

    def told(self, transport: str, local: tuple[str, int]) -> tuple[str, int]:
        """Return the address and port that others are told of a listener."""
        found = self._advertised.get((transport, local))
        if found is not None:
            return found
        of_all = self._advertised_address
        if of_all is not None and (":" in of_all) == (":" in local[0]):
            return of_all, local[1]
        return local

    def contact(self, peer: Peer, *, secure: bool = False) -> str:
        """Return our Contact value.

        Args:
            secure: SIPS is asked for (RFC 3261 8.1.1.8); only where the transport has TLS.
        """
        transport = peer.transport
        if transport == "udp":
            return f"<sip:{self.sent_by(peer)}>"
        if secure and peer.secure:
            # RFC 5630 5.1.1.3 would leave out `transport=tls`: with SIPS it is said already.
            rest = ";transport=ws" if transport == "wss" else ""
            return f"<sips:{self.sent_by(peer)}{rest}>"
        # RFC 7118 7: `ws` stands for both.
        return f"<sip:{self.sent_by(peer)};transport={'ws' if transport == 'wss' else transport}>"


def uri_parameter(transport: str) -> str:
    """Return the parameter of a URI that names a transport; UDP needs none."""
    return "" if transport == "udp" else f";transport={transport}"
