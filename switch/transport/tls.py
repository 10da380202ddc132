"""The contexts that TLS is spoken with: certificates read and checked, told plainly if wrong."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from switch.errors import CertificateError
from switch.transport.stream_listener import TlsContexts

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL"
"""For TLS 1.2: forward secrecy and authenticated encryption; 1.3 has nothing else."""

_SOON = timedelta(days=14)
"""From then on it is told that a certificate will expire."""

_VERIFY = {
    "none": ssl.CERT_NONE,
    "optional": ssl.CERT_OPTIONAL,
    "required": ssl.CERT_REQUIRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """Which certificates, and what is asked of others."""

    certificate: Path | None = None
    """PEM, with the chain below it; None: nobody can connect to us, and we show none."""
    key: Path | None = None
    """PEM, without a password."""
    client_certificates: str = "none"
    """`none`, `optional` or `required`: whether who connects must show one."""
    client_ca: Path | None = None
    """PEM: who may have issued those."""
    trust: Path | None = None
    """PEM: who may have issued the certificates of whom we connect to; None: the system's."""
    verify: bool = True
    """Whether whom we connect to must show a certificate of the right name."""
    ciphers: str | None = None
    """OpenSSL's list for TLS 1.2, in place of ours."""


@dataclass(frozen=True, slots=True)
class Tls:
    """What a reading of the files gave."""

    contexts: TlsContexts
    expires_at: datetime | None = None
    """When our certificate ends; None: we have none."""
    warning: str = ""
    """What works but not for long, or not yet."""


def load_tls(settings: TlsSettings) -> Tls:
    """Read the files. Blocks.

    Raises:
        CertificateError: with the setting, the file and what is wrong with it.
    """
    certificate, key = settings.certificate, settings.key
    client = _context(ssl.PROTOCOL_TLS_CLIENT, settings)
    if settings.trust is not None:
        _trust(client, "trust", settings.trust)
    else:
        client.load_default_certs()
    if not settings.verify:
        client.check_hostname = False
        client.verify_mode = ssl.CERT_NONE
    if certificate is None or key is None:
        return Tls(TlsContexts(None, client))
    ours = _checked(certificate, key)
    server = _context(ssl.PROTOCOL_TLS_SERVER, settings)
    for context in (server, client):
        try:
            context.load_cert_chain(certificate, key)
        except (ssl.SSLError, OSError) as error:
            message = f"OpenSSL does not take it: {error.strerror or error}"
            raise CertificateError("certificate", certificate, message) from error
    server.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    server.verify_mode = _VERIFY[settings.client_certificates]
    if settings.client_ca is not None:
        _trust(server, "client_ca", settings.client_ca)
    warning = _time_warning(certificate, ours, datetime.now(UTC))
    return Tls(TlsContexts(server, client), ours.not_valid_after_utc, warning)


def _context(side: ssl._SSLMethod, settings: TlsSettings) -> ssl.SSLContext:
    """Return how one side speaks, without any certificate."""
    context = ssl.SSLContext(side)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    try:
        context.set_ciphers(settings.ciphers or _CIPHERS)
    except ssl.SSLError:
        message = "OpenSSL knows no cipher like that"
        raise CertificateError("ciphers", settings.ciphers or "", message) from None
    return context


def _checked(certificate: Path, key: Path) -> x509.Certificate:
    """Return the certificate, if it is one and has this key."""
    data = _read("certificate", certificate)
    try:
        chain = x509.load_pem_x509_certificates(data)
    except ValueError as error:
        message = f"holds no certificate in PEM: {error}"
        raise CertificateError("certificate", certificate, message) from None
    try:
        private = load_pem_private_key(_read("key", key), password=None)
    except TypeError:
        message = "is protected by a password: store it without, readable by the switch alone"
        raise CertificateError("key", key, message) from None
    except ValueError as error:
        raise CertificateError("key", key, f"holds no private key in PEM: {error}") from None
    ours = chain[0]
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if private.public_key().public_bytes(*form) != ours.public_key().public_bytes(*form):
        message = f"is not the key of {certificate}"
        if len(chain) > 1:
            message += ": the first certificate in there must be our own"
        raise CertificateError("key", key, message)
    return ours


def _time_warning(file: Path, ours: x509.Certificate, now: datetime) -> str:
    """Return what is wrong with its time. It is used all the same: who verifies refuses it."""
    begins, ends = ours.not_valid_before_utc, ours.not_valid_after_utc
    if ends < now:
        return f"{file} has expired on {ends:%Y-%m-%d %H:%M} UTC"
    if begins > now:
        return f"{file} is not valid before {begins:%Y-%m-%d %H:%M} UTC"
    if ends - now < _SOON:
        return f"{file} expires on {ends:%Y-%m-%d %H:%M} UTC"
    return ""


def _trust(context: ssl.SSLContext, setting: str, file: Path) -> None:
    data = _read(setting, file)
    try:
        x509.load_pem_x509_certificates(data)
        context.load_verify_locations(file)
    except (ValueError, ssl.SSLError, OSError) as error:
        message = f"holds no certificate in PEM: {error}"
        raise CertificateError(setting, file, message) from None


def _read(setting: str, file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CertificateError(setting, file, error.strerror or str(error)) from error
