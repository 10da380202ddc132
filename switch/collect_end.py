"""Why reading a caller's keys ended: one vocabulary for whoever reads them and for flows."""

from __future__ import annotations

from enum import StrEnum


class CollectEnd(StrEnum):
    """Why reading keys ended."""

    COMPLETE = "complete"
    """As many as can be were read."""
    TERMINATED = "terminated"
    """A terminator was pressed, perhaps before any digit."""
    NO_INPUT = "no_input"
    """No key within the first-digit timeout."""
    STOPPED_HALF_WAY = "stopped_half_way"
    """Some keys, then silence for the inter-digit timeout."""
