"""Who is at the door: a trunk, a headset, or a stranger.

Trunks are told by their source address or their certificate, headsets by their account
(and then have to prove it), everyone else is a stranger.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address

from switch.errors import RemoteProtocolError
from switch.sip.incoming import IncomingRequest
from switch.sip.peer import Peer
from switch.sip.registrar import Registrar

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Trunk:
    """A carrier: may send calls to toll-free numbers."""

    name: str


@dataclass(frozen=True, slots=True)
class Headset:
    """An agent's device: may register, be called, and dial what its profile allows."""

    username: str


@dataclass(frozen=True, slots=True)
class Stranger:
    """Nobody we know: gets no dialog and no media."""


STRANGER = Stranger()

Caller = Trunk | Headset | Stranger


class Access:
    """Tells who sends a request."""

    def __init__(
        self,
        trunks: Iterable[tuple[str, Iterable[Network]]],
        accounts: Container[str],
        certified: Mapping[str, str] | None = None,
    ) -> None:
        """Make the list of doors.

        Args:
            trunks: name and networks of each; the narrowest network counts.
            accounts: user names of headsets.
            certified: domain in a certificate -> trunk.
        """
        self._networks: list[tuple[Network, str]] = []
        self._accounts = accounts
        self.trunk_at = lru_cache(maxsize=4096)(self._find_trunk)
        """Returns the name of the trunk that this address belongs to, or None."""
        self._certified: Mapping[str, str] = {}
        self.use_trunks(trunks, certified or {})

    def use_trunks(
        self, trunks: Iterable[tuple[str, Iterable[Network]]], certified: Mapping[str, str]
    ) -> None:
        """Know these trunks from now on; as at the beginning."""
        named = [(network, name) for name, networks in trunks for network in networks]
        self._networks = sorted(named, key=lambda entry: entry[0].prefixlen, reverse=True)
        self.trunk_at.cache_clear()
        self._certified = certified

    def trunk_of(self, peer: Peer) -> str | None:
        """Return the trunk that a peer is of: by its certificate, else by its address."""
        for domain in peer.proved:
            if domain in self._certified:
                return self._certified[domain]
        return self.trunk_at(peer.remote[0])

    def classify(self, request: IncomingRequest, registrar: Registrar) -> Caller:
        """Return who sends this, as far as it can be told before authentication.

        A headset is told by the user in From, or by calling from where it registered.
        Carriers put numbers into From, so a caller's number is not an account's name
        unless accounts are named like numbers.
        """
        try:
            username = request.from_address.uri.user or ""
        except RemoteProtocolError:
            username = ""
        if username in self._accounts:
            return Headset(username)
        registered = registrar.username_at(request.peer)
        if registered is not None:
            return Headset(registered)
        trunk = self.trunk_of(request.peer)
        return STRANGER if trunk is None else Trunk(trunk)

    def _find_trunk(self, host: str) -> str | None:
        try:
            address = ip_address(host)
        except ValueError:
            return None
        mapped = getattr(address, "ipv4_mapped", None)
        address = mapped or address
        for network, name in self._networks:
            if address.version == network.version and address in network:
                return name
        return None
