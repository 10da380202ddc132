"""Requests that we send. Via and Content-Length are added when they are encoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from switch.sip.capabilities import ALLOW, SDP, SUPPORTED
from switch.sip.incoming import IncomingResponse
from switch.sip.peer import Peer

MOST_HOPS = 70
"""RFC 3261 8.1.1.6."""

MAX_FORWARDS = ("Max-Forwards", str(MOST_HOPS))


@dataclass(slots=True)
class OutgoingRequest:
    """A request without its Via."""

    method: str
    uri: str
    """The Request-URI."""
    peer: Peer
    """Where it goes."""
    headers: list[tuple[str, str]] = field(default_factory=list)
    """In order; CSeq, From, To, Call-ID and Max-Forwards must be among them."""
    body: bytes = b""
    large_over_tcp: bool = False
    """It may go over TCP if it is too large for UDP: the peer is no headset behind a NAT."""

    def header(self, name: str) -> str:
        """Return a header's value, by its exact spelling; empty when it is not there."""
        for known, value in self.headers:
            if known == name:
                return value
        return ""

    def encode(self, branch: str, sent_by: str) -> bytes:
        """Return the bytes to send.

        Args:
            branch: names the transaction (RFC 3261 8.1.1.7).
            sent_by: `host:port` at which we take the response.
        """
        lines = [
            f"{self.method} {self.uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/{self.peer.transport.upper()} {sent_by};branch={branch};rport\r\n"
        ]
        lines += [f"{name}: {value}\r\n" for name, value in self.headers]
        lines.append(f"Content-Length: {len(self.body)}\r\n\r\n")
        return "".join(lines).encode("utf-8", "surrogateescape") + self.body


def name_address(display: str, uri: str, tag: str) -> str:
    """Return a From value, with the name to be shown if there is one."""
    shown = '"' + display.replace("\\", "").replace('"', "'") + '" ' if display else ""
    return f"{shown}<{uri}>;tag={tag}"


def build_invite(
    target: str,
    peer: Peer,
    *,
    identity: tuple[str, str],
    from_address: str,
    to_uri: str,
    call_id: str,
    contact: str,
    headers: Sequence[tuple[str, str]],
    sdp: bytes,
    max_forwards: int = MOST_HOPS,
    large_over_tcp: bool = False,
) -> OutgoingRequest:
    """Return an INVITE that begins a dialog (RFC 3261 13.2.1).

    Args:
        identity: our `User-Agent`, as a header.
        sdp: our offer.
    """
    return OutgoingRequest(
        "INVITE",
        target,
        peer,
        [
            ("Max-Forwards", str(max_forwards)),
            ("From", from_address),
            ("To", f"<{to_uri}>"),
            ("Call-ID", call_id),
            ("CSeq", "1 INVITE"),
            ("Contact", contact),
            ALLOW,
            SUPPORTED,
            identity,
            *headers,
            ("Content-Type", SDP),
        ],
        sdp,
        large_over_tcp,
    )


def build_ack_of_failure(invite: OutgoingRequest, response: IncomingResponse) -> OutgoingRequest:
    """Return the ACK for a response of 300 to 699 (RFC 3261 17.1.1.3)."""
    return _within_transaction(invite, "ACK", response.header("to") or invite.header("To"), ())


def build_cancel(invite: OutgoingRequest, reason: str = "") -> OutgoingRequest:
    """Return the CANCEL of an INVITE (RFC 3261 9.1), perhaps with a Reason (RFC 3326)."""
    extra = (("Reason", reason),) if reason else ()
    return _within_transaction(invite, "CANCEL", invite.header("To"), extra)


def _within_transaction(
    invite: OutgoingRequest, method: str, to: str, extra: Sequence[tuple[str, str]]
) -> OutgoingRequest:
    number = invite.header("CSeq").partition(" ")[0]
    headers = [
        MAX_FORWARDS,
        *((name, value) for name, value in invite.headers if name == "Route"),
        ("From", invite.header("From")),
        ("To", to),
        ("Call-ID", invite.header("Call-ID")),
        ("CSeq", f"{number} {method}"),
        *extra,
    ]
    return OutgoingRequest(method, invite.uri, invite.peer, headers)
