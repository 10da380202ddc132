"""How a call ended: one closed vocabulary for records, metrics, logs and MQTT."""

from __future__ import annotations

from enum import StrEnum

from switch.frozen import frozen


class Result(StrEnum):
    """The four ways a call can end, as a report would count them."""

    COMPLETED = "completed"
    """The caller got what the flow promised."""
    ABANDONED = "abandoned"
    """The caller left before that."""
    REJECTED = "rejected"
    """We refused the call; no media flowed."""
    FAILED = "failed"
    """Something broke."""


class Reason(StrEnum):
    """Why, in one word. Each belongs to one or two results."""

    CALLER_HUNG_UP = "caller_hung_up"
    AGENT_HUNG_UP = "agent_hung_up"
    FLOW_ENDED = "flow_ended"
    CALLER_CANCELLED = "caller_cancelled"
    UNKNOWN_NUMBER = "unknown_number"
    NO_FLOW = "no_flow"
    NO_COMMON_CODEC = "no_common_codec"
    BAD_OFFER = "bad_offer"
    DRAINING = "draining"
    OVERLOADED = "overloaded"
    FORBIDDEN = "forbidden"
    FEATURE_CODE = "feature_code"
    TRANSFERRED = "transferred"
    NO_PORTS = "no_ports"
    MEDIA_LOST = "media_lost"
    NO_ACK = "no_ack"
    PEER_UNREACHABLE = "peer_unreachable"
    FLOW_ERROR = "flow_error"
    INTERNAL_ERROR = "internal_error"
    SWITCH_STOPPED = "switch_stopped"


@frozen()
class Termination:
    """The end of a call."""

    result: Result
    reason: Reason
    sip_code: int = 0
    """The SIP status that ended the caller's leg; 0 after a BYE."""
    detail: str = ""
    """Free text for the operator: which header, which worker, which exception."""
    cause: int = 0
    """ITU-T Q.850, told in a BYE's Reason; 0: the one that belongs to the reason."""
