"""Whom a certificate proves (RFC 5922 7.1), as both sides of a connection in memory see it."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from switch.transport.tls_layer import TlsLayer
from tests.support.certificates import CertificateFiles, client_context, write_certificate


def self_made(directory: Path, names: Sequence[x509.GeneralName]) -> CertificateFiles:
    """Write a certificate with these names that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "common.example")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = CertificateFiles(*(directory / name for name in ("cert.pem", "key.pem", "cert.pem")))
    files.certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def proved(
    directory: Path, theirs: CertificateFiles | None, verify: ssl.VerifyMode
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return whom the client proves to be to the server, and the server to the client."""
    ours = write_certificate(directory / "ours", "switch.example")
    accepting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    accepting.load_cert_chain(ours.certificate, ours.key)
    accepting.verify_mode = verify
    if theirs is not None:
        accepting.load_verify_locations(theirs.ca)
    server = TlsLayer(accepting, server=True)
    client = TlsLayer(client_context(theirs), server=False, name="switch.example")
    client.shake_hands()
    while not (server.established and client.established):
        server.receive(client.to_write())
        client.receive(server.to_write())
    return server.proved, client.proved


@pytest.mark.parametrize(
    ("names", "domains"),
    [
        ([x509.DNSName("SIP.Carrier.example")], ("sip.carrier.example",)),
        ([x509.DNSName("a.example"), x509.DNSName("b.example")], ("a.example", "b.example")),
        (
            [x509.DNSName("host.example"), x509.UniformResourceIdentifier("sip:Carrier.example")],
            ("carrier.example",),
        ),
        ([x509.UniformResourceIdentifier("sip:ann@carrier.example")], ()),
        ([x509.UniformResourceIdentifier("https://carrier.example")], ()),
        ([x509.IPAddress(ip_address("192.0.2.1"))], ()),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_the_domains_of_a_client(
    tmp_path: Path, names: list[x509.GeneralName], domains: tuple[str, ...]
) -> None:
    """The common name counts for nothing, and DNS names for nothing beside a domain's URI."""
    theirs = self_made(tmp_path, names)
    assert proved(tmp_path, theirs, ssl.CERT_REQUIRED) == (domains, ("switch.example",))


def test_one_that_nobody_asked_for_proves_nothing(tmp_path: Path) -> None:
    theirs = self_made(tmp_path, [x509.DNSName("carrier.example")])
    assert proved(tmp_path, theirs, ssl.CERT_NONE)[0] == ()


def test_who_shows_none_proves_nothing(tmp_path: Path) -> None:
    assert proved(tmp_path, None, ssl.CERT_OPTIONAL)[0] == ()
