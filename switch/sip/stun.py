"""The answer to a STUN binding request: how a UDP headset keeps its way open (RFC 5626 4.4.2).

RFC 8489 5, 14.2 and 14.9, without authentication, as RFC 5626 has it.
"""

from __future__ import annotations

from switch.stun import (
    BINDING_ERROR,
    BINDING_REQUEST,
    BINDING_SUCCESS,
    MESSAGE_INTEGRITY,
    NONCE,
    REALM,
    USERNAME,
    build_stun,
    error_code,
    parse_stun,
    unknown_attributes,
    xor_mapped_address,
)

_KNOWN = frozenset({USERNAME, MESSAGE_INTEGRITY, REALM, NONCE})
"""Nothing that a binding request needs of us."""


def answer_binding_request(data: bytes, remote: tuple[str, int]) -> bytes | None:
    """Return the response that tells the sender its address; None for what is no such request.

    Args:
        data: a datagram that is not SIP.
        remote: where it came from.
    """
    request = parse_stun(data)
    if request is None or request.kind != BINDING_REQUEST:
        return None
    unknown = request.not_understood(_KNOWN)
    if unknown:
        told = error_code(420, "Unknown Attribute"), unknown_attributes(unknown)
        return build_stun(BINDING_ERROR, request.transaction, told)
    mapped = xor_mapped_address(remote, request.transaction)
    return build_stun(BINDING_SUCCESS, request.transaction, [mapped])
