"""PURE: frames of messages, as they lie in the ring and in files.

A frame is a length (four bytes, big-endian) and MessagePack: what a fraction of a second
brought. A file that was cut off ends with a part of a frame, which is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

Direction = Literal[0, 1, 2]
RECEIVED: Direction = 0
SENT: Direction = 1
UNREACHABLE: Direction = 2
"""No message: the network said that this peer cannot be reached."""

Kind = Literal["calls", "upkeep", "strangers"]
"""Which ring a frame is of; each has room of its own. Upkeep is what registered headsets and we
say to each other without a call: REGISTER, OPTIONS, keep-alives."""

KINDS: tuple[Kind, ...] = ("calls", "upkeep", "strangers")

Place = tuple[str, int]


class Message(msgspec.Struct, frozen=True, array_like=True):
    """One message as it was on the wire; the fields in the order of `Sealed`."""

    at: float
    """Of the clock that the frame's `offset` brings to Unix time."""
    direction: int
    data: bytes
    transport: str
    remote: Place
    local: Place
    connection: int


class Note(msgspec.Struct, frozen=True, array_like=True):
    """What the switch knew of a call: it arrived, ended or was rejected."""

    at: float
    """Unix time."""
    what: str
    """`arrived`, `ended` or `rejected`."""
    call: str
    """The switch call id; empty for one that was rejected."""
    sip_call_id: str
    """Of the caller's leg; empty at its end."""
    caller: str = ""
    dialled: str = ""
    result: str = ""
    reason: str = ""
    sip_code: int = 0


class Frame(msgspec.Struct, frozen=True):
    """What was sealed at once."""

    id: int
    """Unix time in nanoseconds: rises, also over restarts."""
    kind: Kind
    offset: float
    """To be added to a message's `at`, for Unix time."""
    messages: list[Message]
    notes: list[Note] = []
    left_out: int = 0
    """Messages of strangers who sent too many at once."""


Sealed = tuple[float, int, bytes, str, Place, Place, int]
"""A message before it is encoded: what `Message` reads."""

_LENGTH_BYTES = 4
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Frame).decode


def encode(
    number: int,
    kind: Kind,
    offset: float,
    messages: Sequence[Sealed],
    notes: Sequence[Note] = (),
    left_out: int = 0,
) -> bytes:
    """Return a frame as bytes, with its length."""
    body = _encode(
        {
            "id": number,
            "kind": kind,
            "offset": offset,
            "messages": messages,
            "notes": notes,
            "left_out": left_out,
        }
    )
    return len(body).to_bytes(_LENGTH_BYTES) + body


def decode(data: bytes) -> Iterator[Frame]:
    """Yield the frames in a file's or an answer's bytes; a part at the end is left out."""
    view = memoryview(data)
    at = 0
    while at + _LENGTH_BYTES <= len(data):
        end = at + _LENGTH_BYTES + int.from_bytes(view[at : at + _LENGTH_BYTES])
        if end > len(data):
            return
        try:
            yield _decode(view[at + _LENGTH_BYTES : end])
        except msgspec.MsgspecError:
            return  # of another version, or damaged: what follows cannot be trusted either
        at = end


def unix_time(message: Message, frame: Frame) -> float:
    """Return when a message was sent or received."""
    return message.at + frame.offset
