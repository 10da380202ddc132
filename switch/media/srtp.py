"""PURE: one party's packets, encrypted and authenticated (RFC 3711), by libsrtp.

libsrtp counts rollovers, keeps the window against replayed packets and does the same for
RTCP (its index is explicit). It lets a new context begin with a rollover counter of zero;
where keys change in a stream that has run for long, `_wound` brings one to where the stream
is: the counter goes on when keys change (RFC 3711 3.3.1).
"""

from __future__ import annotations

from collections.abc import Callable

from pylibsrtp import Error, Policy, Session

from switch.media.messages import Srtp
from switch.media.rtp_packet import HEADER, HEADER_BYTES, VERSION_2

_PROFILES = {
    "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AES_CM_128_HMAC_SHA1_32": Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}
_STRIDE = 0x7FFF
"""The furthest a sequence number may be ahead and be taken for a later one."""
_WINDOW = 128
"""So many packets of before may come late, and are not taken for replays."""


class _Direction:
    """What goes one way under one key."""

    def __init__(self, suite: str, key: bytes, kind: int) -> None:
        self.suite = suite
        self.key = key
        self._kind = kind
        self.session = _session(suite, key, kind)
        self.alternative: Session | None = None
        """Takes over if what comes is not encrypted as `session` expects."""
        self._ssrc = -1
        self._last = -1
        """Sequence number furthest ahead."""
        self._rollovers = 0

    def count(self, packet: bytes) -> None:
        """Follow the sequence numbers of what has passed."""
        sequence = packet[2] << 8 | packet[3]
        ssrc = int.from_bytes(packet[8:12], "big")
        if ssrc != self._ssrc:
            self._ssrc, self._last, self._rollovers = ssrc, sequence, 0
        elif (sequence - self._last) & 0xFFFF < 0x8000:
            if sequence < self._last:
                self._rollovers += 1
            self._last = sequence

    def changed(self, suite: str, key: bytes) -> _Direction:
        """Return this direction under another key; itself when it is the same."""
        if (suite, key) == (self.suite, self.key):
            return self
        new = _Direction(suite, key, self._kind)
        if self._rollovers:
            new._ssrc, new._last, new._rollovers = self._ssrc, self._last, self._rollovers
            new.alternative = self._wound(suite, key)
        return new

    def _wound(self, suite: str, key: bytes) -> Session:
        """Return a context under a new key that has come as far as this one."""
        session = _session(suite, key, self._kind)
        inbound = self._kind == Policy.SSRC_ANY_INBOUND
        helper = _session(suite, key, Policy.SSRC_ANY_OUTBOUND) if inbound else session
        end = (self._rollovers << 16 | self._last) - _WINDOW
        for index in range(end % _STRIDE, end + 1, _STRIDE):
            header = HEADER.pack(VERSION_2, 0, index & 0xFFFF, 0, self._ssrc)
            packet = helper.protect(header)
            if inbound:
                session.unprotect(packet)
        return session


class SrtpContext:
    """Both directions of one stream."""

    def __init__(self, keys: Srtp) -> None:
        """Begin.

        Raises:
            ValueError: an unknown suite, or a key that does not fit it.
        """
        self._send = _Direction(keys.suite, keys.send_key, Policy.SSRC_ANY_OUTBOUND)
        self._receive = _Direction(keys.suite, keys.receive_key, Policy.SSRC_ANY_INBOUND)

    def change_keys(self, keys: Srtp) -> None:
        """Go on under these keys: a key that stays keeps its context, counters and all."""
        self._send = self._send.changed(keys.suite, keys.send_key)
        if self._send.alternative is not None:
            self._send.session, self._send.alternative = self._send.alternative, None
        self._receive = self._receive.changed(keys.suite, keys.receive_key)

    def protect(self, packet: bytes) -> bytes:
        """Return an RTP packet encrypted; empty when it is too long."""
        self._send.count(packet)
        return _done(self._send.session.protect, packet)

    def unprotect(self, packet: bytes) -> bytes:
        """Return an RTP packet decrypted; empty when it is forged, damaged or a replay."""
        if len(packet) < HEADER_BYTES:
            return b""
        receive = self._receive
        plain = _done(receive.session.unprotect, packet)
        if receive.alternative is not None:
            if not plain:
                plain = _done(receive.alternative.unprotect, packet)
                if plain:
                    receive.session = receive.alternative
            if plain:
                receive.alternative = None
        if plain:
            receive.count(plain)
        return plain

    def protect_rtcp(self, packet: bytes) -> bytes:
        """Return a compound RTCP packet encrypted; empty when it is too long."""
        return _done(self._send.session.protect_rtcp, packet)

    def unprotect_rtcp(self, packet: bytes) -> bytes:
        """Return a compound RTCP packet decrypted; empty when it is forged or a replay."""
        return _done(self._receive.session.unprotect_rtcp, packet)


def _session(suite: str, key: bytes, kind: int) -> Session:
    profile = _PROFILES.get(suite)
    if profile is None:
        raise ValueError(f"unknown SRTP suite {suite[:40]!r}")
    return Session(Policy(key=key, ssrc_type=kind, srtp_profile=profile))


def _done(work: Callable[[bytes], bytes], packet: bytes) -> bytes:
    try:
        return work(packet)
    except (Error, ValueError):
        return b""
