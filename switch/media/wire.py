"""PURE: messages between core and worker as bytes: one packet is a list of messages."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from switch.errors import MediaError
from switch.media.messages import (
    Adopt,
    Allocate,
    Allocated,
    AllocateFailed,
    AudioBegan,
    Bridge,
    Command,
    Connect,
    Digit,
    FaxTone,
    LinkLost,
    ListenForTones,
    MessageTaken,
    Play,
    Played,
    Prepare,
    Prepared,
    Record,
    RecordingEnded,
    Release,
    Released,
    Report,
    Retire,
    SilenceRecording,
    Silent,
    Stats,
    StopMessage,
    StopPlaying,
    StopRecording,
    Survived,
    SurvivorsTold,
    TakeMessage,
    Unbridge,
    UseCertificate,
)

MAX_BATCH = 64
"""Messages in one packet at most: a packet stays far below the socket's limit."""

MAX_PACKET_BYTES = 256 * 1024

AnyCommand = (
    Adopt
    | Allocate
    | Bridge
    | Connect
    | ListenForTones
    | Play
    | Prepare
    | Record
    | Release
    | Retire
    | SilenceRecording
    | StopMessage
    | StopPlaying
    | StopRecording
    | TakeMessage
    | Unbridge
    | UseCertificate
)
AnyReport = (
    Allocated
    | AllocateFailed
    | AudioBegan
    | Digit
    | FaxTone
    | LinkLost
    | MessageTaken
    | Played
    | Prepared
    | RecordingEnded
    | Released
    | Silent
    | Stats
    | Survived
    | SurvivorsTold
)

_encoder = msgspec.msgpack.Encoder()
_commands = msgspec.msgpack.Decoder(list[AnyCommand])
_reports = msgspec.msgpack.Decoder(list[AnyReport])


class WorkerSettings(msgspec.Struct, frozen=True):
    """What the pool tells a new worker, as JSON on its command line."""

    address: str
    low: int
    high: int
    worker: int
    workers: int
    stats_seconds: float
    silence_seconds: float
    cname: str
    fast_relay: bool
    wideband: bool
    meeting_place: str = ""
    """Where the next core finds this worker when the first one has gone (`meeting.py`)."""
    outlive_seconds: float = 0.0
    """How long talking calls go on without a core; 0: the worker ends with its core."""
    other_address: str = ""
    """Of the other version of IP; empty without."""


def encode(messages: Sequence[Command] | Sequence[Report]) -> bytes:
    """Return one packet."""
    return _encoder.encode(messages)


def decode_commands(packet: bytes) -> list[AnyCommand]:
    """Return the commands of a packet from the core.

    Raises:
        MediaError: it holds something else.
    """
    try:
        return _commands.decode(packet)
    except (ValueError, RecursionError) as error:
        raise MediaError(f"this is no packet of commands: {error}") from error


def decode_reports(packet: bytes) -> list[AnyReport]:
    """Return the reports of a packet from a worker.

    Raises:
        MediaError: it holds something else.
    """
    try:
        return _reports.decode(packet)
    except (ValueError, RecursionError) as error:
        raise MediaError(f"this is no packet of reports: {error}") from error
