"""Speaking to the caller and reading keys: the two things every flow is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from switch.calls.digit_reader import DigitReader
from switch.calls.leg_events import LegDigit, LegMessageTaken, LegPlayed
from switch.calls.session import CallSession
from switch.errors import CallOver, FaxHeard
from switch.frozen import frozen

_KEY_SECONDS = 0.2
"""Of a message's end that a key has sounded into."""
_DISK_SECONDS = 10.0
"""How long a message may take to come to the disk."""


@frozen()
class _ReadTimeout:
    """The deadline of a `DigitReader` may have passed."""

    reader: DigitReader


def be_heard(session: CallSession) -> None:
    """Let the caller hear us before we answer; answer where that cannot be.

    Raises:
        RemoteProtocolError: the caller's offer cannot be answered.
    """
    if session.termination is None and not session.inbound.be_heard():
        session.answer()


async def play(session: CallSession, files: Sequence[str], *, barge_in: bool) -> None:
    """Play files to the end, or until a key is pressed if that may interrupt.

    Keys that may not interrupt are thrown away.
    """
    if files and not (barge_in and session.keys):
        number = session.inbound.play(files)
        while True:
            try:
                event = await session.mailbox.next()
            except FaxHeard:
                session.inbound.stop_playing(number)
                raise
            if isinstance(event, LegPlayed) and event.play == number:
                break
            if barge_in and isinstance(event, LegDigit):
                session.inbound.stop_playing(number)
                break
    if not barge_in:
        session.keys.clear()


async def take_message(
    session: CallSession,
    path: str,
    max_seconds: float,
    silence_seconds: float,
    terminators: frozenset[str],
) -> tuple[LegMessageTaken | None, str]:
    """Take down what the caller says.

    Returns:
        What was taken, None when it is lost, and why it ended: as the leg told, `terminated`
        by a key, or `hung_up`: a caller who goes has left a message all the same.
    """
    taken = session.message = asyncio.get_running_loop().create_future()
    end = ""
    try:
        session.inbound.take_message(path, max_seconds, silence_seconds)
        while not taken.done():
            event = await session.mailbox.next()
            if isinstance(event, LegDigit):
                session.keys.read_all()
                if event.digit in terminators and not end:
                    end = "terminated"
                    session.inbound.stop_message(_KEY_SECONDS)
    except CallOver:
        end = end or "hung_up"
        session.inbound.stop_message()
    except FaxHeard:
        session.inbound.stop_message()
        session.message = None
        raise
    await asyncio.wait([taken], timeout=_DISK_SECONDS)
    session.message = None
    session.keys.clear()
    if not taken.done() or taken.cancelled():
        return None, end
    found: LegMessageTaken = taken.result()
    return found, end or found.end


async def read_digits(
    session: CallSession, files: Sequence[str], reader: DigitReader, *, barge_in: bool
) -> None:
    """Play files and read keys, those typed ahead first, until `reader.end` is set."""
    await play(session, files, barge_in=barge_in)
    endpoint = session.services.endpoint
    reader.prompts_ended(endpoint.now())
    loop = asyncio.get_running_loop()
    while True:
        while session.keys and reader.end is None:
            if reader.receive_digit(session.keys.first, endpoint.now()):
                session.keys.read()
        if reader.end is not None:
            return
        assert reader.deadline is not None
        delay = reader.deadline - endpoint.now()
        timer = loop.call_later(max(delay, 0.0), session.mailbox.put, _ReadTimeout(reader))
        try:
            event = await session.mailbox.next()
        finally:
            timer.cancel()
        if isinstance(event, _ReadTimeout) and event.reader is reader:
            reader.handle_timer(endpoint.now())
