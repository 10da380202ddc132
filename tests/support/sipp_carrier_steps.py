"""Steps of a carrier that SIPp plays: registrar, answers to OPTIONS, challenges."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.sipp_scenario import send


def answer(code: int, phrase: str, headers: Sequence[str] = ()) -> str:
    """Answer the request that came last, outside a call."""
    lines = [
        f"SIP/2.0 {code} {phrase}",
        *("[last_Via:]", "[last_From:]", "[last_To:];tag=[pid]c[call_number]"),
        *("[last_Call-ID:]", "[last_CSeq:]"),
        *headers,
        "Content-Length: 0",
    ]
    return send("\n".join(lines))


def receive_proved(method: str, username: str, password: str) -> str:
    """Wait for a request whose credentials SIPp finds right; others end it."""
    return (
        f'<recv request="{method}" timeout="15000"><action>'
        f'<verifyauth assign_to="proved" username="{username}" password="{password}"/>'
        "</action></recv>"
        '<nop condexec="proved" condexec_inverse="true"><action>'
        '<exec int_cmd="stop_now"/></action></nop>'
    )


CHALLENGE = 'WWW-Authenticate: Digest realm="carrier", nonce="47ebe028cda119c35d4877b383027d28",'
CHALLENGED = answer(401, "Unauthorized", [f'{CHALLENGE} algorithm=MD5, qop="auth"'])
