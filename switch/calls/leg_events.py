"""What a leg tells its call, in words that know nothing of SIP requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from switch.calls.leg import Leg


@dataclass(frozen=True, slots=True)
class LegEvent:
    """Base: something happened on `leg`."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class LegRinging(LegEvent):
    """The far phone rings."""

    sip_code: int


@dataclass(frozen=True, slots=True)
class LegAnswered(LegEvent):
    """The far phone answered and media is negotiated."""


@dataclass(frozen=True, slots=True)
class LegFailed(LegEvent):
    """The leg came to nothing."""

    sip_code: int
    """408 for no response, 503 for no transport, 488 for no usable answer."""
    detail: str


@dataclass(frozen=True, slots=True)
class LegCancelled(LegEvent):
    """The caller gave up before we answered."""


@dataclass(frozen=True, slots=True)
class LegEnded(LegEvent):
    """An answered leg is over."""

    by_remote: bool
    why: str
    """`bye`, `no_ack`, `transport` and the like."""


@dataclass(frozen=True, slots=True)
class LegHeld(LegEvent):
    """The party on this leg put us on hold."""


@dataclass(frozen=True, slots=True)
class LegResumed(LegEvent):
    """The party on this leg took us off hold."""


@dataclass(frozen=True, slots=True)
class LegDigit(LegEvent):
    """The party pressed a key."""

    digit: str
    method: str
    """`rfc4733` or `info`."""


@dataclass(frozen=True, slots=True)
class LegPlayed(LegEvent):
    """What was playing towards the party has ended."""

    play: int
    completed: bool


@dataclass(frozen=True, slots=True)
class LegMediaLost(LegEvent):
    """The media worker of this leg has died."""


@dataclass(frozen=True, slots=True)
class LegAudioBegan(LegEvent):
    """The first packet was `received` from the party, or the first `relayed` to it."""

    direction: str


@dataclass(frozen=True, slots=True)
class LegRecordingEnded(LegEvent):
    """The recording of this leg is closed."""

    path: str
    error: str
    """Empty when it is whole."""
