"""Certificates for tests, issued by an authority that lives as long as the test process."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import trustme


@cache
def authority() -> trustme.CA:
    """Return the authority that switch and peers of a test trust."""
    return trustme.CA()


@cache
def stranger() -> trustme.CA:
    """Return an authority that nobody trusts."""
    return trustme.CA()


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """What a program is given."""

    certificate: Path
    key: Path
    ca: Path


def write_certificate(
    directory: Path,
    *names: str,
    ca: trustme.CA | None = None,
    not_after: datetime | None = None,
) -> CertificateFiles:
    """Issue a certificate for these names and addresses, and write the three files."""
    directory.mkdir(parents=True, exist_ok=True)
    issuer = ca or authority()
    issued = issuer.issue_cert(*(names or ("127.0.0.1", "::1")), not_after=not_after)
    files = CertificateFiles(directory / "cert.pem", directory / "key.pem", directory / "ca.pem")
    files.certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    files.key.write_bytes(issued.private_key_pem.bytes())
    authority().cert_pem.write_to_path(str(files.ca))
    return files


def client_context(files: CertificateFiles | None = None) -> ssl.SSLContext:
    """Return how a client of a test speaks TLS, with these files to show."""
    context = ssl.create_default_context()
    authority().configure_trust(context)
    if files is not None:
        context.load_cert_chain(files.certificate, files.key)
    return context
