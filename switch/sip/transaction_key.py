"""Which transaction a message belongs to: RFC 3261 17.1.3 and 17.2.3."""

from __future__ import annotations

from switch.ids import BRANCH_COOKIE
from switch.sip.incoming import IncomingRequest, IncomingResponse
from switch.sip.responses import sent_by

ClientKey = tuple[str, str]
"""Branch and method."""

ServerKey = tuple[str, ...]
"""Branch, sent-by and method; for RFC 2543 clients what stands in for them."""


def client_key(response: IncomingResponse) -> ClientKey:
    """Return the key of the client transaction that a response answers."""
    return response.branch, response.cseq_method


def server_key(request: IncomingRequest, method: str = "") -> ServerKey:
    """Return the key of the server transaction that a request belongs to.

    Args:
        method: look for a transaction of this method instead; a CANCEL is matched to
            its INVITE so. An ACK always looks for an INVITE.
    """
    method = method or request.method
    if method == "ACK":
        method = "INVITE"
    branch = request.branch
    if branch.startswith(BRANCH_COOKIE) and len(branch) > len(BRANCH_COOKIE):
        return branch, sent_by(request.top_via), method
    # RFC 2543 clients repeat no branch. RFC 3261 17.2.3 also compares the Request-URI and
    # the To tag; Call-ID, From tag, CSeq and Via already tell transactions of one client
    # apart, and an ACK's To tag differs from its INVITE's anyway.
    return (
        request.call_id,
        request.from_tag,
        str(request.cseq_number),
        request.vias[0],
        method,
    )
