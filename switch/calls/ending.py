"""PURE: why a call ends, and what the other party is told when we end a leg for that."""

from __future__ import annotations

import re

from switch.errors import RemoteProtocolError
from switch.termination import Reason, Result, Termination

_STATUS: dict[Reason, int] = {
    Reason.UNKNOWN_NUMBER: 404,
    Reason.NO_FLOW: 503,
    Reason.NO_COMMON_CODEC: 488,
    Reason.BAD_OFFER: 400,
    Reason.DRAINING: 503,
    Reason.OVERLOADED: 503,
    Reason.FORBIDDEN: 403,
    Reason.NO_PORTS: 503,
    Reason.MEDIA_LOST: 503,
    Reason.FLOW_ERROR: 500,
    Reason.INTERNAL_ERROR: 500,
    Reason.SWITCH_STOPPED: 503,
    Reason.FLOW_ENDED: 480,
}
"""Final status for an INVITE that was not answered (RFC 3261 21)."""

_Q850: dict[Reason, tuple[int, str]] = {
    Reason.MEDIA_LOST: (41, "Temporary failure"),
    Reason.NO_PORTS: (47, "Resource unavailable"),
    Reason.FLOW_ERROR: (41, "Temporary failure"),
    Reason.INTERNAL_ERROR: (41, "Temporary failure"),
    Reason.SWITCH_STOPPED: (41, "Temporary failure"),
    Reason.NO_COMMON_CODEC: (88, "Incompatible destination"),
}
"""ITU-T Q.850 cause for a BYE; everything else is 16, normal clearing."""
_TEXTS = {17: "User busy", 18: "No user responding", 21: "Call rejected"}
"""Of causes that a termination names itself."""


_REASON = re.compile(
    r"(?P<protocol>[A-Za-z0-9.!%*_+`\'~-]{1,32})\s*"
    r'(?P<parameters>(?:\s*;\s*[A-Za-z0-9_-]+(?:\s*=\s*(?:"[^"\\\x00-\x1f]*"|[A-Za-z0-9._+-]+))?)*)'
)
_PARAMETER = re.compile(r';\s*(cause|text)\s*=\s*(?:"([^"]*)"|([A-Za-z0-9._+-]+))', re.I)
_LONGEST_REASON = 256


def heard_reason(value: str) -> str:
    """Return a party's Reason fit to be passed on to the other; empty when it is none."""
    value = value.strip()
    whole = len(value) <= _LONGEST_REASON and value.isascii() and value.isprintable()
    return value if whole and all(_read(value)) else ""


def told_reason(value: str) -> str:
    """Return a party's Reason for a person: `Q.850 17 (User busy)`; empty when it told none."""
    parts = []
    for found in _read(heard_reason(value)):
        if found is None:
            return ""
        given = {
            name.lower(): quoted or plain
            for name, quoted, plain in _PARAMETER.findall(found["parameters"])
        }
        text = f" ({given['text']})" if given.get("text") else ""
        parts.append(f"{found['protocol']} {given.get('cause', '')}".strip() + text)
    return ", ".join(parts)


def _read(value: str) -> list[re.Match[str] | None]:
    """Split the values of a Reason header: the commas outside of quotes part them."""
    values = re.findall(r'(?:[^",]|"[^"]*")+', value)
    return [_REASON.fullmatch(each.strip()) for each in values]


def refusal_status(termination: Termination) -> int:
    """Return the SIP status that refuses an unanswered call so ended."""
    return termination.sip_code or _STATUS.get(termination.reason, 480)


def refusal_headers(termination: Termination) -> list[tuple[str, str]]:
    """Return the headers of the response that refuses an unanswered call so ended."""
    if refusal_status(termination) == 503:
        return [("Retry-After", "5")]
    if termination.reason in (Reason.NO_COMMON_CODEC, Reason.BAD_OFFER):
        return [warning(termination.detail)]
    return []


def reason_header(termination: Termination) -> str:
    """Return the value of the Reason header of a BYE or CANCEL (RFC 3326)."""
    cause, text = _Q850.get(termination.reason, (16, "Normal call clearing"))
    if termination.cause:
        cause, text = termination.cause, _TEXTS.get(termination.cause, text)
    return f'Q.850;cause={cause};text="{text}"'


def warning(text: str) -> tuple[str, str]:
    """Return the header that tells a peer what is wrong with its description.

    RFC 3261 13.3.1.3 wants one with 488; 20.43: 399 is for who reads the log there.
    """
    return "Warning", f'399 Freeline "{quotable(text)}"'


def quotable(text: str) -> str:
    """Return a message fit for a quoted string in a header."""
    return text.replace("\\", "").replace('"', "'").partition("\n")[0]


def because(protocol: str, cause: int, why: str) -> str:
    """Return the value of a Reason header that tells a party why we part with it."""
    return f'{protocol};cause={cause};text="{quotable(why)}"'


def ended_by_caller(by_remote: bool, why: str, told: str, *, talked: bool) -> Termination:
    """Return how a call ends whose caller's leg is over.

    Args:
        why: as in `LegEnded`.
        told: the caller's Reason, as it is shown.
        talked: the caller has talked to an agent.
    """
    if by_remote:
        result = Result.COMPLETED if talked else Result.ABANDONED
        return Termination(result, Reason.CALLER_HUNG_UP, detail=told)
    if why == "no_ack":
        return Termination(Result.FAILED, Reason.NO_ACK, detail="no ACK to our 200")
    if why == "no_common_codec":
        return Termination(Result.FAILED, Reason.NO_COMMON_CODEC, 488)
    return Termination(Result.FAILED, Reason.PEER_UNREACHABLE, detail=why)


def ended_by_flow(heard: str, *, talked: bool) -> Termination:
    """Return how a call ends whose flow is over, or whose agent has hung up.

    Args:
        heard: the Reason that an agent's headset gave, as a header's value.
        talked: the caller has talked to an agent.
    """
    reason = Reason.AGENT_HUNG_UP if talked else Reason.FLOW_ENDED
    return Termination(Result.COMPLETED, reason, detail=told_reason(heard))


def refused_offer(error: RemoteProtocolError) -> Termination:
    """Return how a call ends whose offer cannot be answered."""
    reason = Reason.NO_COMMON_CODEC if error.status_hint == 488 else Reason.BAD_OFFER
    return Termination(Result.REJECTED, reason, error.status_hint, str(error))
