"""PURE: one DTLS handshake (RFC 6347, 5764), by OpenSSL, and the keys for SRTP that it leaves.

Datagrams in, datagrams out; OpenSSL has its own clock for what must be sent again. A whole
handshake takes the processor for less than half a millisecond.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL

from switch.media.messages import Srtp

_LABEL = b"EXTRACTOR-dtls_srtp"
"""RFC 5764 4.2."""
_PROFILES = {
    b"SRTP_AEAD_AES_128_GCM": ("AEAD_AES_128_GCM", 16, 12),
    b"SRTP_AES128_CM_SHA1_80": ("AES_CM_128_HMAC_SHA1_80", 16, 14),
}
"""Best first: suite, bytes of a master key, bytes of a salt."""
_CIPHERS = b":".join(
    b"ECDHE-%b-%b" % (kind, cipher)
    for kind in (b"ECDSA", b"RSA")
    for cipher in (b"AES128-GCM-SHA256", b"CHACHA20-POLY1305", b"AES256-GCM-SHA384")
)
"""Forward secrecy and authenticated encryption; RSA where that is the party's key."""
_DTLS_1_2 = 0xFEFD
_HASHES: dict[str, type[HashAlgorithm]] = {"sha-256": SHA256, "sha-384": SHA384, "sha-512": SHA512}
_MOST_BYTES = 1200
"""Of a datagram of ours: what passes everywhere."""
_RECORD_HEADER_BYTES = 13


class DtlsIdentity:
    """Who we are in handshakes."""

    def __init__(self, certificate: bytes, key: bytes) -> None:
        """Prepare.

        Args:
            certificate, key: PEM.

        Raises:
            ValueError: they are none.
        """
        context = self._context = SSL.Context(SSL.DTLS_METHOD)
        context.set_min_proto_version(_DTLS_1_2)
        context.set_max_proto_version(_DTLS_1_2)
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_cipher_list(_CIPHERS)
        # Nobody vouches for it: it is compared with the description's hash, afterwards.
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        context.use_certificate(x509.load_pem_x509_certificate(certificate))
        context.use_privatekey(load_pem_private_key(key, None))  # type: ignore[arg-type]
        context.set_tlsext_use_srtp(b":".join(_PROFILES))

    def connection(self, *, client: bool) -> SSL.Connection:
        """Return one end of a handshake that has not begun."""
        connection = SSL.Connection(self._context, None)
        connection.set_ciphertext_mtu(_MOST_BYTES)
        if client:
            connection.set_connect_state()
        else:
            connection.set_accept_state()
        return connection


class DtlsSession:
    """One association with one party."""

    def __init__(
        self, identity: DtlsIdentity, fingerprints: tuple[tuple[str, str], ...], *, client: bool
    ) -> None:
        """Begin; as client, `start` sends the first flight.

        Args:
            fingerprints: of the party's certificate, as its description names them.
        """
        self.keys: Srtp | None = None
        """Once the handshake is done and the certificate is the party's."""
        self.error = ""
        """Why it has failed."""
        self._fingerprints = fingerprints
        self._client = client
        self._connection: Any = identity.connection(client=client)

    @property
    def is_over(self) -> bool:
        """Whether it is done or has failed."""
        return self.keys is not None or bool(self.error)

    def start(self) -> list[bytes]:
        """Return the first flight of a client."""
        self._shake_hands()
        return self._to_send()

    def receive(self, data: bytes) -> list[bytes]:
        """Take a datagram, and return what is to be sent."""
        try:
            self._connection.bio_write(data)
        except SSL.Error:
            return []
        if not self.is_over:
            self._shake_hands()
        elif not self.error:
            # The party has missed our last flight, or says good-bye.
            with suppress(SSL.Error):
                self._connection.recv(1)
        return self._to_send()

    def handle_timer(self) -> list[bytes]:
        """Return what is to be sent again, if it is time; to be called often meanwhile."""
        if self.is_over:
            return []
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error:
            return []  # it was sent often enough; whoever waits gives up in time
        return self._to_send()

    def close(self) -> list[bytes]:
        """Return the good-bye."""
        if self.keys is not None:
            try:
                self._connection.shutdown()
            except SSL.Error:
                return []
        return self._to_send()

    def _shake_hands(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as error:
            self.error = f"the DTLS handshake has failed: {_reason(error)}"
            return
        self._finish()

    def _finish(self) -> None:
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        if certificate is None or not fits(certificate, self._fingerprints):
            self.error = "the certificate is not the one that the description names (a=fingerprint)"
            return
        profile = _PROFILES.get(self._connection.get_selected_srtp_profile())
        if profile is None:
            self.error = "the DTLS handshake has agreed on no SRTP profile that we speak"
            return
        suite, key, salt = profile
        told = self._connection.export_keying_material(_LABEL, 2 * (key + salt))
        keys = [told[:key], told[key : 2 * key]]
        salts = [told[2 * key : 2 * key + salt], told[2 * key + salt :]]
        of_client, of_server = (one + other for one, other in zip(keys, salts, strict=True))
        ours, theirs = (of_client, of_server) if self._client else (of_server, of_client)
        self.keys = Srtp(suite, ours, theirs)

    def _to_send(self) -> list[bytes]:
        try:
            return in_datagrams(self._connection.bio_read(65_536))
        except SSL.Error:
            return []


def fits(certificate: x509.Certificate, fingerprints: tuple[tuple[str, str], ...]) -> bool:
    """Whether a certificate has one of these hashes (RFC 8122 5)."""
    for name, value in fingerprints:
        algorithm = _HASHES.get(name)
        if algorithm is not None:
            digest = certificate.fingerprint(algorithm()).hex(":").upper()
            if digest == value.upper():
                return True
    return False


def in_datagrams(records: bytes) -> list[bytes]:
    """Split DTLS records into datagrams: whole ones, as many as fit (RFC 6347 4.1.1)."""
    datagrams: list[bytes] = []
    at = begin = 0
    while at + _RECORD_HEADER_BYTES <= len(records):
        size = _RECORD_HEADER_BYTES + int.from_bytes(records[at + 11 : at + 13], "big")
        if at > begin and at + size - begin > _MOST_BYTES:
            datagrams.append(records[begin:at])
            begin = at
        at += size
    if begin < len(records):
        datagrams.append(records[begin:])
    return datagrams


def _reason(error: SSL.Error) -> str:
    told = error.args[0] if error.args else None
    if isinstance(told, list) and told:
        return str(told[-1][-1])
    return type(error).__name__
