"""The answer to a STUN binding request: how a UDP headset keeps its way open (RFC 5626 4.4.2).

RFC 8489 5, 14.2 and 14.9, without authentication, as RFC 5626 has it.
"""

from __future__ import annotations

import struct
from ipaddress import ip_address

_HEADER = struct.Struct("!HHI12s")
_MAGIC = 0x2112A442
_BINDING_REQUEST = 0x0001
_BINDING_SUCCESS = 0x0101
_BINDING_ERROR = 0x0111
_XOR_MAPPED_ADDRESS = 0x0020
_ERROR_CODE = 0x0009
_UNKNOWN_ATTRIBUTES = 0x000A
_KNOWN = frozenset({0x0006, 0x0008, 0x0014, 0x0015})
"""USERNAME, MESSAGE-INTEGRITY, REALM and NONCE: nothing that a binding request needs of us."""
_COMPREHENSION_OPTIONAL = 0x8000


def answer_binding_request(data: bytes, remote: tuple[str, int]) -> bytes | None:
    """Return the response that tells the sender its address; None for what is no such request.

    Args:
        data: a datagram that is not SIP.
        remote: where it came from.
    """
    if len(data) < _HEADER.size or len(data) % 4:
        return None
    kind, length, magic, transaction = _HEADER.unpack_from(data)
    if kind != _BINDING_REQUEST or magic != _MAGIC or length != len(data) - _HEADER.size:
        return None
    unknown = _unknown_attributes(data)
    if unknown is None:
        return None
    if unknown:
        told = struct.pack(f"!{len(unknown)}H", *unknown)
        phrase = b"Unknown Attribute\0\0\0"
        return _response(
            _BINDING_ERROR,
            transaction,
            struct.pack("!HHHBB", _ERROR_CODE, 4 + 17, 0, 4, 20) + phrase,
            struct.pack("!HH", _UNKNOWN_ATTRIBUTES, len(told)) + told + bytes(-len(told) % 4),
        )
    return _response(_BINDING_SUCCESS, transaction, _mapped(remote, transaction))


def _unknown_attributes(data: bytes) -> list[int] | None:
    """Return what must be understood and is not; None if the attributes are malformed."""
    unknown = []
    at = _HEADER.size
    while at < len(data):
        if at + 4 > len(data):
            return None
        kind, length = struct.unpack_from("!HH", data, at)
        if kind < _COMPREHENSION_OPTIONAL and kind not in _KNOWN:
            unknown.append(kind)
        at += 4 + length + -length % 4
    return unknown if at == len(data) else None


def _mapped(remote: tuple[str, int], transaction: bytes) -> bytes:
    address = ip_address(remote[0].partition("%")[0])
    key = _MAGIC.to_bytes(4, "big") + transaction
    hidden = bytes(one ^ other for one, other in zip(address.packed, key, strict=False))
    family = 1 if address.version == 4 else 2
    port = remote[1] ^ (_MAGIC >> 16)
    return struct.pack("!HHBBH", _XOR_MAPPED_ADDRESS, 4 + len(hidden), 0, family, port) + hidden


def _response(kind: int, transaction: bytes, *attributes: bytes) -> bytes:
    body = b"".join(attributes)
    return _HEADER.pack(kind, len(body), _MAGIC, transaction) + body
