"""Responses that we send: what they copy from the request, and where they go."""

from __future__ import annotations

from collections.abc import Sequence

from switch.sip.header_lines import split_list
from switch.sip.header_values import Hop
from switch.sip.incoming import IncomingRequest
from switch.sip.peer import DEFAULT_PORT, DEFAULT_PORTS, Peer

REASON_PHRASES = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    182: "Queued",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Moved Temporarily",
    305: "Use Proxy",
    380: "Alternative Service",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    410: "Gone",
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    421: "Extension Required",
    422: "Session Interval Too Small",
    423: "Interval Too Brief",
    430: "Flow Failed",
    439: "First Hop Lacks Outbound Support",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    484: "Address Incomplete",
    485: "Ambiguous",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    493: "Undecipherable",
    500: "Server Internal Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    513: "Message Too Large",
    600: "Busy Everywhere",
    603: "Decline",
    604: "Does Not Exist Anywhere",
    606: "Not Acceptable",
}
"""RFC 3261 21 and the extensions that we use."""


def build_response(
    request: IncomingRequest,
    code: int,
    phrase: str = "",
    *,
    to_tag: str = "",
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
    content_type: str = "",
) -> bytes:
    """Return a response (RFC 3261 8.2.6).

    Via, From, To, Call-ID and CSeq are copied, with `received` and `rport` filled in
    (RFC 3581); so are Record-Route into what may make a dialog (12.1.1) and Timestamp
    into a 100.

    Args:
        to_tag: our tag, added to To unless it has one.
    """
    head = request.reply_head
    if head is None:
        head = request.reply_head = _reply_head(request)
    lines = [f"SIP/2.0 {code} {phrase or REASON_PHRASES.get(code, 'Unknown')}\r\n{head}"]
    to = request.header("to")
    if to is not None:
        if to_tag and code > 100 and ";tag=" not in to.replace(" ", "").lower():
            to = f"{to};tag={to_tag}"
        lines.append(f"To: {to}\r\n")
    if 100 < code < 300 and "record-route" in request.headers:
        lines += [f"Record-Route: {route}\r\n" for route in request.headers["record-route"]]
    elif code == 100 and "timestamp" in request.headers:
        lines.append(f"Timestamp: {request.headers['timestamp'][0]}\r\n")
    lines += [f"{name}: {value}\r\n" for name, value in headers]
    if body:
        lines.append(f"Content-Type: {content_type}\r\n")
    lines.append(f"Content-Length: {len(body)}\r\n\r\n")
    return "".join(lines).encode("utf-8", "surrogateescape") + body


def response_peer(request: IncomingRequest) -> Peer:
    """Return where responses go (RFC 3261 18.2.2, RFC 3581 4).

    To the source address always, never to `maddr` or another address that the request
    names: a spoofed Via must not make us send elsewhere.
    """
    peer = request.peer
    via = request.top_via
    if peer.reliable:
        # RFC 3261 18.2.2: the connection, and if it is gone, a new one to whence it was sent.
        port = via.port or DEFAULT_PORTS[peer.transport]
        return Peer(peer.transport, (peer.remote[0], port), peer.local, peer.connection)
    if "rport" in via.parameters:
        return peer
    return Peer(peer.transport, (peer.remote[0], via.port or DEFAULT_PORT), peer.local)


def _reply_head(request: IncomingRequest) -> str:
    _ = request.top_via  # there is one, and it can be read
    headers = request.headers
    top, *others = headers["via"]
    lines = [f"Via: {_with_source(top, request)}\r\n"]
    lines += [f"Via: {via}\r\n" for via in others]
    # Copied be they wrong or missing: a 400 repeats what it complains about.
    lines += [f"{name}: {headers[known][0]}\r\n" for name, known in _REPEATED if known in headers]
    return "".join(lines)


_REPEATED = (("From", "from"), ("Call-ID", "call-id"), ("CSeq", "cseq"))


def _with_source(value: str, request: IncomingRequest) -> str:
    """Return the Via line with `received` and `rport` of its topmost value filled in."""
    via = request.top_via
    host, port = request.peer.remote
    wants_port = "rport" in via.parameters
    if not wants_port and via.host.strip("[]") == host:
        return value
    first, *others = split_list(value)
    kept = [
        part
        for part in first.split(";")
        if part.partition("=")[0].strip().lower() not in ("rport", "received")
    ]
    source = f";rport={port}" if wants_port else ""
    changed = ";".join(kept).rstrip() + f"{source};received={host}"
    return ", ".join((changed, *others))


def sent_by(via: Hop) -> str:
    """Return `host:port` of a Via, to compare senders (RFC 3261 17.2.3)."""
    return f"{via.host}:{via.port or DEFAULT_PORT}"
