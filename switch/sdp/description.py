"""Read and print session descriptions (RFC 8866), as far as offer and answer need them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from switch.errors import RemoteProtocolError

MAX_BYTES = 16_384
"""Longer descriptions are refused."""

Attribute = tuple[str, str]
"""Name and value of an `a=` line; the value is empty for a property."""


@dataclass(slots=True)
class Media:
    """One `m=` line and what stands below it."""

    kind: str
    """`audio`, `video` ..."""
    port: int
    """0 when the medium is refused."""
    protocol: str
    """`RTP/AVP` ..."""
    formats: list[str]
    address: str = ""
    """From its own `c=` line; empty when the session's holds."""
    attributes: list[Attribute] = field(default_factory=list)

    def attribute(self, name: str) -> str | None:
        """Return the value of the first attribute of that name."""
        for known, value in self.attributes:
            if known == name:
                return value
        return None


@dataclass(slots=True)
class SessionDescription:
    """A whole description."""

    address: str = ""
    """From the session's `c=` line."""
    media: list[Media] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)
    origin: str = ""
    """Value of the `o=` line."""

    def address_of(self, media: Media) -> str:
        """Return where a medium goes."""
        return media.address or self.address


def parse_description(data: bytes) -> SessionDescription:
    """Read a description; lines that matter to nobody here are passed over.

    Bare line feeds are taken for line ends, as RFC 8866 5 asks of receivers.

    Raises:
        RemoteProtocolError: with 400, and the line that is wrong.
    """
    if len(data) > MAX_BYTES:
        raise RemoteProtocolError(f"SDP of over {MAX_BYTES} bytes", 413)
    try:
        lines = data.decode("utf-8").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError:
        raise RemoteProtocolError("SDP is not UTF-8") from None
    if lines[0] != "v=0":
        raise RemoteProtocolError(f"SDP does not begin with v=0: {lines[0][:40]!r}")
    session = SessionDescription()
    media: Media | None = None
    for number, line in enumerate(lines[1:], 2):
        kind, equals, value = line[:1], line[1:2], line[2:]
        if not line:
            continue
        if equals != "=":
            raise RemoteProtocolError(f"SDP line {number} is not like x=...: {line[:40]!r}")
        if kind == "m":
            media = _media(value, number)
            session.media.append(media)
        elif kind == "a":
            name, _, rest = value.partition(":")
            (session if media is None else media).attributes.append((name, rest))
        elif kind == "c":
            (session if media is None else media).address = _connection(value, number)
        elif kind == "o":
            session.origin = value
    return session


def _media(value: str, number: int) -> Media:
    words = value.split()
    if len(words) < 4:
        raise RemoteProtocolError(f"SDP line {number}: m= has too few words: {value[:40]!r}")
    kind, port, protocol, *listed = words
    port = port.partition("/")[0]
    if not port.isascii() or not port.isdigit() or len(port) > 5 or int(port) > 65_535:
        raise RemoteProtocolError(f"SDP line {number}: no port: {port[:20]!r}")
    return Media(kind, int(port), protocol, listed)


def _connection(value: str, number: int) -> str:
    words = value.split()
    if len(words) != 3 or words[0] != "IN" or words[1] not in ("IP4", "IP6"):
        raise RemoteProtocolError(f"SDP line {number}: no address: {value[:60]!r}")
    return words[2].partition("/")[0]


_ADDRESS = re.compile(rb"^c=IN IP[46] ([0-9A-Fa-f:.]{2,45})", re.M)


def first_address(data: bytes) -> str:
    """Return the first address that a description names, unparsed; empty without one."""
    found = _ADDRESS.search(data)
    return "" if found is None else found[1].decode()


def print_description(session: SessionDescription) -> bytes:
    """Return the description as bytes, with what RFC 8866 5 requires in its order."""
    lines = [f"v=0\r\no={session.origin}\r\ns=-\r\n"]
    if session.address:
        lines.append(f"c={connection(session.address)}\r\n")
    lines.append("t=0 0\r\n")
    lines += [_attribute(attribute) for attribute in session.attributes]
    for media in session.media:
        lines.append(f"m={media.kind} {media.port} {media.protocol} {' '.join(media.formats)}\r\n")
        if media.address:
            lines.append(f"c={connection(media.address)}\r\n")
        lines += [_attribute(attribute) for attribute in media.attributes]
    return "".join(lines).encode()


def connection(address: str) -> str:
    """Return the value of a `c=` line."""
    return f"IN IP{6 if ':' in address else 4} {address}"


def _attribute(attribute: Attribute) -> str:
    name, value = attribute
    return f"a={name}:{value}\r\n" if value else f"a={name}\r\n"
