"""Whether a message that arrived keeps the rules that every message must keep.

RFC 3261 8.1.3, 8.2 and 18. What only some methods need is checked where they are
handled.
"""

from __future__ import annotations

from switch.errors import RemoteProtocolError
from switch.sip.incoming import IncomingMessage, IncomingRequest, IncomingResponse


def check_request(request: IncomingRequest) -> None:
    """Read every header that a transaction needs.

    Raises:
        RemoteProtocolError: a rule is broken; `status_hint` is the answer to give.
    """
    if request.version.upper() != "SIP/2.0":
        raise RemoteProtocolError(f"the version is {request.version[:20]!r}, not SIP/2.0", 505)
    if request.fault:
        raise RemoteProtocolError(request.fault)
    if request.top_via.fault:
        raise RemoteProtocolError(request.top_via.fault)
    _check_headers(request)
    if request.cseq_method != request.method:
        raise RemoteProtocolError(
            f"CSeq says {request.cseq_method[:20]!r}, the request line {request.method[:20]!r}"
        )
    _ = request.max_forwards
    if request.parsed_uri.headers:
        # RFC 3261 19.1.1: the Request-URI is where a URI may have no headers.
        raise RemoteProtocolError("the Request-URI has headers")


def check_response(response: IncomingResponse) -> None:
    """Read every header that a transaction needs.

    Raises:
        RemoteProtocolError: a rule is broken; the response is to be dropped.
    """
    _check_headers(response)
    if len(response.vias) != 1:
        # RFC 3261 8.1.3.3: "If there is more than one Via header field value in a
        # response, the UAC SHOULD discard the message."
        raise RemoteProtocolError("there is more than one Via in a response")


def _check_headers(message: IncomingMessage) -> None:
    if not message.branch and isinstance(message, IncomingResponse):
        raise RemoteProtocolError("Via has no branch")
    _ = message.call_id, message.cseq_number, message.from_address, message.to_address
    length = message.content_length
    if length is not None and length > len(message.body):
        # RFC 3261 18.3: "If the message is a request, the element MUST generate a 400
        # (Bad Request) response." A response is silently discarded.
        raise RemoteProtocolError(
            f"Content-Length promises {length} bytes, {len(message.body)} came"
        )
