"""Media keyed by DTLS-SRTP, at places that ICE finds, in session descriptions.

RFC 5763 and 8842 (`a=fingerprint`, `a=setup`), RFC 8839 (ICE; ours is lite), and what browsers
want besides: RTCP on the port of RTP (RFC 5761), `a=mid` and BUNDLE (RFC 9143), a name for the
track (RFC 8830). What they describe here they find in no other way.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass

from switch.frozen import frozen
from switch.sdp.crypto import SECURE_PROTOCOLS
from switch.sdp.description import Attribute, Media, SessionDescription

DTLS_PROTOCOL = "UDP/TLS/RTP/SAVPF"
"""What we offer (RFC 5764 8)."""
DTLS_PROTOCOLS = ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP")

_DIGEST_BYTES = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
"""Hashes that tell certificates apart well enough (RFC 8122 5)."""
_MOST_FINGERPRINTS = 8
_FRAGMENT = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
"""RFC 8839 5.4."""
_CANDIDATE_PRIORITY = 2_130_706_431
"""Of a host with one address (RFC 8445 5.1.2.1)."""
_MID = "0"
"""Of the one medium that we offer."""
_TRACK = "freeline audio"
"""Libraries in pages look for a stream with a name."""

Fingerprint = tuple[str, str]
"""Hash and value, as `a=fingerprint` has them."""


@frozen()
class RemoteDtls:
    """What a description says of its side."""

    fragment: str
    password: str
    fingerprints: tuple[Fingerprint, ...]
    setup: str
    """`actpass`, `active` or `passive`: who begins the handshake."""
    mid: str
    """What the medium is called; empty: nothing."""
    bundled: bool
    """It is in the first group of media that share a port."""

    def __repr__(self) -> str:
        return f"RemoteDtls(fragment={self.fragment!r}, setup={self.setup!r})"


@frozen()
class DtlsTerms:
    """What both sides have agreed on. Passwords never show in a text of it."""

    fragment: str
    """Our user name fragment."""
    password: str
    """Ours."""
    remote: RemoteDtls
    client: bool
    """We begin the handshake."""

    def __repr__(self) -> str:
        return f"DtlsTerms(fragment={self.fragment!r}, remote={self.remote!r})"

    def __str__(self) -> str:
        return repr(self)


@dataclass(slots=True)
class OurDtls:
    """Our side of one stream, as long as its leg lives."""

    fingerprint: str
    """SHA-256 of our certificate."""
    random: Callable[[int], bytes]
    codecs: tuple[str, ...]
    """What is spoken so, best first."""
    agreed: DtlsTerms | None = None
    fragment: str = ""
    password: str = ""

    def terms(self, remote: RemoteDtls, *, client: bool) -> DtlsTerms:
        """Return what is agreed from now on."""
        self._have_credentials()
        self.agreed = DtlsTerms(self.fragment, self.password, remote, client)
        return self.agreed

    def answer(self, remote: RemoteDtls) -> DtlsTerms:
        """Return what an offer settles, and be who answers it.

        Other credentials than before are a restart of ICE, and ours change with them (RFC
        8839 4.4.3.1.2); the roles of a handshake that was done stay (RFC 8842 5.3).
        """
        agreed, client = self.agreed, remote.setup == "passive"
        if agreed is not None:
            before = agreed.remote
            if (before.fragment, before.password) != (remote.fragment, remote.password):
                self.fragment = ""
            if remote.setup == "actpass" and before.fingerprints == remote.fingerprints:
                client = agreed.client
        return self.terms(remote, client=client)

    def take_up(self, agreed: DtlsTerms) -> None:
        """Go on with what another core has agreed on."""
        self.agreed, self.fragment, self.password = agreed, agreed.fragment, agreed.password

    def describe(self, address: str, port: int, setup: str, mid: str) -> list[Attribute]:
        """Return the attributes of our medium."""
        self._have_credentials()
        candidate = f"1 1 udp {_CANDIDATE_PRIORITY} {address} {port} typ host"
        return [
            *([("mid", mid)] if mid else []),
            ("ice-ufrag", self.fragment),
            ("ice-pwd", self.password),
            ("fingerprint", f"sha-256 {self.fingerprint}"),
            ("setup", setup),
            ("candidate", candidate),
            ("end-of-candidates", ""),
            ("rtcp-mux", ""),
            ("msid", _TRACK),
        ]

    def describe_answer(self, address: str, port: int) -> list[Attribute]:
        """Return the attributes of our medium in the answer to what is agreed."""
        assert self.agreed is not None
        setup = "active" if self.agreed.client else "passive"
        return self.describe(address, port, setup, self.agreed.remote.mid)

    def describe_offer(self, address: str, port: int) -> list[Attribute]:
        """Return the attributes of our medium in an offer."""
        mid = _MID if self.agreed is None else self.agreed.remote.mid or _MID
        return self.describe(address, port, "actpass", mid)

    def describe_session(self, *, offer: bool) -> list[Attribute]:
        """Return the attributes of the session."""
        lite = ("ice-lite", "")
        if self.agreed is None:
            return [("group", f"BUNDLE {_MID}"), lite] if offer else [lite]
        remote = self.agreed.remote
        if offer:
            return [("group", f"BUNDLE {remote.mid or _MID}"), lite]
        return [("group", f"BUNDLE {remote.mid}"), lite] if remote.bundled else [lite]

    def _have_credentials(self) -> None:
        if not self.fragment:
            # RFC 8445 5.3 wants 24 and 128 bits of chance.
            self.fragment = b64encode(self.random(6)).decode()
            self.password = b64encode(self.random(18)).decode()


def asks_for_dtls(session: SessionDescription, media: Media) -> bool:
    """Whether a medium is to be keyed by DTLS (RFC 5763 5, RFC 5764 8)."""
    if media.protocol in DTLS_PROTOCOLS:
        return True
    if media.protocol not in SECURE_PROTOCOLS or media.attribute("crypto") is not None:
        return False
    return any(name == "fingerprint" for name, _ in (*media.attributes, *session.attributes))


def read_dtls(session: SessionDescription, media: Media) -> RemoteDtls | str:
    """Return what a description says of a medium keyed by DTLS, or what it lacks."""
    told: dict[str, str] = {}
    fingerprints: list[Fingerprint] = []
    for attributes in (media.attributes, session.attributes):
        known = bool(fingerprints)
        for name, value in attributes:
            if name in ("ice-ufrag", "ice-pwd", "setup", "group"):
                told.setdefault(name, value)
            elif name == "fingerprint" and not known and (found := _fingerprint(value)):
                fingerprints.append(found)
    if not fingerprints:
        return "no fingerprint that we can check (a=fingerprint with SHA-256, 384 or 512)"
    fragment, password = told.get("ice-ufrag", ""), told.get("ice-pwd", "")
    if not _FRAGMENT.fullmatch(fragment) or not _PASSWORD.fullmatch(password):
        return "no ICE (a=ice-ufrag and a=ice-pwd)"
    if media.attribute("rtcp-mux") is None:
        return "no RTCP on the port of RTP (a=rtcp-mux)"
    setup = told.get("setup", "actpass").lower()
    if setup not in ("actpass", "active", "passive"):
        return f"a=setup:{setup[:20]}"
    mid = (media.attribute("mid") or "")[:64]
    kind, *group = told.get("group", "").split() or [""]
    bundled = kind == "BUNDLE" and mid in group
    return RemoteDtls(
        fragment, password, tuple(fingerprints[:_MOST_FINGERPRINTS]), setup, mid, bundled
    )


def _fingerprint(value: str) -> Fingerprint | None:
    name, _, digest = value.strip().partition(" ")
    name, digest = name.lower(), digest.strip().upper()
    count = _DIGEST_BYTES.get(name)
    if count is None or len(digest) != 3 * count - 1:
        return None
    if not re.fullmatch(r"(?:[0-9A-F]{2}:)*[0-9A-F]{2}", digest):
        return None
    return name, digest
