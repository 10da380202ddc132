"""SIPp scenarios in Python: a list of steps, each a piece of SIPp's XML.

SIPp stays the one that speaks SIP; this only writes down what it shall say, because
most scenarios differ in one or two steps. Branches and CSeq numbers are spelt out, so
that a scenario can repeat, cancel or break exactly what it means to.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

PCAPS = Path("/usr/share/sip-tester")
"""Debian's sip-tester: RFC 4733 key presses and seven seconds of speech in PCMA."""

_CODECS = {0: "PCMU/8000", 8: "PCMA/8000", 9: "G722/8000", 18: "G729/8000"}


def sdp(
    *payload_types: int,
    events: int = 101,
    direction: str = "sendrecv",
    version: int = 1,
    extra: Sequence[str] = (),
) -> str:
    """Return a session description; `events` is the payload type of telephone-event."""
    listed = [*payload_types, *([events] if events > 0 else [])]
    lines = [
        "v=0",
        f"o=sipp 53655765 {version} IN IP[media_ip_type] [media_ip]",
        "s=-",
        "c=IN IP[media_ip_type] [media_ip]",
        "t=0 0",
        f"m=audio [media_port] RTP/AVP {' '.join(map(str, listed))}",
        *(f"a=rtpmap:{number} {_CODECS[number]}" for number in payload_types),
    ]
    if events > 0:
        lines += [f"a=rtpmap:{events} telephone-event/8000", f"a=fmtp:{events} 0-15"]
    return "\n".join([*lines, "a=ptime:20", f"a={direction}", *extra])


BOTH_CODECS = sdp(8, 0)
"""PCMA first: that is what `speak` sends."""


# Steps of either side.


def send(text: str, *, retransmit: bool = False) -> str:
    """Send a message as it stands; `retransmit` repeats it as RFC 3261 does over UDP."""
    timer = ' retrans="500"' if retransmit else ""
    return f"<send{timer}><![CDATA[\n\n{text.strip()}\n\n]]></send>"


def receive(
    message: int | str,
    *,
    optional: bool = False,
    makes_dialog: bool = False,
    timeout_ms: int = 15_000,
) -> str:
    """Wait for a status code or a method; anything else that comes fails the call.

    `makes_dialog`: take Contact and Record-Route from it, for `[next_url]`.
    """
    what = f'response="{message}"' if isinstance(message, int) else f'request="{message}"'
    if optional:
        return f'<recv {what} optional="true"/>'
    routes = ' rrs="true"' if makes_dialog else ""
    return f'<recv {what}{routes} timeout="{timeout_ms}"/>'


def pause(seconds: float) -> str:
    """Do nothing; whatever comes meanwhile must be what the next step expects."""
    return f'<pause milliseconds="{round(seconds * 1000)}"/>'


def play(pcap: str) -> str:
    """Send the RTP packets of a capture, in the background."""
    return f'<nop><action><exec play_pcap_audio="{PCAPS / pcap}"/></action></nop>'


def press(digit: str) -> str:
    """Press a key: the RFC 4733 packets of sip-tester's capture."""
    name = {"*": "star", "#": "pound"}.get(digit, digit)
    return play(f"dtmf_2833_{name}.pcap")


def speak() -> str:
    """Talk for seven seconds, in PCMA."""
    return play("g711a.pcap")


# Steps of a caller.


def request(
    method: str,
    cseq: int,
    *,
    uri: str,
    to_tag: bool,
    branch: str,
    headers: Sequence[str] = (),
    body: str = "",
    content_type: str = "application/sdp",
) -> str:
    """Return a request of the caller's."""
    lines = [
        f"{method} {uri} SIP/2.0",
        "Via: SIP/2.0/[transport] [local_ip]:[local_port]"
        f";branch=z9hG4bK-[pid]-[call_number]-{branch};rport",
        'From: "SIPp" <sip:[caller]@[local_ip]:[local_port]>;tag=[pid]c[call_number]',
        "To: <sip:[service]@[remote_ip]:[remote_port]>" + ("[peer_tag_param]" if to_tag else ""),
        "Call-ID: [call_id]",
        f"CSeq: {cseq} {method}",
        "Contact: <sip:[caller]@[local_ip]:[local_port];transport=[transport]>",
        "Max-Forwards: 70",
        *headers,
    ]
    if body:
        lines += [f"Content-Type: {content_type}", "Content-Length: [len]", "", body]
    else:
        lines += ["Content-Length: 0"]
    return "\n".join(lines)


_TARGET = "sip:[service]@[remote_ip]:[remote_port]"


def invite(
    body: str = BOTH_CODECS,
    *,
    cseq: int = 1,
    branch: str = "invite",
    headers: Sequence[str] = (),
    retransmit: bool = True,
    credentials: bool = False,
) -> str:
    """The first INVITE; no body means a delayed offer; credentials, after a challenge."""
    if credentials:
        headers = [*headers, "[authentication]"]
    text = request(
        "INVITE", cseq, uri=_TARGET, to_tag=False, branch=branch, headers=headers, body=body
    )
    return send(text, retransmit=retransmit)


def reinvite(body: str, *, cseq: int) -> list[str]:
    """An INVITE within the call, for example to hold it, accepted."""
    text = request("INVITE", cseq, uri="[next_url]", to_tag=True, branch=f"invite{cseq}", body=body)
    return [
        send(text, retransmit=True),
        receive(100, optional=True),
        receive(200, makes_dialog=True),
        ack(cseq=cseq),
    ]


def ack(*, cseq: int = 1, body: str = "") -> str:
    """ACK a 200."""
    return send(request("ACK", cseq, uri="[next_url]", to_tag=True, branch=f"ack{cseq}", body=body))


def ack_refusal(*, cseq: int = 1, branch: str = "invite", to_tag: bool = True) -> str:
    """ACK a final answer that is not 200: part of the INVITE's transaction."""
    return send(request("ACK", cseq, uri=_TARGET, to_tag=to_tag, branch=branch))


def cancel(*, cseq: int = 1, branch: str = "invite") -> str:
    """CANCEL the first INVITE."""
    return send(request("CANCEL", cseq, uri=_TARGET, to_tag=False, branch=branch))


def bye(*, cseq: int = 2) -> str:
    """Hang up."""
    text = request("BYE", cseq, uri="[next_url]", to_tag=True, branch=f"bye{cseq}")
    return send(text, retransmit=True)


def prack(*, rseq: int, cseq: int) -> str:
    """Acknowledge a reliable provisional answer to the first INVITE (RFC 3262)."""
    headers = [f"RAck: {rseq} 1 INVITE"]
    text = request(
        "PRACK", cseq, uri="[next_url]", to_tag=True, branch=f"prack{cseq}", headers=headers
    )
    return send(text, retransmit=True)


def info(digit: str, *, cseq: int) -> str:
    """Press a key the old way: SIP INFO with application/dtmf-relay."""
    text = request(
        "INFO",
        cseq,
        uri="[next_url]",
        to_tag=True,
        branch=f"info{cseq}",
        body=f"Signal={digit}\nDuration=160\n",
        content_type="application/dtmf-relay",
    )
    return send(text, retransmit=True)


def options() -> str:
    """Ask whether the switch is there."""
    text = request("OPTIONS", 1, uri=_TARGET, to_tag=False, branch="options")
    return send(text, retransmit=True)


def register(*, expires: int, cseq: int, credentials: bool, contact: str = "") -> str:
    """REGISTER the address of record `[service]`; with credentials, after a challenge."""
    contact = contact or "<sip:[service]@[local_ip]:[local_port];transport=[transport]>"
    lines = [
        "REGISTER sip:[remote_ip]:[remote_port] SIP/2.0",
        "Via: SIP/2.0/[transport] [local_ip]:[local_port]"
        f";branch=z9hG4bK-[pid]-[call_number]-register{cseq};rport",
        "From: <sip:[service]@[remote_ip]:[remote_port]>;tag=[pid]r[call_number]",
        "To: <sip:[service]@[remote_ip]:[remote_port]>",
        "Call-ID: [call_id]",
        f"CSeq: {cseq} REGISTER",
        f"Contact: {contact}",
        f"Expires: {expires}",
        "Max-Forwards: 70",
        *(["[authentication]"] if credentials else []),
        "Content-Length: 0",
    ]
    return send("\n".join(lines), retransmit=True)


def receive_challenge(code: int = 401) -> str:
    """Wait for the digest challenge that `[authentication]` will answer."""
    return f'<recv response="{code}" auth="true" timeout="5000"/>'


IS_ANSWERED = [
    receive(100, optional=True),
    receive(180, optional=True),
    receive(200, makes_dialog=True),
]
"""The usual way from INVITE to 200."""

TALKS = [invite(), *IS_ANSWERED, ack()]
"""The usual way from INVITE to conversation."""


def ok() -> str:
    """Answer 200 to a request within the call."""
    lines = [
        "SIP/2.0 200 OK",
        *("[last_Via:]", "[last_From:]", "[last_To:]", "[last_Call-ID:]", "[last_CSeq:]"),
        "Contact: <sip:[local_ip]:[local_port];transport=[transport]>",
        "Content-Length: 0",
    ]
    return send("\n".join(lines))


HANGS_UP = [bye(), receive(200)]
"""The caller ends the call."""

IS_DROPPED = [receive("BYE"), ok()]
"""The other side ends the call."""


def presses_1_and_talks(seconds: float) -> list[str]:
    """Return all steps of a caller who chooses 1, and hangs up after so long."""
    return [*TALKS, info("1", cseq=2), receive(200), pause(seconds), bye(cseq=3), receive(200)]


# Steps of a headset that is called.


def receive_invite() -> str:
    """Wait for the call, and keep what later steps need of it."""
    kept = "".join(
        f'<ereg regexp="{pattern}" search_in="hdr" header="{header}:" assign_to="{name}"/>'
        for name, header, pattern in (
            ("via", "Via", ".+"),
            ("from", "From", ".+"),
            ("to", "To", ".+"),
            ("cseq", "CSeq", ".+"),
            ("contact", "Contact", "sips?:[^>]+"),
        )
    )
    return (
        '<recv request="INVITE"><action>' + kept + "</action></recv>"
        '<Reference variables="via,from,to,cseq,contact"/>'
    )


def reply(code: int, phrase: str, body: str = "", headers: Sequence[str] = ()) -> str:
    """Answer the request that came last."""
    return send(_reply(code, phrase, body, headers, "[last_Via:]", "[last_CSeq:]"))


def reply_invite(
    code: int,
    phrase: str,
    body: str = "",
    headers: Sequence[str] = (),
    *,
    retransmit: bool = False,
) -> str:
    """Answer the INVITE, whatever has come since."""
    text = _reply(code, phrase, body, headers, "Via:[$via]", "CSeq:[$cseq]")
    return send(text, retransmit=retransmit)


def _reply(code: int, phrase: str, body: str, headers: Sequence[str], via: str, cseq: str) -> str:
    lines = [
        f"SIP/2.0 {code} {phrase}",
        via,
        "From:[$from]",
        "To:[$to];tag=[pid]h[call_number]",
        "Call-ID: [call_id]",
        cseq,
        "Contact: <sip:headset@[local_ip]:[local_port];transport=[transport]>",
        *headers,
    ]
    if body:
        lines += ["Content-Type: application/sdp", "Content-Length: [len]", "", body]
    else:
        lines += ["Content-Length: 0"]
    return "\n".join(lines)


def headset_request(
    method: str, cseq: int, branch: str, body: str = "", headers: Sequence[str] = ()
) -> str:
    """Return a request of the headset's within the call."""
    lines = [
        f"{method} [$contact] SIP/2.0",
        "Via: SIP/2.0/[transport] [local_ip]:[local_port]"
        f";branch=z9hG4bK-[pid]-[call_number]-{branch};rport",
        "From:[$to];tag=[pid]h[call_number]",
        "To:[$from]",
        "Call-ID: [call_id]",
        f"CSeq: {cseq} {method}",
        "Contact: <sip:headset@[local_ip]:[local_port];transport=[transport]>",
        "Max-Forwards: 70",
        *headers,
    ]
    if body:
        lines += ["Content-Type: application/sdp", "Content-Length: [len]", "", body]
    else:
        lines += ["Content-Length: 0"]
    return "\n".join(lines)


def hang_up(*, cseq: int = 1) -> str:
    """The headset ends the call."""
    return send(headset_request("BYE", cseq, "hangup"), retransmit=True)


def headset_reinvite(body: str, *, cseq: int) -> list[str]:
    """The headset changes the call, for example to hold it."""
    return [
        send(headset_request("INVITE", cseq, f"invite{cseq}", body), retransmit=True),
        receive(100, optional=True),
        receive(200),
        send(headset_request("ACK", cseq, f"ack{cseq}")),
    ]


RINGS = [receive_invite(), reply_invite(180, "Ringing")]
"""The headset rings."""

PICKS_UP = [*RINGS, reply_invite(200, "OK", sdp(0), retransmit=True), receive("ACK")]
"""The headset rings and answers at once."""

IS_HUNG_UP_ON = [receive("BYE"), reply(200, "OK")]
"""The other side ends the call."""

IS_CANCELLED = [
    receive("CANCEL"),
    reply(200, "OK"),
    reply_invite(487, "Request Terminated", retransmit=True),
    receive("ACK"),
]
"""The ringing ends without a call."""


def scenario(name: str, steps: Sequence[str]) -> str:
    """Return the XML of a scenario."""
    body = "\n".join(steps)
    return (
        '<?xml version="1.0" encoding="ISO-8859-1" ?>\n'
        f'<scenario name="{name}">\n{body}\n</scenario>\n'
    )
