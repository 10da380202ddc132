"""What calls of this switch share for their flows: sounds, mailboxes, services, tables."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import tzinfo
from typing import Protocol

from switch.app.caller_sounds import SoundSource, SpeechCounts
from switch.app.conversation import Conversations
from switch.app.headset_calls import HeadsetCalls
from switch.app.queue_visit import QueueVisit
from switch.app.routing_desk import RoutingDesk
from switch.app.transfers import Transfers
from switch.app.turns import Turns
from switch.app.voicemail import Voicemail
from switch.calls.session import CallSession
from switch.frozen import frozen
from switch.ivr.call import (
    CallbackEnd,
    CallbackRequest,
    Facts,
    HttpRequest,
    HttpResult,
    QueueRequest,
    Scalar,
)

Visit = Callable[[CallSession, QueueRequest, Facts, float | None], QueueVisit]
"""Makes a visit to a queue; the last is since when the place counts, if not from now."""


class OffersPlace(Protocol):
    """Returns whether a caller (number, queue) is to be asked about an old place."""

    def __call__(self, caller: str, queue: str, *, asked: bool) -> bool: ...


RequestCallback = Callable[[CallSession, Facts, CallbackRequest, float | None], CallbackEnd]
"""Takes a callback in; the last is since when the call's place counts, if it has one."""


@frozen()
class FlowServices:
    """Handed to every `IvrCall`."""

    turns: Turns
    zone: tzinfo | None
    """In which flows tell the time; None: this machine's."""
    sounds: SoundSource
    speech: SpeechCounts
    beep: str
    """The file of the tone before a message."""
    visit: Visit
    offers_place: OffersPlace
    voicemail: Voicemail
    http: Callable[[HttpRequest], Awaitable[HttpResult]]
    lookup: Callable[[str, str], Awaitable[Mapping[str, Scalar] | None]]
    desk: RoutingDesk
    conversations: Conversations
    transfers: Transfers
    headset_calls: HeadsetCalls
    request_callback: RequestCallback
    deliver_without_call: Callable[[str, object], None]
    """Gets the router's events about places with nobody on the line."""
