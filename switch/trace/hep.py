"""PURE: HEP version 3, Homer's encapsulation: one SIP message as chunks in a datagram.

Source: "HEP3 Network Protocol Specification, rev. 11" of the Homer project. Every chunk is a
vendor (two bytes, 0 for the generic ones), a type, a length that counts these six bytes too,
and a value; the datagram begins with `HEP3` and its whole length.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from struct import Struct

from switch.trace.frame import SENT, Sealed
from switch.trace.sip_text import masked

_CHUNK = Struct("!HHH")
_U8 = Struct("!HHHB")
_U16 = Struct("!HHHH")
_U32 = Struct("!HHHI")

_FAMILY, _PROTOCOL = 0x0001, 0x0002
_SRC_IPV4, _DST_IPV4, _SRC_IPV6, _DST_IPV6 = 0x0003, 0x0004, 0x0005, 0x0006
_SRC_PORT, _DST_PORT = 0x0007, 0x0008
_SECONDS, _MICROSECONDS = 0x0009, 0x000A
_PAYLOAD_TYPE, _CAPTURE_ID = 0x000B, 0x000C
_KEY, _PAYLOAD, _CORRELATION = 0x000E, 0x000F, 0x0011

_SIP = 1
_IPV4, _IPV6 = 2, 10  # address families, as Linux numbers them
_TCP, _UDP = 6, 17  # IP protocols
_MOST_PAYLOAD = 65_000
"""What does not fit into one datagram is cut."""
_CALL_ID = re.compile(rb"^(?:Call-ID|i)[ \t]*:[ \t]*([^\r\n]*)", re.I | re.M)


def packet(message: Sealed, offset: float, capture_id: int, key: bytes) -> bytes:
    """Return the datagram for Homer, with the message's secrets crossed out.

    Raises:
        ValueError: an end of the message is no IP address.
    """
    at, direction, data, transport, remote, local, _ = message
    source, target = (local, remote) if direction == SENT else (remote, local)
    addresses = _addresses(source[0], target[0])
    seconds = at + offset
    whole = int(seconds)
    payload = masked(data[:_MOST_PAYLOAD])
    stream = transport != "udp"
    parts = [
        addresses,
        _U8.pack(0, _PROTOCOL, 7, _TCP if stream else _UDP),
        _U16.pack(0, _SRC_PORT, 8, source[1]),
        _U16.pack(0, _DST_PORT, 8, target[1]),
        _U32.pack(0, _SECONDS, 10, whole),
        _U32.pack(0, _MICROSECONDS, 10, int((seconds - whole) * 1_000_000)),
        _U8.pack(0, _PAYLOAD_TYPE, 7, _SIP),
        _U32.pack(0, _CAPTURE_ID, 10, capture_id),
    ]
    if key:
        parts.append(_chunk(_KEY, key))
    call_id = _CALL_ID.search(payload)
    if call_id is not None:
        parts.append(_chunk(_CORRELATION, call_id[1].strip()))
    parts.append(_chunk(_PAYLOAD, payload))
    chunks = b"".join(parts)
    return b"HEP3" + (6 + len(chunks)).to_bytes(2) + chunks


@lru_cache(maxsize=4096)
def _addresses(source: str, target: str) -> bytes:
    ends = [ip_address(host.partition("%")[0]) for host in (source, target)]
    if all(end.version == 4 for end in ends):
        types, family = (_SRC_IPV4, _DST_IPV4), _IPV4
        packed = [end.packed for end in ends]
    else:
        types, family = (_SRC_IPV6, _DST_IPV6), _IPV6
        mapped = b"\0" * 10 + b"\xff\xff"
        packed = [end.packed if end.version == 6 else mapped + end.packed for end in ends]
    chunks = [_chunk(kind, value) for kind, value in zip(types, packed, strict=True)]
    return _U8.pack(0, _FAMILY, 7, family) + b"".join(chunks)


def _chunk(kind: int, value: bytes) -> bytes:
    return _CHUNK.pack(0, kind, 6 + len(value)) + value
