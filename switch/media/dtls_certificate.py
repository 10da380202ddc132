"""What the switch shows in DTLS handshakes: a certificate that it has made for itself.

Nobody vouches for it; the session description names its hash, and the signalling is trusted
for that (RFC 5763 5).
"""

from __future__ import annotations

import datetime
import os

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from switch.frozen import frozen

_DAYS = 3650
"""Longer than a switch runs; who checks hashes does not look at dates."""


@frozen()
class DtlsCertificate:
    """Certificate and key. The key never shows in a text of it."""

    certificate: bytes
    """PEM."""
    key: bytes
    """PEM: a secret."""

    def __repr__(self) -> str:
        return f"DtlsCertificate({self.fingerprint})"

    @property
    def fingerprint(self) -> str:
        """Its SHA-256 as `a=fingerprint` writes it (RFC 8122 5)."""
        digest = x509.load_pem_x509_certificate(self.certificate).fingerprint(SHA256())
        return digest.hex(":").upper()


def new_certificate() -> DtlsCertificate:
    """Return a certificate of a new P-256 key, under a name that tells nothing (RFC 8827 6.5)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, os.urandom(8).hex())])
    now = datetime.datetime.now(tz=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=_DAYS))
        .sign(key, SHA256())
    )
    return DtlsCertificate(
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )
