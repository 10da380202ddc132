"""What a leg tells its call, in words that know nothing of SIP requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from switch.frozen import frozen

if TYPE_CHECKING:
    from switch.calls.leg import Leg
    from switch.sip.referral import Referral


@frozen()
class LegEvent:
    """Base: something happened on `leg`."""

    leg: Leg


@frozen()
class LegRinging(LegEvent):
    """The far phone rings."""

    sip_code: int
    audible: bool
    """It, or the network in front of it, lets itself be heard before it answers."""


@frozen()
class LegAnswered(LegEvent):
    """The far phone answered and media is negotiated."""


@frozen()
class LegFailed(LegEvent):
    """The leg came to nothing."""

    sip_code: int
    """408 for no response, 503 for no transport, 488 for no usable answer."""
    detail: str
    reason: str = ""
    """The far side's Reason header (RFC 3326, RFC 6432)."""


@frozen()
class LegCancelled(LegEvent):
    """The caller gave up before we answered."""

    reason: str = ""
    """The caller's Reason header."""


@frozen()
class LegEnded(LegEvent):
    """An answered leg is over."""

    by_remote: bool
    why: str
    """`bye`, `no_ack`, `transport` and the like."""
    reason: str = ""
    """The party's Reason header."""


@frozen()
class LegHeld(LegEvent):
    """The party on this leg put us on hold."""


@frozen()
class LegResumed(LegEvent):
    """The party on this leg took us off hold."""


@frozen()
class LegChanged(LegEvent):
    """The party has changed its session: other media, another address, or just a refresh."""


@frozen()
class LegReferred(LegEvent):
    """The party wants its partner to be connected elsewhere; the referral must be answered."""

    referral: Referral


@frozen()
class LegDigit(LegEvent):
    """The party pressed a key."""

    digit: str
    method: str
    """`rfc4733`, `inband` or `info`."""


@frozen()
class LegFaxHeard(LegEvent):
    """The party is a fax machine."""


@frozen()
class LegPlayed(LegEvent):
    """What was playing towards the party has ended."""

    play: int
    completed: bool


@frozen()
class LegMediaLost(LegEvent):
    """The media worker of this leg has died."""


@frozen()
class LegAudioBegan(LegEvent):
    """The first packet was `received` from the party, or the first `relayed` to it."""

    direction: str


@frozen()
class LegMessageTaken(LegEvent):
    """The party's message is complete."""

    path: str
    """Empty when nothing was said."""
    seconds: float
    end: str
    """`silence`, `max_seconds` or `stopped`."""
    error: str
    """Empty when it is whole."""


@frozen()
class LegRecordingEnded(LegEvent):
    """The recording of this leg is closed."""

    path: str
    error: str
    """Empty when it is whole."""
