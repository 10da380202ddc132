"""What is known of whether a registered headset answers; `qualifier.py` finds out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Reach:
    """What is known of a binding's headset; outlives refreshes of the binding."""

    round_trip_seconds: float | None = None
    """Of the last answer."""
    answered_at: float | None = None
    missed: int = 0
    """Questions in a row that were not answered."""
    silent: bool = False
    description: bytes = b""
    """What the headset says that it can do, as SDP; empty if it says nothing."""
    watched: bool = False
