"""Traced messages for tests: a call from a trunk that reaches a headset, and who else comes."""

from __future__ import annotations

from switch.trace.frame import RECEIVED, SENT, Frame, Kind, Message, Note, decode, encode

LOCAL = ("198.51.100.1", 5060)
TRUNK = ("192.0.2.7", 5060)
HEADSET = ("203.0.113.20", 5062)
CALL = "4f0c2f6e11aa22bb"
CALLER, DIALLED = "+12125550123", "+18005550100"

SDP = (
    "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
    "m=audio 4000 RTP/SAVP 0\r\n"
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
    "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:4\r\n"
)


def request(
    method: str,
    call_id: str,
    *headers: str,
    uri: str = f"sip:{DIALLED}@198.51.100.1",
    caller: str = CALLER,
    to: str = DIALLED,
    cseq: int = 1,
    body: str = "",
) -> bytes:
    return _text(f"{method} {uri} SIP/2.0", method, call_id, headers, caller, to, cseq, body)


def response(
    code: int, phrase: str, method: str, call_id: str, *headers: str, body: str = "", cseq: int = 1
) -> bytes:
    first = f"SIP/2.0 {code} {phrase}"
    return _text(first, method, call_id, headers, CALLER, DIALLED, cseq, body)


def _text(
    first: str,
    method: str,
    call_id: str,
    headers: tuple[str, ...],
    caller: str,
    to: str,
    cseq: int,
    body: str,
) -> bytes:
    lines = [
        first,
        "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKa",
        f"From: <sip:{caller}@192.0.2.7>;tag=a",
        f"To: <sip:{to}@198.51.100.1>",
        f"Call-ID: {call_id}",
        f"CSeq: {cseq} {method}",
        *headers,
        *(["Content-Type: application/sdp"] if body else []),
        f"Content-Length: {len(body)}",
        "",
        body,
    ]
    return "\r\n".join(lines).encode()


def sent(at: float, data: bytes, to: tuple[str, int], transport: str = "udp") -> Message:
    return Message(at, SENT, data, transport, to, LOCAL, 0)


def received(at: float, data: bytes, of: tuple[str, int], transport: str = "udp") -> Message:
    return Message(at, RECEIVED, data, transport, of, LOCAL, 0)


def frame(
    number: int, *messages: Message, notes: tuple[Note, ...] = (), kind: Kind = "calls"
) -> Frame:
    sealed = [
        (each.at, each.direction, each.data, each.transport, each.remote, each.local, 0)
        for each in messages
    ]
    (made,) = decode(encode(number, kind, 0.0, sealed, notes))
    return made


def whole_call() -> list[Frame]:
    """Return a call that an agent takes, with both legs and both notes."""
    ours = f"X-Freeline-Call: {CALL}"
    to_headset = request("INVITE", "leg2", ours, to="asha", uri="sip:asha@203.0.113.20", body=SDP)
    return [
        frame(
            1,
            received(1.0, request("INVITE", "leg1@carrier", body=SDP), TRUNK),
            sent(1.001, response(200, "OK", "INVITE", "leg1@carrier", body=SDP), TRUNK),
            received(1.002, request("ACK", "leg1@carrier"), TRUNK),
            notes=(Note(1.0005, "arrived", CALL, "leg1@carrier", CALLER, DIALLED),),
        ),
        frame(
            2,
            sent(2.0, to_headset, HEADSET),
            sent(2.5, to_headset, HEADSET),
            received(2.6, response(200, "OK", "INVITE", "leg2", body=SDP), HEADSET),
            sent(2.601, request("ACK", "leg2", to="asha"), HEADSET),
        ),
        frame(
            3,
            received(9.0, request("BYE", "leg1@carrier", cseq=2), TRUNK),
            sent(9.001, response(200, "OK", "BYE", "leg1@carrier", cseq=2), TRUNK),
            sent(9.002, request("BYE", "leg2", to="asha", cseq=2), HEADSET),
            received(9.003, response(200, "OK", "BYE", "leg2", cseq=2), HEADSET),
            notes=(Note(9.0, "ended", CALL, "", result="completed", reason="caller_hung_up"),),
        ),
    ]
