"""PURE: what flows do that a record keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Transfer:
    """The caller was, or was not, connected with somebody, by the flow or by an agent."""

    at: datetime
    """When it was over."""
    agent: str
    number: str
    trunk: str
    outcome: str
    sip_code: int
    talk_seconds: float
    by: str = ""
    """The agent who handed the caller on; empty: the flow did."""
    queue: str = ""
    """To which an agent handed the caller on."""
    reason: str = ""
    """Why the far end refused or hung up, as it told."""


@dataclass(slots=True)
class VoiceMessage:
    """The caller left a message."""

    at: datetime
    box: str
    path: str
    seconds: float
