"""The session description in the body of a message, which may have several parts.

PURE. RFC 5621 3.1: whoever takes a body takes `multipart/mixed`, too; carriers put what the
telephone network says (ISUP) or where the caller is beside the description.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from switch.errors import RemoteProtocolError
from switch.sip.capabilities import MIXED, SDP
from switch.sip.incoming import IncomingMessage

_BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;",]{1,70}))', re.I)
_TYPE = re.compile(rb"^(?:content-type|c)[ \t]*:[ \t]*([^\s;]+)", re.I | re.M)
_REQUIRED = re.compile(rb"^content-disposition[ \t]*:.*;\s*handling\s*=\s*\"?required", re.I | re.M)


def sdp_of(message: IncomingMessage) -> bytes | None:
    """Return the session description of a message, or None when it has no body.

    Raises:
        RemoteProtocolError: with 415, the body is something else, or has a part that must be
            understood and is not.
    """
    if not message.body:
        return None
    kind = message.content_type
    if kind in (SDP, ""):
        return message.body
    if kind == MIXED:
        return _sdp_among(message)
    raise RemoteProtocolError(f"the body is {kind[:60]!r}, not SDP", 415)


def sdp_told(message: IncomingMessage) -> bytes:
    """Return the session description of a response; empty when it has none."""
    if not message.body:
        return b""
    try:
        return sdp_of(message) or b""
    except RemoteProtocolError:
        return b""


def _sdp_among(message: IncomingMessage) -> bytes | None:
    """Return the description among several parts; None when it is not among them."""
    found = _BOUNDARY.search(message.header("content-type") or "")
    if found is None:
        raise RemoteProtocolError("a body of several parts names no boundary")
    sdp: bytes | None = None
    for head, content in _parts(message.body, (found[1] or found[2]).encode()):
        told = _TYPE.search(head)
        kind = b"text/plain" if told is None else told[1].lower()
        if kind == SDP.encode():
            sdp = sdp or content + b"\r\n"
        elif _REQUIRED.search(head):
            raise RemoteProtocolError(f"the body has a part of {kind[:60]!r}, not SDP", 415)
    return sdp


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Split a body into the header and the content of each part (RFC 2046 5.1.1)."""
    _, *pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    for piece in pieces:
        if piece.startswith(b"--"):
            return
        head, _, content = piece.partition(b"\r\n\r\n")
        yield head, content
