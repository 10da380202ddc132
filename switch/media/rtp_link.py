"""The sockets towards one party: whom they hear, where they send, and how it is encrypted."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from switch.media.latching import disconnect, may_latch
from switch.media.messages import Connect, Srtp

if TYPE_CHECKING:
    from switch.media.srtp import SrtpContext

_BUFFER = bytearray(2048)
_VIEW = memoryview(_BUFFER)

Address = tuple[Any, ...]
"""Host and port; IPv6 sources have two more."""

Take = Callable[[bytes | memoryview, float], None]
"""What gets a packet, decrypted, and the time."""


_OPEN_SECONDS = 30.0
"""A party behind a NAT that has not been heard for so long is not looked for any more: until
then somebody who guesses the port could take its place (RFC 7362 4.1)."""


class RtpLink:
    """An RTP and an RTCP socket. Only the negotiated host, and then one source, is heard."""

    __slots__ = (
        "_latched",
        "_negotiated",
        "_open_until",
        "_remote",
        "is_connected",
        "mux",
        "refused",
        "rtcp",
        "rtp",
        "srtp",
    )

    is_dtls = False
    """Keys come from a handshake on this very socket (`dtls_link.py`)."""

    def __init__(self, rtp: socket.socket, rtcp: socket.socket) -> None:
        self.rtp = rtp
        self.rtcp = rtcp
        self.mux = False
        """RTCP comes and goes on the socket of RTP (RFC 5761)."""
        self.srtp: SrtpContext | None = None
        self.is_connected = False
        """The kernel lets the latched source through, and nobody else."""
        self.refused = 0
        """Packets of others, or that were not what they should be."""
        self._remote: Address = ("", 0)
        """Where to send: as negotiated, or as latched."""
        self._negotiated: Address = ("", 0)
        self._latched: Address | None = None
        """The only source accepted, once the first packet came."""
        self._open_until = 0.0
        """Until when that may be another host than the party named."""

    def aim(self, command: Connect, now: float) -> bool:
        """Send and listen to where the party says it is; return whether it has moved."""
        self.mux = command.rtcp_port == command.port
        self._encrypt(command.srtp)
        negotiated = command.address, command.port
        if negotiated == self._negotiated:
            return False
        self._negotiated = self._remote = negotiated
        self._open_until = now + _OPEN_SECONDS
        if self._latched is not None:
            self._latched = None
            self.is_connected = False
            disconnect(self.rtp)
        return True

    def _encrypt(self, keys: Srtp | None) -> None:
        if keys is None:
            self.srtp = None
        elif self.srtp is not None:
            self.srtp.change_keys(keys)
        else:
            # Loaded here: most sites have no such party.
            from switch.media.srtp import SrtpContext

            self.srtp = SrtpContext(keys)

    def receive(self, take: Take, take_rtcp: Take, now: float) -> None:
        """Take one packet from the RTP socket; more when its source is new."""
        latched = self._latched
        if not self._receive_one(take, take_rtcp, now):
            return
        if self._latched is not latched:
            # The kernel lets only this source through from now on; what others have sent
            # before is in the queue, and is refused here.
            with suppress(OSError):
                self.rtp.connect(self._remote)
                self.is_connected = True
            while self._receive_one(take, take_rtcp, now):
                pass

    def _receive_one(self, take: Take, take_rtcp: Take, now: float) -> bool:
        """Take one packet; False when there was none."""
        try:
            size, source = self.rtp.recvfrom_into(_BUFFER)
        except OSError:  # nothing there, or an ICMP error of something we sent
            return False
        if self.srtp is not None:
            self._decrypt(self.srtp, size, source, take, take_rtcp, now)
        elif source != self._latched and not self._latch(source, now):
            self.refused += 1
        else:
            take(_VIEW[:size], now)
        return True

    def _decrypt(
        self,
        srtp: SrtpContext,
        size: int,
        source: Address,
        take: Take,
        take_rtcp: Take,
        now: float,
    ) -> None:
        """Take an encrypted packet. A source that knows no key is not latched onto."""
        if source != self._latched and not self._may_latch(source, now):
            self.refused += 1
            return
        data = bytes(_VIEW[:size])
        if self.mux and is_rtcp(data):
            if plain := srtp.unprotect_rtcp(data):
                take_rtcp(plain, now)
                return
        elif plain := srtp.unprotect(data):
            self._latch(source, now)
            take(plain, now)
            return
        self.refused += 1

    def receive_rtcp(self) -> tuple[bytes, Address]:
        """Return what came on the RTCP socket, decrypted, and from where; empty for nothing."""
        try:
            size, source = self.rtcp.recvfrom_into(_BUFFER)
        except OSError:
            return b"", ("", 0)
        data = bytes(_VIEW[:size])
        if source[0] != self._remote[0]:
            data = b""
        elif self.srtp is not None:
            data = self.srtp.unprotect_rtcp(data)
        if not data:
            self.refused += 1
        return data, source

    def send(self, packet: bytes) -> None:
        """Send an RTP packet."""
        if self.srtp is not None:
            packet = self.srtp.protect(packet)
        try:
            if self.is_connected:
                self.rtp.send(packet)
            else:
                self.rtp.sendto(packet, self._remote)
        except OSError:
            pass  # a full socket or an unreachable party: it is lost, as the network would lose it

    def send_rtcp(self, data: bytes, remote: Address) -> None:
        """Send an RTCP packet."""
        if self.srtp is not None:
            data = self.srtp.protect_rtcp(data)
        with suppress(OSError):
            if not self.mux:
                self.rtcp.sendto(data, remote)
            elif self.is_connected:
                self.rtp.send(data)
            else:
                self.rtp.sendto(data, self._remote)

    def _may_latch(self, source: Address, now: float) -> bool:
        """Whether the first packet may come from here."""
        if self._latched is not None or not may_latch(source[0], self._negotiated[0]):
            return False
        return source[0] == self._negotiated[0] or now < self._open_until

    def _latch(self, source: Address, now: float) -> bool:
        """Whether a packet may come from here; after the first only its source counts."""
        if source == self._latched:
            return True
        if not self._may_latch(source, now):
            return False
        self._latched = self._remote = source
        return True

    def close(self) -> None:
        """Close both sockets."""
        self.rtp.close()
        self.rtcp.close()


def is_rtcp(data: bytes | memoryview) -> bool:
    """Whether what came on an RTP socket is RTCP, by its packet type (RFC 5761 4)."""
    return len(data) > 1 and 192 <= data[1] <= 223
