"""TLS of one connection without its socket: bytes in, bytes out (`ssl.SSLObject`).

The loop's own TLS would start its handshakes before a connection can be refused, and tells
nobody why one failed.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Sequence
from typing import cast

from switch.errors import HandshakeFailed

_CHUNK = 65_536
_DOMAIN = re.compile(r"sip:([^@:;?/]+)", re.I).fullmatch
"""A domain's URI has no user, and no port (RFC 5922 7.1)."""

_REASONS = {
    "not_tls": ("HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL"),
    "version": ("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "VERSION_TOO_LOW"),
    "cipher": ("NO_SHARED_CIPHER", "ALERT_HANDSHAKE_FAILURE", "SIGNATURE_ALGORITHM"),
    "no_certificate": ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "CERTIFICATE_REQUIRED"),
    "their_certificate": ("CERTIFICATE_VERIFY_FAILED",),
    "our_certificate": ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "DECRYPT_ERROR"),
}
"""Reason -> what OpenSSL's name for it contains; the first that fits counts."""


class TlsLayer:
    """One side of a connection. After its end nothing but `send` and `to_write` may be used."""

    __slots__ = ("_broken", "_incoming", "_object", "_outgoing", "established", "proved")

    def __init__(self, context: ssl.SSLContext, *, server: bool, name: str = "") -> None:
        """Make one side.

        Args:
            name: what the server's certificate must name; for the client.
        """
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server, server_hostname=name or None
        )
        self.established = False
        """The handshake is done."""
        self.proved: tuple[str, ...] = ()
        """The SIP domains that the peer's certificate is for, in lower case (RFC 5922 7.1); none
        without a certificate that was verified."""
        self._broken = False

    def receive(self, data: bytes) -> tuple[bytes, HandshakeFailed | EOFError | None]:
        """Take what came, and return what it says.

        Returns:
            The bytes, and what has ended the stream after them, if anything: there is no TLS to
            be had with this peer, or it has closed its side, or broken it.
        """
        self._incoming.write(data)
        try:
            if not self.established and not self.shake_hands():
                return b"", None
        except HandshakeFailed as error:
            return b"", error
        parts = []
        end = EOFError("closed by the peer")
        try:
            while part := self._object.read(_CHUNK):
                parts.append(part)
        except ssl.SSLWantReadError:
            return b"".join(parts), None
        except ssl.SSLError as error:
            self._broken = True
            end = EOFError(str(error))
        return b"".join(parts), end

    def send(self, data: bytes) -> None:
        """Encrypt what is to be sent; `to_write` has it then."""
        if not self._broken:
            self._object.write(data)

    def to_write(self) -> bytes:
        """Return what must go to the socket now, once."""
        return self._outgoing.read()

    def shake_hands(self) -> bool:
        """Go on with the handshake; True once it is done.

        Raises:
            HandshakeFailed: as the peer will be told, by what `to_write` returns.
        """
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except (ssl.SSLError, ssl.CertificateError) as error:
            raise HandshakeFailed(_reason(error), str(error)) from error
        self.established = True
        self.proved = _domains(self._object)
        return True


def _domains(verified: ssl.SSLObject) -> tuple[str, ...]:
    told = verified.getpeercert() or {}
    names = cast(Sequence[tuple[str, str]], told.get("subjectAltName", ()))
    uris = [found[1] for kind, name in names if kind == "URI" and (found := _DOMAIN(name))]
    hosts = uris or [name for kind, name in names if kind == "DNS"]
    return tuple(host.lower() for host in hosts)


def _reason(error: ssl.SSLError) -> str:
    told = (getattr(error, "reason", None) or "").upper()
    for reason, parts in _REASONS.items():
        if any(part in told for part in parts):
            return reason
    return "other"
