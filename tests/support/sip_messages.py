"""SIP messages as text, for tests: only what differs from a plain one is said."""

from __future__ import annotations

from collections.abc import Sequence

from switch.sip.incoming import IncomingRequest, IncomingResponse, parse_message
from switch.sip.peer import Peer

UDP = Peer("udp", ("192.0.2.7", 5060), ("198.51.100.1", 5060))
"""A carrier that sends from the port it names."""

UDP6 = Peer("udp", ("2001:db8::7", 5060), ("2001:db8::1", 5060))

TLS = Peer("tls", ("192.0.2.7", 40313), ("198.51.100.1", 5061), connection=2)

TCP = Peer("tcp", ("192.0.2.7", 40312), ("198.51.100.1", 5060), connection=1)


def request_bytes(
    method: str = "INVITE",
    *,
    uri: str = "sip:+18005550100@198.51.100.1",
    branch: str = "z9hG4bKfirst",
    via: str = "",
    cseq: str = "",
    call_id: str = "call-1@192.0.2.7",
    from_: str = '"Ann" <sip:+12125550123@192.0.2.7>;tag=ann',
    to: str = "<sip:+18005550100@198.51.100.1>",
    headers: Sequence[str] = (),
    body: bytes = b"",
    number: int = 1,
    transport: str = "UDP",
) -> bytes:
    """Return a request as it comes off the wire."""
    lines = [
        f"{method} {uri} SIP/2.0",
        f"Via: {via or f'SIP/2.0/{transport} 192.0.2.7:5060;branch={branch}'}",
        "Max-Forwards: 70",
        f"From: {from_}",
        f"To: {to}",
        f"Call-ID: {call_id}",
        f"CSeq: {cseq or f'{number} {method}'}",
        *headers,
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def request(method: str = "INVITE", peer: Peer = UDP, **changes: object) -> IncomingRequest:
    """Return a request as the parser gives it."""
    message = parse_message(request_bytes(method, **changes), peer)  # type: ignore[arg-type]
    assert isinstance(message, IncomingRequest)
    return message


def response(data: bytes, peer: Peer = UDP) -> IncomingResponse:
    """Return a response that we sent, as its receiver would read it."""
    message = parse_message(data, peer)
    assert isinstance(message, IncomingResponse)
    return message


def response_to(
    data: bytes, code: int, *, tag: str = "agent", headers: Sequence[str] = (), body: bytes = b""
) -> bytes:
    """Return a peer's response to a request that we sent."""
    message = parse_message(data, UDP)
    assert isinstance(message, IncomingRequest)
    to = message.required("to")
    if tag and code > 100 and "tag=" not in to:
        to += f";tag={tag}"
    lines = [
        f"SIP/2.0 {code} Whatever",
        *(f"Via: {via}" for via in message.vias),
        f"From: {message.required('from')}",
        f"To: {to}",
        f"Call-ID: {message.call_id}",
        f"CSeq: {message.required('cseq')}",
        *headers,
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
