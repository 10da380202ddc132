"""STUN messages (RFC 8489), read and written: for keep-alives of SIP and for checks of ICE.

Reading never raises. Who may ask, and what is answered, is for `sip/stun.py` and
`media/ice_lite.py` to say.
"""

from __future__ import annotations

import hmac
import struct
import zlib
from collections.abc import Iterable
from ipaddress import ip_address

from switch.frozen import frozen

_HEADER = struct.Struct("!HHI12s")
_MAGIC = 0x2112A442
_FINGERPRINT_XOR = 0x5354_554E
_INTEGRITY_BYTES = 20
_COMPREHENSION_OPTIONAL = 0x8000

BINDING_REQUEST = 0x0001
BINDING_INDICATION = 0x0011
BINDING_SUCCESS = 0x0101
BINDING_ERROR = 0x0111

USERNAME = 0x0006
MESSAGE_INTEGRITY = 0x0008
ERROR_CODE = 0x0009
UNKNOWN_ATTRIBUTES = 0x000A
REALM = 0x0014
NONCE = 0x0015
MESSAGE_INTEGRITY_SHA256 = 0x001C
XOR_MAPPED_ADDRESS = 0x0020
PRIORITY = 0x0024
USE_CANDIDATE = 0x0025
FINGERPRINT = 0x8028
ICE_CONTROLLED = 0x8029
ICE_CONTROLLING = 0x802A

_AFTER_INTEGRITY = frozenset({FINGERPRINT, MESSAGE_INTEGRITY_SHA256})
"""All that counts behind MESSAGE-INTEGRITY (RFC 8489 14.5)."""

Attribute = tuple[int, bytes]
"""Type and value."""


@frozen()
class StunMessage:
    """A message whose lengths are right."""

    kind: int
    transaction: bytes
    attributes: tuple[Attribute, ...]
    """In order; what follows MESSAGE-INTEGRITY is left out unless it counts."""
    integrity_at: int
    """Where MESSAGE-INTEGRITY begins; -1 without it."""
    fingerprint: bool | None
    """Whether FINGERPRINT is right; None without it."""

    def attribute(self, kind: int) -> bytes | None:
        """Return the value of the first attribute of that type."""
        for known, value in self.attributes:
            if known == kind:
                return value
        return None

    def not_understood(self, known: frozenset[int]) -> list[int]:
        """Return the types that must be understood (RFC 8489 14) and are not among these."""
        return [
            kind
            for kind, _ in self.attributes
            if kind < _COMPREHENSION_OPTIONAL and kind not in known
        ]

    def is_proved(self, data: bytes, password: bytes) -> bool:
        """Whether the sender knows the password of a short-term credential (RFC 8489 9.1).

        Args:
            data: the bytes that the message was read from.
        """
        told = self.attribute(MESSAGE_INTEGRITY)
        if told is None or len(told) != _INTEGRITY_BYTES:
            return False
        # RFC 8489 14.5: the length in the header ends with this attribute.
        length = self.integrity_at - _HEADER.size + 4 + _INTEGRITY_BYTES
        covered = data[:2] + length.to_bytes(2, "big") + data[4 : self.integrity_at]
        return hmac.compare_digest(told, hmac.digest(password, covered, "sha1"))


def parse_stun(data: bytes) -> StunMessage | None:
    """Return what a datagram says; None when it is no STUN message."""
    if len(data) < _HEADER.size or len(data) % 4:
        return None
    kind, length, magic, transaction = _HEADER.unpack_from(data)
    if kind >= 0x4000 or magic != _MAGIC or length != len(data) - _HEADER.size:
        return None
    attributes: list[Attribute] = []
    integrity_at, fingerprint = -1, None
    at = _HEADER.size
    while at < len(data):
        if at + 4 > len(data):
            return None
        number, size = struct.unpack_from("!HH", data, at)
        end = at + 4 + size + -size % 4
        if end > len(data):
            return None
        if integrity_at < 0 or number in _AFTER_INTEGRITY:
            attributes.append((number, data[at + 4 : at + 4 + size]))
        if number == MESSAGE_INTEGRITY and integrity_at < 0:
            integrity_at = at
        elif number == FINGERPRINT:
            # RFC 8489 14.7: it is the last one.
            fingerprint = end == len(data) and data[at + 4 :] == _fingerprint(data[:at])
        at = end
    return StunMessage(kind, transaction, tuple(attributes), integrity_at, fingerprint)


def build_stun(
    kind: int,
    transaction: bytes,
    attributes: Iterable[Attribute],
    *,
    password: bytes = b"",
    fingerprint: bool = False,
) -> bytes:
    """Return a message.

    Args:
        password: proves that we know it, by MESSAGE-INTEGRITY; empty: without.
        fingerprint: add one.
    """
    body = b"".join(_encoded(number, value) for number, value in attributes)
    if password:
        length = len(body) + 4 + _INTEGRITY_BYTES
        covered = _HEADER.pack(kind, length, _MAGIC, transaction) + body
        body += _encoded(MESSAGE_INTEGRITY, hmac.digest(password, covered, "sha1"))
    if fingerprint:
        covered = _HEADER.pack(kind, len(body) + 8, _MAGIC, transaction) + body
        body += _encoded(FINGERPRINT, _fingerprint(covered))
    return _HEADER.pack(kind, len(body), _MAGIC, transaction) + body


def xor_mapped_address(remote: tuple[str, int], transaction: bytes) -> Attribute:
    """Return the attribute that tells a party its address (RFC 8489 14.2)."""
    address = ip_address(remote[0].partition("%")[0])
    key = _MAGIC.to_bytes(4, "big") + transaction
    hidden = bytes(one ^ other for one, other in zip(address.packed, key, strict=False))
    family = 1 if address.version == 4 else 2
    port = remote[1] ^ (_MAGIC >> 16)
    return XOR_MAPPED_ADDRESS, struct.pack("!BBH", 0, family, port) + hidden


def error_code(code: int, phrase: str) -> Attribute:
    """Return the attribute that tells what is wrong (RFC 8489 14.8)."""
    return ERROR_CODE, struct.pack("!HBB", 0, code // 100, code % 100) + phrase.encode()


def unknown_attributes(kinds: list[int]) -> Attribute:
    """Return the attribute that lists what was not understood (RFC 8489 14.9)."""
    return UNKNOWN_ATTRIBUTES, struct.pack(f"!{len(kinds)}H", *kinds)


def _encoded(number: int, value: bytes) -> bytes:
    return struct.pack("!HH", number, len(value)) + value + bytes(-len(value) % 4)


def _fingerprint(covered: bytes) -> bytes:
    return (zlib.crc32(covered) ^ _FINGERPRINT_XOR).to_bytes(4, "big")
