"""The other end of a DTLS handshake, by pyOpenSSL alone, with a certificate of its own."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL

from switch.media.dtls_certificate import new_certificate
from switch.media.messages import Srtp

CM, GCM = b"SRTP_AES128_CM_SHA1_80", b"SRTP_AEAD_AES_128_GCM"
_HASHES: dict[str, HashAlgorithm] = {
    "sha-256": SHA256(),
    "sha-384": SHA384(),
    "sha-512": SHA512(),
}
_SIZES = {CM: ("AES_CM_128_HMAC_SHA1_80", 16, 14), GCM: ("AEAD_AES_128_GCM", 16, 12)}


class DtlsPeer:
    """One end."""

    def __init__(self, *, client: bool = True, profiles: bytes = CM) -> None:
        made = new_certificate()
        self._certificate = x509.load_pem_x509_certificate(made.certificate)
        context = SSL.Context(SSL.DTLS_METHOD)
        context.use_certificate(self._certificate)
        context.use_privatekey(load_pem_private_key(made.key, None))  # type: ignore[arg-type]
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        if profiles:
            context.set_tlsext_use_srtp(profiles)
        self._client = client
        self.connection: Any = SSL.Connection(context, None)
        self.connection.set_ciphertext_mtu(1200)
        if client:
            self.connection.set_connect_state()
        else:
            self.connection.set_accept_state()
        self.done = False

    def fingerprint(self, name: str = "sha-256") -> tuple[str, str]:
        """Return hash and value of its certificate, as a description names them."""
        return name, self._certificate.fingerprint(_HASHES[name]).hex(":").upper()

    def step(self, datagram: bytes = b"") -> bytes:
        """Take a datagram, or begin; return what is to be sent."""
        if datagram:
            self.connection.bio_write(datagram)
        if not self.done:
            try:
                self.connection.do_handshake()
                self.done = True
            except SSL.WantReadError:
                pass
        else:
            with suppress(SSL.Error):
                self.connection.recv(1)
        return self._to_send()

    def again(self) -> bytes:
        """Return what is to be sent again, if it is time."""
        self.connection.DTLSv1_handle_timeout()
        return self._to_send()

    def _to_send(self) -> bytes:
        try:
            return bytes(self.connection.bio_read(65_536))
        except SSL.WantReadError:
            return b""

    @property
    def keys(self) -> Srtp:
        """What it sends and gets with, once it is done (RFC 5764 4.2)."""
        suite, key, salt = _SIZES[self.connection.get_selected_srtp_profile()]
        told = self.connection.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (key + salt))
        client = told[:key] + told[2 * key : 2 * key + salt]
        server = told[key : 2 * key] + told[2 * key + salt :]
        return Srtp(suite, *((client, server) if self._client else (server, client)))
