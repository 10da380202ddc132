"""PURE: what the other party is told when we end a leg, per reason of the call's end."""

from __future__ import annotations

from switch.termination import Reason, Termination

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


def refusal_status(termination: Termination) -> int:
    """Return the SIP status that refuses an unanswered call so ended."""
    return termination.sip_code or _STATUS.get(termination.reason, 480)


def reason_header(termination: Termination) -> str:
    """Return the value of the Reason header of a BYE or CANCEL (RFC 3326)."""
    cause, text = _Q850.get(termination.reason, (16, "Normal call clearing"))
    return f'Q.850;cause={cause};text="{text}"'
