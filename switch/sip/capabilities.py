"""What we can do, as others are told (RFC 3261 20.5, 20.32, 20.37)."""

from __future__ import annotations

from collections.abc import Sequence

ALLOWED = (
    *("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "PRACK", "UPDATE", "REFER"),
    "REGISTER",
)
"""Methods that we take."""

KNOWN = frozenset({"MESSAGE", "NOTIFY", "PUBLISH", "SUBSCRIBE"})
"""Methods that exist and that we do not take: 405, not 501."""

EXTENSIONS = frozenset({"100rel", "norefersub", "outbound", "path", "replaces", "timer"})
"""Option tags that a peer may require of us."""

ALLOW = ("Allow", ", ".join(ALLOWED))
SUPPORTED = ("Supported", "100rel, norefersub, replaces, timer")
REGISTRAR_SUPPORTS = ("Supported", "outbound, path")
SDP = "application/sdp"
MIXED = "multipart/mixed"
ACCEPT = ("Accept", f"{SDP}, {MIXED}")


def refusal_of_method(method: str) -> int:
    """Return how a method that we do not take is refused (RFC 3261 8.2.1)."""
    return 405 if method in ALLOWED or method in KNOWN else 501


def takes_sdp(values: Sequence[str]) -> bool:
    """Whether the Accept lines of an INVITE leave room for a session description (20.1)."""
    ranges = (part.partition(";")[0].strip().lower() for line in values for part in line.split(","))
    return any(each in (SDP, "application/*", "*/*") for each in ranges)
