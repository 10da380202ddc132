"""PURE: reading traced messages as far as a person asks: leniently, and without their secrets.

What is traced may be anything: a message of the switch's own parser's displeasure is exactly
what somebody wants to see. Nothing here raises for what a message holds.
"""

from __future__ import annotations

import re
from functools import cache, cached_property

from switch.trace.frame import Message

_CALL_ID = b"\r\nCall-ID: "
_COMPACT = {"call-id": "i", "from": "f", "to": "t", "contact": "m", "via": "v"}
_URI_USER = re.compile(r"sips?:([^@;>\s]*)@|tel:(\+?[0-9*#.()-]+)", re.I)

_LOGINS = re.compile(
    rb"^((?:Proxy-)?Authorization|(?:Proxy-)?Authentication-Info)([ \t]*:)([^\r\n]*)", re.I | re.M
)
_PROOF = re.compile(rb'\b(response|rspauth|cnonce)(\s*=\s*"?)([^",\s]+)', re.I)
_BASIC = re.compile(rb"((?:Basic|Bearer)\s+)(\S+)", re.I)
_KEYS = re.compile(rb"^(a=crypto:[^\r\n]*?inline:)([^\r\n|; ]+)", re.I | re.M)
_ICE = re.compile(rb"^(a=ice-pwd:)([^\r\n]+)", re.I | re.M)
_PRESSED = re.compile(rb"^(?:Content-Type|c)[ \t]*:[ \t]*application/dtmf", re.I | re.M)
_KEY = re.compile(rb"^(\s*(?:Signal\s*=\s*)?)([0-9A-D*#]{1,2})(?=\s|$)", re.I | re.M)
_K_LINE = re.compile(rb"^(k=)([^\r\n]+)", re.I | re.M)


def _hidden(text: bytes) -> bytes:
    return b"x" * len(text)


def masked(data: bytes) -> bytes:
    """Return a message with its secrets crossed out, byte for byte, so that lengths stay right.

    Hidden are the proofs of digest authentication, other credentials, and in SDP keys of SRTP
    (RFC 4568) and passwords of ICE. An `x` can stand in all, so that whoever reads them finds no
    fault.
    """
    if b"uthenti" in data or b"uthoriz" in data or b"UTHORIZ" in data:
        data = _LOGINS.sub(_mask_login, data)
    if b"inline:" in data:
        data = _KEYS.sub(lambda match: match[1] + _hidden(match[2]), data)
    if b"a=ice-pwd:" in data:
        data = _ICE.sub(lambda match: match[1] + _hidden(match[2]), data)
    if b"\nk=" in data:
        data = _K_LINE.sub(lambda match: match[1] + _hidden(match[2]), data)
    return data


def without_key(info: bytes) -> bytes:
    """Return an INFO request with the key that it tells crossed out: it may be of a card number.

    Both bodies of `calls.info_digit` are known; an INFO about something else stays as it is.
    """
    head, gap, body = info.partition(b"\r\n\r\n")
    if not _PRESSED.search(head):
        return info
    return head + gap + _KEY.sub(lambda match: match[1] + _hidden(match[2]), body)


def _mask_login(match: re.Match[bytes]) -> bytes:
    value = _PROOF.sub(lambda each: each[1] + each[2] + _hidden(each[3]), match[3])
    value = _BASIC.sub(lambda each: each[1] + _hidden(each[2]), value)
    return match[1] + match[2] + value


@cache
def _pattern(name: str) -> re.Pattern[str]:
    short = _COMPACT.get(name.lower())
    names = re.escape(name) + (f"|{short}" if short else "")
    return re.compile(rf"^(?:{names})[ \t]*:[ \t]*([^\r\n]*)", re.I | re.M)


class SipText:
    """One message, read when asked."""

    def __init__(self, message: Message, at: float, stranger: bool = False) -> None:
        self.message = message
        self.at = at
        """Unix time."""
        self.stranger = stranger

    @cached_property
    def first_line(self) -> str:
        return self.message.data.split(b"\n", 1)[0].decode("utf-8", "replace").strip()

    @cached_property
    def _head(self) -> str:
        data = self.message.data
        end = data.find(b"\r\n\r\n")
        return (data if end < 0 else data[:end]).decode("utf-8", "replace")

    @property
    def body(self) -> str:
        """What follows the headers, without secrets; empty without a body."""
        _, _, body = masked(self.message.data).partition(b"\r\n\r\n")
        return body.decode("utf-8", "replace")

    @property
    def text(self) -> str:
        """All of it, without secrets."""
        return masked(self.message.data).decode("utf-8", "replace")

    def header(self, name: str) -> str:
        """Return the first value of a header, also in its compact form; empty without one."""
        found = _pattern(name).search(self._head)
        return found[1].strip() if found else ""

    @cached_property
    def call_id(self) -> str:
        data = self.message.data
        start = data.find(_CALL_ID)  # as nearly everybody writes it: hundreds of thousands are read
        if 0 < start < data.find(b"\r\n\r\n"):
            start += len(_CALL_ID)
            end = data.find(b"\r\n", start)
            return data[start:end].decode("utf-8", "replace").strip()
        return self.header("Call-ID")

    @property
    def is_response(self) -> bool:
        return self.message.data.startswith(b"SIP/2.0 ")

    @property
    def code(self) -> int:
        """The status of a response; 0 for a request."""
        word = self.message.data[8:11]
        return int(word) if self.is_response and word.isdigit() else 0

    @cached_property
    def method(self) -> str:
        """Of a request, or of the request that this answers."""
        if self.is_response:
            return self.header("CSeq").rpartition(" ")[2].strip().upper()
        return self.first_line.partition(" ")[0].upper()

    @cached_property
    def users(self) -> tuple[str, ...]:
        """The users in Request-URI, From and To: numbers or accounts."""
        uri = "" if self.is_response else self.first_line
        values = (uri, self.header("From"), self.header("To"))
        return tuple(user for value in values if (user := user_of(value)))

    @cached_property
    def label(self) -> str:
        """What stands on its arrow: `INVITE`, `200 OK`."""
        if not self.message.data.strip():
            return "keep-alive"
        if self.is_response:
            return self.first_line[8:]
        return self.method if " SIP/2.0" in self.first_line else "not SIP"

    @cached_property
    def has_sdp(self) -> bool:
        return "application/sdp" in (self.header("Content-Type") or self.header("c")).lower()


def user_of(value: str) -> str:
    """Return the user, or the number, of the first URI in a header's value."""
    found = _URI_USER.search(value)
    return (found[1] or found[2] or "") if found else ""
