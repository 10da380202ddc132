"""What the SIP core reports upward, in order, through `SipCore.next_event`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from switch.frozen import frozen
from switch.sip.incoming import IncomingRequest, IncomingResponse
from switch.sip.peer import Peer

if TYPE_CHECKING:
    from switch.sip.invite_session import InviteSession
    from switch.sip.referral import Referral


@frozen()
class SipEvent:
    """Base of all."""


@frozen()
class SessionEvent(SipEvent):
    """Base of what concerns one session."""

    session: InviteSession


@frozen()
class IncomingInvite(SessionEvent):
    """Someone who may do so calls us; `session` awaits `answer` or `reject`."""

    request: IncomingRequest


@frozen()
class SessionRinging(SessionEvent):
    """UAC: a provisional response of 101 to 199."""

    code: int
    sdp: bytes | None
    """What the peer would have us hear meanwhile."""


@frozen()
class SessionAnswered(SessionEvent):
    """UAC: the first 2xx; its ACK is sent."""

    sdp: bytes | None


@frozen()
class SessionFailed(SessionEvent):
    """UAC: no session came about."""

    code: int
    """Final status of 300 to 699; 408 for no response, 503 for no way to the peer."""
    phrase: str
    why: str
    """`refused`, `timeout` or `transport`."""
    response: IncomingResponse | None = None
    """The final response, when one came."""
    alerted: bool = False
    """It rang, or there was early media: somebody has heard of the call."""


@frozen()
class SessionConfirmed(SessionEvent):
    """UAS: the ACK came, also that of a re-INVITE."""

    sdp: bytes | None
    """The answer, when our 2xx carried the offer."""


@frozen()
class EarlyAnswerReceived(SessionEvent):
    """UAS: the answer to the offer in our reliable provisional response came in its PRACK."""

    sdp: bytes


@frozen()
class SessionCancelled(SessionEvent):
    """UAS: the caller gave up before the answer; 487 is sent."""

    reason: str = ""
    """Why, as the peer told in its Reason header (RFC 3326); empty when it did not."""


@frozen()
class SessionEnded(SessionEvent):
    """An answered session is over; exactly once for each."""

    by_remote: bool
    why: str
    """`bye`, `no_ack`, `gone` (the peer knows nothing of it), `timeout`, or `expired` (nobody
    refreshed it, RFC 4028)."""
    reason: str = ""
    """Why, as the peer told in its Reason header (RFC 3326); empty when it did not."""


@frozen()
class ReinviteReceived(SessionEvent):
    """The peer wants other media, by re-INVITE, UPDATE or PRACK: `accept_reinvite` or
    `reject_reinvite` must follow."""

    sdp: bytes | None
    """Its offer; None asks us for one."""


@frozen()
class ReinviteAnswered(SessionEvent):
    """The peer accepted our re-INVITE or UPDATE, one that only refreshes too."""

    offer: bytes
    """What we had offered; empty for none."""
    sdp: bytes | None


@frozen()
class ReinviteFailed(SessionEvent):
    """The peer refused our re-INVITE or UPDATE; the session stays as it was."""

    code: int


@frozen()
class ReferReceived(SessionEvent):
    """The peer wants its partner to be called elsewhere: accept or refuse it."""

    referral: Referral


@frozen()
class InfoReceived(SessionEvent):
    """An INFO came and is answered."""

    content_type: str
    body: bytes


@frozen()
class HeadsetBound(SipEvent):
    """A headset registered a contact, for the first time or again."""

    username: str
    contact: str
    peer: Peer
    """Where it registered from."""
    expires_seconds: float
    refreshed: bool
    keep_alive_seconds: int = 0
    """It has promised to say at least so often that it is there; 0: it has not."""


@frozen()
class HeadsetSilent(SipEvent):
    """A registered headset does not answer OPTIONS any more; once, until it answers again."""

    username: str
    contact: str
    answered_before: bool


@frozen()
class HeadsetAnswers(SipEvent):
    """A headset that was silent answers again."""

    username: str
    contact: str


@frozen()
class HeadsetUnbound(SipEvent):
    """A contact is gone: removed by the headset, or expired."""

    username: str
    contact: str
    expired: bool


@frozen()
class StrangerRefused(SipEvent):
    """An INVITE from nobody we know was refused; of a flood, only the first are told."""

    peer: Peer
    request: IncomingRequest
    code: int
    """403, or 401 where a headset might have been meant."""


@frozen()
class PasswordsGuessed(SipEvent):
    """So many wrong passwords that nothing more is believed for a while."""

    kind: str
    """`source` or `account`."""
    name: str
    failures: int
    seconds: float
