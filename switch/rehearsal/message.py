"""PURE: leaving a message in a rehearsed call: speech, silence, keys, and the longest time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from switch.errors import CallOver
from switch.ivr.acts import Recorded, RecordEnd, RecordMessage
from switch.rehearsal.caller import Presses, Speaks

if TYPE_CHECKING:
    from switch.rehearsal.call import RehearsedCall

BEEP_SECONDS = 0.3


async def take_message(call: RehearsedCall, how: RecordMessage) -> Recorded:
    """Take the caller's message, as `Call.record` says, after its prompts."""
    if how.beep:
        call.act_until(call.clock + BEEP_SECONDS)
    call.typed.clear()
    began = call.clock
    latest = began + how.max_seconds
    spoken_until = began
    said = False
    number = len(call.messages) + 1
    path = f"/rehearsal/message-{number}.wav"

    def recorded(end: RecordEnd, until: float) -> Recorded:
        if not said and end is not RecordEnd.FAILED:
            return Recorded(RecordEnd.NOTHING_SAID)
        return Recorded(end, path, round(until - began, 3))

    while True:
        silent_at = min(spoken_until + how.silence_seconds, latest)
        await call.ask(f"a message, for {how.max_seconds:g} s at most: `speak 12`, `1`, `hangup`")
        due = call.caller.due
        if due is None or due > silent_at:
            call.act_until(silent_at)
            end = RecordEnd.MAX_SECONDS if silent_at == latest else RecordEnd.SILENCE
            return recorded(end, spoken_until if end is RecordEnd.SILENCE else latest)
        try:
            act = call.act_until(silent_at, once=True)
        except CallOver:
            if said:  # who goes during the message has left one
                return recorded(RecordEnd.HUNG_UP, call.clock)
            raise
        match act:
            case Speaks(seconds=seconds):
                said = True
                spoken_until = min(call.clock + seconds, latest)
                call.caller.spoke_until(spoken_until)
            case Presses(keys=keys) if how.terminators & set(keys):
                call.typed.clear()
                return recorded(RecordEnd.TERMINATED, call.clock)
            case _:
                call.typed.clear()
