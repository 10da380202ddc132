"""SIP messages as a carrier and a headset send them, each with values of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping


def invite(number: int) -> bytes:
    """Return a carrier's INVITE with an offer."""
    body = _sdp(number, "0 8 18 101")
    return _message(
        "INVITE sip:+18005550100@192.0.2.10:5060 SIP/2.0",
        f"Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK{number:08x}7a3;rport",
        f"Via: SIP/2.0/UDP 198.51.100.4:5080;branch=z9hG4bK{number:08x}11c",
        f"Record-Route: <sip:192.0.2.7:5060;lr;ftag=a{number:07x}>",
        "Max-Forwards: 69",
        f'From: "WIRELESS CALLER" <sip:+1415{number % 10**7:07d}@198.51.100.4>;tag=a{number:07x}',
        "To: <sip:+18005550100@192.0.2.10>",
        f"Call-ID: {number:032x}@198.51.100.4",
        f"CSeq: {100 + number % 900} INVITE",
        "Contact: <sip:carrier@198.51.100.4:5080;transport=udp>",
        "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER",
        "Supported: timer, 100rel, replaces",
        "Session-Expires: 1800",
        f"P-Asserted-Identity: <sip:+1415{number % 10**7:07d}@198.51.100.4>",
        "User-Agent: Carrier SBC 9.1",
        "Content-Type: application/sdp",
        body=body,
    )


def ok(number: int) -> bytes:
    """Return a headset's 200 to our INVITE, with the answer."""
    return _message(
        "SIP/2.0 200 OK",
        f"Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK{number:08x}f20;rport=5060",
        f'From: "+14155550123" <sip:+14155550123@192.0.2.10>;tag=f{number:07x}',
        f"To: <sip:asha@192.0.2.7:5071>;tag=h{number:07x}",
        f"Call-ID: {number:024x}",
        "CSeq: 1 INVITE",
        "Contact: <sip:asha@192.0.2.7:5071>",
        "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO",
        "Supported: replaces",
        "User-Agent: Headset 2.4",
        "Content-Type: application/sdp",
        body=_sdp(number, "0 101"),
    )


def register(number: int) -> bytes:
    """Return a headset's REGISTER with credentials."""
    return _message(
        "REGISTER sip:192.0.2.10:5060 SIP/2.0",
        f"Via: SIP/2.0/UDP 192.0.2.7:5071;branch=z9hG4bK{number:08x}0c4;rport",
        "Max-Forwards: 70",
        f"From: <sip:load{number:04d}@192.0.2.10>;tag=r{number:07x}",
        f"To: <sip:load{number:04d}@192.0.2.10>",
        f"Call-ID: {number:024x}@192.0.2.7",
        "CSeq: 2 REGISTER",
        f"Contact: <sip:load{number:04d}@192.0.2.7:5071>",
        "Expires: 300",
        f'Authorization: Digest username="load{number:04d}", realm="freeline", '
        f'nonce="{number:048x}", uri="sip:192.0.2.10:5060", response="{number:032x}", '
        'algorithm=MD5, cnonce="6b8b4567", qop=auth, nc=00000001',
        "User-Agent: Headset 2.4",
    )


SAMPLES: Mapping[str, tuple[str, Callable[[int], bytes]]] = {
    "invite": ("INVITE", invite),
    "ok": ("200", ok),
    "register": ("REGISTER", register),
}
"""Short name -> name, and what makes the message of a number."""


def _message(*lines: str, body: str = "") -> bytes:
    head = [*lines, f"Content-Length: {len(body)}", "", body]
    return "\r\n".join(head).encode()


def _sdp(number: int, formats: str) -> str:
    lines = [
        "v=0",
        f"o=- {number} 1 IN IP4 198.51.100.4",
        "s=-",
        "c=IN IP4 198.51.100.4",
        "t=0 0",
        f"m=audio {20_000 + number % 10_000 * 2} RTP/AVP {formats}",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=ptime:20",
        "a=sendrecv",
        "",
    ]
    return "\r\n".join(lines)
