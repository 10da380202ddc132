"""A SIP message that arrived: split once, each typed header parsed once, when asked for.

Folded lines are joined in `header_lines.py`, values are parsed in `header_values.py`; here
is which header says what, and errors that say which answer to give.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from switch.errors import RemoteProtocolError
from switch.sip.header_lines import Headers, split_head, split_list
from switch.sip.header_values import URI, Address, Hop, parse_address, parse_uri, parse_via
from switch.sip.peer import Peer

MAX_MESSAGE_BYTES = 65_535
"""Larger messages are refused with 513."""

_MOST_DIGITS = 64
"""A number may have leading zeros; reading one of thousands of digits takes long or fails."""


class IncomingMessage:
    """What requests and responses share.

    What every message needs is read at once; what cannot be read raises RemoteProtocolError when
    it is asked for.
    """

    __slots__ = (
        *("body", "headers", "peer"),
        *("branch", "call_id", "content_length", "cseq_method", "cseq_number", "from_address"),
        *("from_tag", "max_forwards", "to_address", "to_tag", "top_via"),
    )

    branch: str
    """The branch of the topmost Via; empty when there is none."""
    call_id: str
    content_length: int | None
    """The told length of the body in bytes."""
    cseq_method: str
    cseq_number: int
    from_address: Address
    from_tag: str
    """The tag of From; empty from a peer that knows only RFC 2543."""
    max_forwards: int
    """Hops left; 70 when untold (RFC 3261 16.3)."""
    to_address: Address
    to_tag: str
    """The tag of To; empty outside a dialog."""
    top_via: Hop
    """The topmost Via: who sent this hop, and its branch."""

    def __init__(self, headers: Headers, body: bytes, peer: Peer) -> None:
        self.headers = headers
        self.body = body
        self.peer = peer
        """Where it came from."""
        try:
            self._read()
        except RemoteProtocolError:
            return  # whoever asks for it is told

    def _read(self) -> None:
        """Fill the slots that every message needs filled."""
        headers = self.headers
        _read_content_length(self)
        try:
            (self.call_id,) = headers["call-id"]
            (from_,), (to,), (cseq,) = headers["from"], headers["to"], headers["cseq"]
        except (KeyError, ValueError):
            return  # missing, or there more than once
        self.from_address = address = parse_address(from_)
        self.from_tag = address.parameters.get("tag") or ""
        self.to_address = address = parse_address(to)
        self.to_tag = address.parameters.get("tag") or ""
        _read_top_via(self)
        self.cseq_number, self.cseq_method = _cseq(cseq)

    def __getattr__(self, name: str) -> object:
        """Read a header whose slot is empty yet, or say what is wrong with it."""
        read = _READ.get(name)
        if read is None:
            raise AttributeError(name)
        read(self)
        return getattr(self, name)

    # Raw values.

    def header(self, name: str) -> str | None:
        """Return the first value line of a header, by its lower-case long name."""
        values = self.headers.get(name)
        return values[0] if values else None

    def header_values(self, name: str) -> list[str]:
        """Return all values of a header whose grammar is a comma-separated list."""
        lines = self.headers.get(name)
        return [item for line in lines for item in split_list(line)] if lines else []

    def required(self, name: str) -> str:
        """Return the one value of a header that must stand exactly once."""
        values = self.headers.get(name)
        if not values:
            raise RemoteProtocolError(f"there is no {name.title()} header")
        if len(values) > 1:
            raise RemoteProtocolError(f"there are {len(values)} {name.title()} headers")
        return values[0]

    # Typed values.

    @property
    def vias(self) -> list[str]:
        """All Via values, topmost first, unparsed."""
        return self.header_values("via")

    @property
    def contacts(self) -> list[Address]:
        """The Contact addresses. `*` (RFC 3261 10.2.2) is no address: see `header`."""
        return [parse_address(value) for value in self.header_values("contact")]

    @property
    def record_routes(self) -> list[str]:
        """The Record-Route values, unparsed, in order."""
        return self.header_values("record-route")

    @property
    def routes(self) -> list[str]:
        """The Route values, unparsed, in order."""
        return self.header_values("route")

    @property
    def require(self) -> frozenset[str]:
        """The option tags in Require."""
        return frozenset(map(str.lower, self.header_values("require")))

    @property
    def supported(self) -> frozenset[str]:
        """The option tags in Supported."""
        return frozenset(map(str.lower, self.header_values("supported")))

    @property
    def reason(self) -> str:
        """Why the sender ends it, as one Reason value (RFC 3326); empty when untold."""
        return ", ".join(self.headers.get("reason", ()))

    @property
    def content_type(self) -> str:
        """The media type of the body, lower-case, without parameters; empty if untold."""
        value = self.header("content-type") or ""
        return value.partition(";")[0].strip().lower()


class IncomingRequest(IncomingMessage):
    """A request that arrived."""

    __slots__ = ("fault", "method", "reply_head", "uri", "version")

    def __init__(
        self, method: str, uri: str, version: str, headers: Headers, body: bytes, peer: Peer
    ) -> None:
        super().__init__(headers, body, peer)
        self.method = method
        self.uri = uri
        """The Request-URI, unparsed."""
        self.version = version
        self.fault = ""
        """What is wrong with the first line, when the rest suffices for an answer."""
        self.reply_head: str | None = None
        """The header lines that every response repeats; kept by `responses.py`."""

    def let_go(self) -> None:
        """Keep method, URI and peer only: to absorb what is sent again takes no more.

        A transaction lives for 32 s after its call is over.
        """
        self.headers = {}
        self.body = b""
        self.reply_head = None
        self.top_via = _NO_HOP
        self.from_address = self.to_address = _NO_ADDRESS
        self.branch = self.call_id = self.cseq_method = self.from_tag = self.to_tag = ""

    @property
    def parsed_uri(self) -> URI:
        """The Request-URI. Raises RemoteProtocolError, with 416 for a foreign scheme."""
        return parse_uri(self.uri)

    def __repr__(self) -> str:
        return f"<{self.method} {self.uri} from {self.peer}>"


class IncomingResponse(IncomingMessage):
    """A response that arrived."""

    __slots__ = ("code", "phrase")

    def __init__(self, code: int, phrase: str, headers: Headers, body: bytes, peer: Peer) -> None:
        super().__init__(headers, body, peer)
        self.code = code
        self.phrase = phrase

    def __repr__(self) -> str:
        return f"<{self.code} {self.phrase} from {self.peer}>"


def parse_message(data: bytes, peer: Peer) -> IncomingRequest | IncomingResponse:
    """Split a whole message; typed headers are parsed when they are asked for.

    Args:
        data: one datagram, or one message of a stream.

    Raises:
        RemoteProtocolError: it cannot even be split into start line, headers and body.
    """
    if len(data) > MAX_MESSAGE_BYTES:
        raise RemoteProtocolError(f"larger than {MAX_MESSAGE_BYTES} bytes", 513)
    # RFC 3261 7.5: "Implementations ... MUST ignore any CRLF appearing before the start-line."
    if data.startswith(b"\r\n"):
        data = data.lstrip(b"\r\n")
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        raise RemoteProtocolError("there is no empty line after the headers")
    start, headers = split_head(head.decode("utf-8", "surrogateescape"))
    if start.startswith("SIP/"):
        return _response(start, headers, body, peer)
    words = start.split(" ")
    if len(words) != 3 or not words[0] or not words[1] or not words[2].upper().startswith("SIP/"):
        return _misspelt(start, headers, body, peer)
    request = IncomingRequest(words[0], words[1], words[2], headers, body, peer)
    _cut_body(request)
    return request


def _misspelt(start: str, headers: Headers, body: bytes, peer: Peer) -> IncomingRequest:
    """Return a request whose first line has the wrong spaces: it is to be answered 400."""
    words = start.split()
    if len(words) < 3 or not words[-1].upper().startswith("SIP/"):
        raise RemoteProtocolError(f"this is not the first line of a request: {start[:80]!r}")
    request = IncomingRequest(words[0], " ".join(words[1:-1]), words[-1], headers, body, peer)
    request.fault = f"the first line has a space too many: {start[:80]!r}"
    return request


def _response(start: str, headers: Headers, body: bytes, peer: Peer) -> IncomingResponse:
    version, _, rest = start.partition(" ")
    digits, _, phrase = rest.partition(" ")
    code = number(digits) if len(digits) == 3 else None
    if version.upper() != "SIP/2.0" or code is None:
        raise RemoteProtocolError(f"this is not the first line of a response: {start[:80]!r}")
    if not 100 <= code <= 699:
        raise RemoteProtocolError(f"there is no status {digits}")
    response = IncomingResponse(code, phrase, headers, body, peer)
    _cut_body(response)
    return response


def _cut_body(message: IncomingMessage) -> None:
    """RFC 3261 18.3: bytes after the end of the body are discarded."""
    try:
        length = message.content_length
    except RemoteProtocolError:
        return  # `validation.py` says so, to whom it may be said
    if length is not None and length < len(message.body):
        message.body = message.body[:length]


def number(text: str) -> int | None:
    """Return a number of digits alone; None for anything else, and for far too many digits."""
    if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS:
        return int(text)
    return None


# How the slots are filled.


def _read_call_id(message: IncomingMessage) -> None:
    message.call_id = message.required("call-id")


def _read_content_length(message: IncomingMessage) -> None:
    values = message.headers.get("content-length")
    if values is None:
        message.content_length = None
        return
    length = number(values[0])
    if length is None:
        raise RemoteProtocolError(f"Content-Length is not a number: {values[0][:40]!r}")
    if len(values) > 1:
        raise RemoteProtocolError(f"there are {len(values)} Content-Length headers")
    message.content_length = length


def _read_cseq(message: IncomingMessage) -> None:
    message.cseq_number, message.cseq_method = _cseq(message.required("cseq"))


def _cseq(value: str) -> tuple[int, str]:
    digits, _, method = value.partition(" ")
    sequence = number(digits)
    method = method.strip()
    if sequence is None or not method:
        raise RemoteProtocolError(f"CSeq is malformed: {value[:80]!r}")
    if sequence >= 2**31:
        # RFC 3261 8.1.1.5: "The sequence number value MUST be ... less than 2**31."
        raise RemoteProtocolError(f"CSeq is not below 2**31: {value[:40]!r}")
    return sequence, method


def _read_from(message: IncomingMessage) -> None:
    message.from_address = address = parse_address(message.required("from"))
    message.from_tag = address.parameters.get("tag") or ""


def _read_max_forwards(message: IncomingMessage) -> None:
    value = message.header("max-forwards")
    hops = 70 if value is None else number(value)
    if hops is None or hops > 255:
        raise RemoteProtocolError(f"Max-Forwards is not 0 to 255: {(value or '')[:40]!r}")
    message.max_forwards = hops


def _read_to(message: IncomingMessage) -> None:
    message.to_address = address = parse_address(message.required("to"))
    message.to_tag = address.parameters.get("tag") or ""


def _read_top_via(message: IncomingMessage) -> None:
    values = message.headers.get("via")
    if not values:
        raise RemoteProtocolError("there is no Via header")
    value = values[0]
    if "," in value:
        value = (split_list(value) or [""])[0]
    message.top_via = via = parse_via(value)
    message.branch = via.parameters.get("branch") or ""


_READ: Mapping[str, Callable[[IncomingMessage], None]] = {
    "branch": _read_top_via,
    "call_id": _read_call_id,
    "content_length": _read_content_length,
    "cseq_method": _read_cseq,
    "cseq_number": _read_cseq,
    "from_address": _read_from,
    "from_tag": _read_from,
    "max_forwards": _read_max_forwards,
    "to_address": _read_to,
    "to_tag": _read_to,
    "top_via": _read_top_via,
}
"""Slot -> what fills it."""

_NO_HOP = Hop("", None)
_NO_ADDRESS = Address("", {})
"""Of a message that has been let go."""
