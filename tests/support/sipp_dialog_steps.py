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


def receive_request(method: str, *, timeout_ms: int = 15_000) -> str:
    """Wait for a request of the other side, and keep what `reply_kept` needs of it."""
    names = ("Via", "From", "To", "CSeq")
    kept = "".join(
        f'<ereg regexp=".+" search_in="hdr" header="{name}:" assign_to="kept{name}"/>'
        for name in names
    )
    listed = ",".join(f"kept{name}" for name in names)
    return (
        f'<recv request="{method}" timeout="{timeout_ms}"><action>{kept}</action></recv>'
        f'<Reference variables="{listed}"/>'
    )


def reply_kept(code: int, phrase: str, body: str = "") -> str:
    """Answer the request that was kept, whatever has come since."""
    lines = [
        f"SIP/2.0 {code} {phrase}",
        *(f"{name}:[$kept{name}]" for name in ("Via", "From", "To", "CSeq")),
        "Call-ID: [call_id]",
        "Contact: <sip:[caller]@[local_ip]:[local_port];transport=[transport]>",
    ]
    if body:
        lines += ["Content-Type: application/sdp", "Content-Length: [len]", "", body]
    else:
        lines += ["Content-Length: 0"]
    return send("\n".join(lines))
