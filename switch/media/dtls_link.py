"""The socket towards a party whose media is keyed by DTLS, at the place that ICE finds.

STUN, DTLS and SRTP come on one port and are told apart by their first byte (RFC 7983). Only
who has shown in a check that it knows our password is heard; media goes to where the party
wants it (USE-CANDIDATE), and nowhere before that and before the handshake is done.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from switch.media.ice_lite import CONSENT_SECONDS, IceLite
from switch.media.messages import Connect, Dtls
from switch.media.rtp_link import Address, RtpLink, Take, is_rtcp
from switch.media.srtp import SrtpContext

if TYPE_CHECKING:
    from switch.media.dtls import DtlsSession

SETUP_SECONDS = 30.0
"""How long checks and handshake may take."""
_TELL_SECONDS = 10.0
"""A problem that stands is told so often: who was to hear of it may have fallen meanwhile."""

_BUFFER = bytearray(4096)
_VIEW = memoryview(_BUFFER)

Begin = Callable[[Dtls], "DtlsSession | None"]
"""Returns a new association; None while the library is being loaded."""


class DtlsLink(RtpLink):
    """As `RtpLink`, for such a party."""

    __slots__ = ("_asked_by", "_begin", "_dtls", "_ice", "_lost", "_session", "_tell_at", "_until")

    is_dtls = True

    def __init__(self, rtp: socket.socket, rtcp: socket.socket, begin: Begin) -> None:
        super().__init__(rtp, rtcp)
        self.mux = True
        self._begin = begin
        self._dtls: Dtls | None = None
        self._ice: IceLite | None = None
        self._session: DtlsSession | None = None
        self._asked_by: Address | None = None
        """Where the handshake's datagrams come from."""
        self._until = 0.0
        """By when the party must be there."""
        self._lost = False
        """There is a problem: nothing is sent."""
        self._tell_at = 0.0
        """When a problem may be told."""

    def aim(self, command: Connect, now: float) -> bool:
        """Take what the party and we have agreed on; return whether it is another party now."""
        dtls, before = command.dtls, self._dtls
        assert dtls is not None
        self._dtls = dtls
        self._lost, self._tell_at = False, 0.0
        if self._ice is None:
            self._ice = IceLite(dtls.ice)
        else:
            self._ice.use(dtls.ice)
        changed = before is not None and (dtls.fingerprints, dtls.client) != (
            before.fingerprints,
            before.client,
        )
        if changed:
            # RFC 8842 3.1: another certificate or role is another association.
            self._session = None
        if self.srtp is None or changed:
            self._until = now + SETUP_SECONDS
        return changed

    def receive(self, take: Take, take_rtcp: Take, now: float) -> None:
        """Take one packet from the RTP socket."""
        try:
            size, source = self.rtp.recvfrom_into(_BUFFER)
        except OSError:  # nothing there, or an ICMP error of something we sent
            return
        if not size or self._ice is None:
            self.refused += 1
        elif _BUFFER[0] < 4:
            self._take_check(self._ice, bytes(_VIEW[:size]), source, now)
        elif not self._ice.knows(source[:2]):
            self.refused += 1
        elif _BUFFER[0] & 0xC0 == 0x80:
            self._take_media(bytes(_VIEW[:size]), take, take_rtcp, now)
        elif 20 <= _BUFFER[0] < 64:
            self._take_handshake(bytes(_VIEW[:size]), source)
        else:
            self.refused += 1

    def _take_check(self, ice: IceLite, data: bytes, source: Address, now: float) -> None:
        refused = ice.refused
        answer = ice.receive(data, source[:2], now)
        self.refused += ice.refused - refused
        if answer:
            self._send_to(source, (answer,))
        if ice.nominated is not None:
            self._remote = ice.nominated
            self._start()

    def _start(self) -> None:
        """Begin the handshake, if it is ours to begin."""
        dtls = self._dtls
        if dtls is not None and self._is_to_begin:
            self._session = self._begin(dtls)
            if self._session is not None:
                self._asked_by = self._remote
                self._send_to(self._remote, self._session.start())

    def _take_handshake(self, data: bytes, source: Address) -> None:
        if self._session is None and self._dtls is not None and not self._dtls.client:
            self._session = self._begin(self._dtls)
        session = self._session
        if session is None:
            return  # it will be sent again
        self._asked_by = source
        was_over = session.is_over
        self._send_to(source, session.receive(data))
        if session.keys is not None and not was_over:
            self.srtp = SrtpContext(session.keys)

    def _take_media(self, data: bytes, take: Take, take_rtcp: Take, now: float) -> None:
        srtp = self.srtp
        if srtp is not None:
            if is_rtcp(data):
                if plain := srtp.unprotect_rtcp(data):
                    take_rtcp(plain, now)
                    return
            elif plain := srtp.unprotect(data):
                take(plain, now)
                return
        self.refused += 1

    def receive_rtcp(self) -> tuple[bytes, Address]:
        """Refuse what comes to the port above: everything is on one."""
        with suppress(OSError):
            self.rtcp.recvfrom_into(_BUFFER)
            self.refused += 1
        return b"", ("", 0)

    def send(self, packet: bytes) -> None:
        """Send an RTP packet, once there is a way."""
        srtp = self.srtp
        if srtp is not None and self._has_consent:
            self._send_to(self._remote, (srtp.protect(packet),))

    def send_rtcp(self, data: bytes, remote: Address) -> None:
        """Send an RTCP packet."""
        srtp = self.srtp
        if srtp is not None and self._has_consent:
            self._send_to(self._remote, (srtp.protect_rtcp(data),))

    @property
    def _has_consent(self) -> bool:
        return self._ice is not None and self._ice.nominated is not None and not self._lost

    @property
    def is_busy(self) -> bool:
        """Whether a handshake is under way: `handle_timer` is to be called often."""
        session = self._session
        return self._is_to_begin if session is None else not session.is_over

    @property
    def _is_to_begin(self) -> bool:
        """Whether a handshake of ours has not begun: perhaps the library was not there."""
        dtls, ice = self._dtls, self._ice
        if dtls is None or not dtls.client or self._session is not None:
            return False
        return ice is not None and ice.nominated is not None

    def handle_timer(self) -> None:
        """Begin a handshake that is ours to begin, and send again what was lost of one."""
        self._start()
        if self._session is not None and self._asked_by is not None:
            self._send_to(self._asked_by, self._session.handle_timer())

    def problem(self, now: float) -> str:
        """Return why there is no way to the party, now and then; empty if there is one."""
        why = self._problem(now)
        self._lost = bool(why)
        if not why or now < self._tell_at:
            return ""
        self._tell_at = now + _TELL_SECONDS
        return why

    def _problem(self, now: float) -> str:
        ice, session = self._ice, self._session
        if ice is None:
            return ""
        if session is not None and session.error:
            return session.error
        if ice.nominated is not None and now - ice.checked_at >= CONSENT_SECONDS:
            return f"the party is gone: no check (ICE) came from it for {CONSENT_SECONDS:g} s"
        if self._until and now >= self._until and (session is None or session.keys is None):
            if ice.nominated is None:
                return f"no check (ICE) came within {SETUP_SECONDS:g} s: does UDP come through?"
            return f"no DTLS handshake within {SETUP_SECONDS:g} s"
        return ""

    def _send_to(self, remote: Address, datagrams: Iterable[bytes]) -> None:
        for datagram in datagrams:
            with suppress(OSError):
                self.rtp.sendto(datagram, remote)

    def close(self) -> None:
        """Say good-bye, and close both sockets."""
        if self._session is not None and self._has_consent:
            self._send_to(self._remote, self._session.close())
        super().close()
