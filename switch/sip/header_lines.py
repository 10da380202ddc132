"""Split the head of a SIP message into header values, in one pass, unparsed.

RFC 3261 7.3: names in any case or in their compact form, values folded over several
lines, several values of one name. What a value means is for `incoming.py`.
"""

from __future__ import annotations

import re

from switch.errors import RemoteProtocolError

Headers = dict[str, list[str]]
"""Lower-case long name -> the values of its header lines, in order."""

COMPACT_FORMS = {
    "a": "accept-contact",
    "b": "referred-by",
    "c": "content-type",
    "d": "request-disposition",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "j": "reject-contact",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "n": "identity-info",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
    "x": "session-expires",
    "y": "identity",
}
"""Compact forms registered for SIP header fields."""

MAX_HEADER_LINES = 256
"""More header lines than this in one message are an attack or a fault."""

_FOLD = re.compile(r"\r\n[ \t]++")
_NAME = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+[ \t]*")
_PIECE = re.compile(r'[^,"<]++|"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|<[^>]*+(?:>|\Z)|,', re.S)
"""Of a list: what is neither comma, quotes nor brackets; those; or a comma between items."""

_COMMON = (
    *("Via", "From", "To", "Call-ID", "CSeq", "Contact", "Max-Forwards", "Content-Length"),
    *("Content-Type", "User-Agent", "Server", "Allow", "Supported", "Require", "Route"),
    *("Record-Route", "Expires", "Authorization", "Accept", "Reason", "Date", "Subject"),
    *("Call-Id", "Cseq", "P-Asserted-Identity", "Diversion", "Session-Expires", "Min-SE"),
    *("Allow-Events", "Privacy", "RSeq", "RAck", "Replaces", "Refer-To", "Referred-By"),
)
_names: dict[str, str] = {name: name.lower() for name in _COMMON} | COMPACT_FORMS
"""Spelling as it came -> name, for spellings seen before; bounded by `_MAX_NAMES`."""
_MAX_NAMES = 1024
_LONGEST_NAME = 40


def split_head(head: str) -> tuple[str, Headers]:
    """Return the start line and the headers.

    Args:
        head: everything before the empty line.

    Raises:
        RemoteProtocolError: a line is no header, or there are too many.
    """
    start, *lines = head.split("\r\n")
    if (
        head.count("\n") != len(lines)
        or head.count("\r") != len(lines)
        or "\0" in head
        or len(lines) > MAX_HEADER_LINES
    ):
        return _split_odd_head(head)
    headers: Headers = {}
    for line in lines:
        spelling, colon, value = line.partition(":")
        name = _names.get(spelling)
        if name is None or not colon:
            return _split_odd_head(head)
        if name in headers:
            headers[name].append(value.strip(" \t"))
        else:
            headers[name] = [value.strip(" \t")]
    return start, headers


def _split_odd_head(head: str) -> tuple[str, Headers]:
    """As `split_head`, for what has folded lines, names never seen before, or a fault."""
    head = _FOLD.sub(" ", head)
    start, *lines = head.split("\r\n")
    if head.count("\n") != len(lines) or head.count("\r") != len(lines):
        raise RemoteProtocolError("a line end stands inside a header line")
    if "\0" in head.replace("\\\0", ""):
        # RFC 3261 25.1 takes a zero byte where it is quoted, and nowhere else.
        raise RemoteProtocolError("a zero byte stands inside a header line")
    if len(lines) > MAX_HEADER_LINES:
        raise RemoteProtocolError(f"more than {MAX_HEADER_LINES} header lines")
    headers: Headers = {}
    for line in lines:
        spelling, colon, value = line.partition(":")
        if not colon:
            raise RemoteProtocolError(f"a header line has no colon: {line[:60]!r}")
        name = _names.get(spelling) or _learn_name(spelling)
        headers.setdefault(name, []).append(value.strip(" \t"))
    return start, headers


def split_list(value: str) -> list[str]:
    """Split a header value at the commas outside quotes and angle brackets."""
    if "," not in value:
        return [value] if value else []
    if '"' not in value and "<" not in value:
        return [item for part in value.split(",") if (item := part.strip(" \t"))]
    items = [""]
    for piece in _PIECE.findall(value):
        if piece == ",":
            items.append("")
        else:
            items[-1] += piece
    return [item for part in items if (item := part.strip(" \t"))]


def _learn_name(spelling: str) -> str:
    if _NAME.fullmatch(spelling) is None:
        raise RemoteProtocolError(f"this is not the name of a header: {spelling[:60]!r}")
    name = spelling.strip().lower()
    name = COMPACT_FORMS.get(name, name)
    if len(_names) < _MAX_NAMES and len(spelling) <= _LONGEST_NAME:
        _names[spelling] = name
    return name
