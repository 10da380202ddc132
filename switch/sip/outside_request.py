"""Requests of ours outside any dialog, besides INVITE: REGISTER and OPTIONS."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from switch.sip.own_address import OwnAddresses
from switch.sip.peer import Peer
from switch.sip.requests import MAX_FORWARDS, OutgoingRequest
from switch.sip.session_host import SessionHost

_SCHEME = re.compile(r"<(sips?):")


class OutsideHost(SessionHost, Protocol):
    """`core.SipCore`, as those see it who ask others without calling them."""

    addresses: OwnAddresses


def build_outside(
    method: str,
    uri: str,
    peer: Peer,
    *,
    from_address: str,
    to_address: str,
    call_id: str,
    cseq: int,
    headers: Sequence[tuple[str, str]] = (),
) -> OutgoingRequest:
    """Return a request outside a dialog (RFC 3261 8.1.1).

    Args:
        from_address: with its tag.
    """
    lines = [
        MAX_FORWARDS,
        ("From", from_address),
        ("To", to_address),
        ("Call-ID", call_id),
        ("CSeq", f"{cseq} {method}"),
        *headers,
    ]
    return OutgoingRequest(method, uri, peer, lines)


def with_user(contact: str, user: str) -> str:
    """Return a Contact value of ours with a user in it."""
    return _SCHEME.sub(rf"<\1:{user}@", contact, count=1) if user else contact
