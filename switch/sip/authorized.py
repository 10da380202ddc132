"""Requests that may be challenged, besides the first INVITE: RFC 3261 22.2 and 22.3."""

from __future__ import annotations

from collections.abc import Callable

from switch.sip.client_transaction import ClientTransaction
from switch.sip.credentials import Challenged, DigestClient
from switch.sip.incoming import IncomingResponse
from switch.sip.requests import OutgoingRequest
from switch.sip.session_host import Outcome, SessionHost


def send_authorized(
    host: SessionHost,
    request: OutgoingRequest,
    now: float,
    outcome: Outcome,
    client: DigestClient,
    next_cseq: Callable[[], int],
    sent: Callable[[OutgoingRequest], None] | None = None,
) -> ClientTransaction:
    """Send a request, and answer a 401 or 407 to it before `outcome` hears of anything.

    Args:
        next_cseq: takes the next number for the request that is sent again: it is a new one
            (RFC 3261 22.2).
        sent: gets the request each time, as it goes out.
    """
    cnonce = host.ids.nonce()
    request.headers += client.headers(request.method, request.uri, cnonce)
    challenged = Challenged(client)

    def send(attempt: OutgoingRequest, at: float) -> ClientTransaction:
        def on_response(response: IncomingResponse, when: float) -> None:
            if response.code in (401, 407):
                again = challenged.again(attempt, response, next_cseq(), host.ids.nonce())
                if again is not None:
                    send(again, when)
                    return
            outcome.on_response(response, when)

        if sent is not None:
            sent(attempt)
        return host.layer.send_request(attempt, at, Outcome(on_response, outcome.on_failure))

    return send(request, now)
