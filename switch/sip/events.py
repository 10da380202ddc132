"""What the SIP core reports upward, in order, through `SipCore.next_event`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from switch.sip.incoming import IncomingRequest
from switch.sip.peer import Peer

if TYPE_CHECKING:
    from switch.sip.invite_session import InviteSession


@dataclass(frozen=True, slots=True)
class SipEvent:
    """Base of all."""


@dataclass(frozen=True, slots=True)
class SessionEvent(SipEvent):
    """Base of what concerns one session."""

    session: InviteSession


@dataclass(frozen=True, slots=True)
class IncomingInvite(SessionEvent):
    """Someone who may do so calls us; `session` awaits `answer` or `reject`."""

    request: IncomingRequest


@dataclass(frozen=True, slots=True)
class SessionRinging(SessionEvent):
    """UAC: a provisional response of 101 to 199."""

    code: int
    sdp: bytes | None


@dataclass(frozen=True, slots=True)
class SessionAnswered(SessionEvent):
    """UAC: the first 2xx; its ACK is sent."""

    sdp: bytes | None


@dataclass(frozen=True, slots=True)
class SessionFailed(SessionEvent):
    """UAC: no session came about."""

    code: int
    """Final status of 300 to 699; 408 for no response, 503 for no way to the peer."""
    phrase: str
    why: str
    """`refused`, `timeout` or `transport`."""


@dataclass(frozen=True, slots=True)
class SessionConfirmed(SessionEvent):
    """UAS: the ACK came, also that of a re-INVITE."""

    sdp: bytes | None
    """The answer, when our 2xx carried the offer."""


@dataclass(frozen=True, slots=True)
class SessionCancelled(SessionEvent):
    """UAS: the caller gave up before the answer; 487 is sent."""


@dataclass(frozen=True, slots=True)
class SessionEnded(SessionEvent):
    """An answered session is over; exactly once for each."""

    by_remote: bool
    why: str
    """`bye`, `no_ack`, `gone` (the peer knows nothing of it) or `timeout`."""


@dataclass(frozen=True, slots=True)
class ReinviteReceived(SessionEvent):
    """The peer wants other media: `accept_reinvite` or `reject_reinvite` must follow."""

    sdp: bytes | None
    """Its offer; None asks us for one."""


@dataclass(frozen=True, slots=True)
class ReinviteAnswered(SessionEvent):
    """The peer accepted our re-INVITE."""

    sdp: bytes | None


@dataclass(frozen=True, slots=True)
class ReinviteFailed(SessionEvent):
    """The peer refused our re-INVITE; the session stays as it was."""

    code: int


@dataclass(frozen=True, slots=True)
class InfoReceived(SessionEvent):
    """An INFO came and is answered."""

    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class HeadsetBound(SipEvent):
    """A headset registered a contact, for the first time or again."""

    username: str
    contact: str
    peer: Peer
    expires_seconds: float
    refreshed: bool


@dataclass(frozen=True, slots=True)
class HeadsetUnbound(SipEvent):
    """A contact is gone: removed by the headset, or expired."""

    username: str
    contact: str
    expired: bool


@dataclass(frozen=True, slots=True)
class StrangerRefused(SipEvent):
    """An INVITE from nobody we know was answered 403, once per INVITE received."""

    peer: Peer
    request: IncomingRequest
