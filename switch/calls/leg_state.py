"""Which end of a call a leg is, and how far it has come."""

from __future__ import annotations

from enum import Enum, auto


class Side(Enum):
    """Which end of the call a leg is."""

    INBOUND = "inbound"
    """The caller."""
    OUTBOUND = "outbound"
    """The headset."""


class LegState(Enum):
    """A leg's life, coarser than the SIP session's."""

    SETTING_UP = auto()
    ANSWERED = auto()
    OVER = auto()
