"""What every event has; the events themselves stand in `events.py` and `switch_events.py`."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from switch.frozen import frozen


@frozen(kw_only=True)
class Event:
    """Base of all events."""

    kind: ClassVar[str]
    """Last part of the MQTT topic, for example `answered`."""
    at: datetime
    """UTC."""


@frozen(kw_only=True)
class CallEvent(Event):
    """Something about one call."""

    call: str
    """The switch's call id."""


@frozen(kw_only=True)
class AgentEvent(Event):
    """Something about one agent."""

    agent: str
    """The agent's id, as in config/agents.yaml."""
