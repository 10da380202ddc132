"""What a media worker reports of a leg's stream, as the leg tells it to its call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from switch.calls.leg_events import (
    LegAudioBegan,
    LegDigit,
    LegEvent,
    LegFaxHeard,
    LegMessageTaken,
    LegPlayed,
    LegRecordingEnded,
)
from switch.media.messages import (
    AudioBegan,
    Digit,
    FaxTone,
    MessageTaken,
    Played,
    RecordingEnded,
    Report,
)

if TYPE_CHECKING:
    from switch.calls.leg import Leg


def event_of(leg: Leg, report: Report) -> LegEvent | None:
    """Return what a report means for the call; None when it means nothing to it."""
    match report:
        case Digit(digit=digit, method=method):
            return LegDigit(leg, digit, method)
        case FaxTone():
            return LegFaxHeard(leg)
        case Played(play=play, completed=completed):
            return LegPlayed(leg, play, completed)
        case AudioBegan(direction=direction):
            return LegAudioBegan(leg, direction)
        case MessageTaken(path=path, seconds=seconds, end=end, error=error):
            return LegMessageTaken(leg, path, seconds, end, error)
        case RecordingEnded(path=path, error=error):
            return LegRecordingEnded(leg, path, error)
        case _:
            return None  # counters are for the metrics
