"""A call record as a row of the `calls` table, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import msgspec

from switch.events import LegMedia
from switch.records.call_record import (
    AudioStart,
    CallRecord,
    NodeStep,
)
from switch.records.told import Transfer, VoiceMessage
from switch.records.waiting import Offer, QueueWait

_FIELDS = tuple(field.name for field in fields(CallRecord))

_LISTS: Mapping[str, Any] = {
    "path": tuple[NodeStep, ...],
    "queues": tuple[QueueWait, ...],
    "offers": tuple[Offer, ...],
    "audio": tuple[AudioStart, ...],
    "media": tuple[LegMedia, ...],
    "tags": dict[str, str | int | float | bool | None],
    "transfers": tuple[Transfer, ...],
    "messages": tuple[VoiceMessage, ...],
}
"""The fields kept as JSON."""


def to_row(record: CallRecord) -> dict[str, Any]:
    """Return the row of a record; lists go to JSON as they are (`database.py`)."""
    return {name: getattr(record, name) for name in _FIELDS}


def from_row(row: Mapping[Any, Any]) -> CallRecord:
    """Return the record of a row."""
    values = {name: row[name] for name in _FIELDS}
    for name, kind in _LISTS.items():
        values[name] = msgspec.convert(values[name], kind)
    return CallRecord(**values)


def to_json(record: CallRecord) -> dict[str, Any]:
    """Return a record as plain JSON values, for programs."""
    plain: dict[str, Any] = msgspec.to_builtins(record)
    return plain
