"""Steps of SIPp scenarios inside a dialog: what phones and carriers do besides talking."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.sipp_scenario import headset_request, ok, request, send


def refer(to: str, *, cseq: int, headers: Sequence[str] = ()) -> str:
    """The headset wants its caller to be connected elsewhere."""
    listed = [f"Refer-To: <{to}>", "Referred-By: <sip:headset@[local_ip]>", *headers]
    return send(headset_request("REFER", cseq, f"refer{cseq}", headers=listed), retransmit=True)


def is_notified(status: int) -> list[str]:
    """Be told how a transfer goes, and answer 200."""
    check = (
        f'<action><ereg regexp="SIP/2.0 {status}" search_in="body" check_it="true" '
        f'assign_to="told"/></action>'
    )
    return [
        f'<recv request="NOTIFY" timeout="15000">{check}</recv><Reference variables="told"/>',
        ok(),
    ]


def caller_request(
    method: str, cseq: int, *, body: str = "", headers: Sequence[str] = (), branch: str = ""
) -> str:
    """Return a step with which the caller sends any request within its call."""
    text = request(
        method,
        cseq,
        uri="[next_url]",
        to_tag=True,
        branch=branch or f"{method}{cseq}",
        headers=headers,
        body=body,
    )
    return send(text, retransmit=method != "ACK")
