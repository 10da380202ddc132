"""Requests that are too large for UDP go over TCP: RFC 3261 18.1.1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from switch.sip.peer import Peer
from switch.sip.requests import OutgoingRequest

MOST_UDP_BYTES = 1300
"""Larger ones would be cut in pieces on the way, and many networks lose those."""

_AVOID_SECONDS = 600.0
"""How long a peer that takes no TCP is sent large requests over UDP all the same."""

_MOST_AVOIDED = 1024


class LargeRequests:
    """Knows the way over TCP, and who takes none."""

    def __init__(self) -> None:
        self.way: Callable[[Peer], Peer | None] = lambda peer: None
        """UDP peer -> the same over TCP; None without a TCP listener."""
        self._avoided: dict[tuple[str, int], float] = {}

    def over_tcp(self, request: OutgoingRequest, now: float) -> OutgoingRequest | None:
        """Return the same request over TCP; None when it stays as it is.

        Whoever sends it tries the first one again when there is no way to the peer.
        """
        peer = request.peer
        if peer.transport != "udp" or not request.large_over_tcp:
            return None
        if self._avoided.get(peer.remote, 0.0) > now:
            return None
        way = self.way(peer)
        return None if way is None else replace(request, peer=way)

    def failed(self, request: OutgoingRequest, now: float) -> None:
        """Note that a peer could not be reached over TCP."""
        peer = request.peer
        if peer.transport == "tcp" and request.large_over_tcp:
            if len(self._avoided) >= _MOST_AVOIDED:
                self._avoided.clear()
            self._avoided[peer.remote] = now + _AVOID_SECONDS
