"""How the service level depends on the promise: simulated, and by Erlang where he knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from switch.frozen import frozen
from switch.planning.sheet import Sheet

PROMISES = (0.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0)
"""Seconds, for a table."""


@frozen()
class Curve:
    """A service level for each promise."""

    name: str
    seconds: Sequence[float]
    levels: Sequence[float]
    """0 to 1."""


def simulated(sheet: Sheet, queue: int, name: str, promises: Sequence[float]) -> Curve:
    """Return the service levels of a queue's calls for several promises."""
    answered = np.sort(np.asarray(sheet.answered_waits[queue], dtype=np.float64))
    lost = np.sort(np.asarray(sheet.lost_waits[queue], dtype=np.float64))
    within = np.searchsorted(answered, promises, side="right")
    lost_after = len(lost) - np.searchsorted(lost, promises, side="right")
    levels = within / np.maximum(len(answered) + lost_after, 1)
    return Curve(name, tuple(promises), tuple(levels.tolist()))


def computed(name: str, level: Callable[[float], float], promises: Sequence[float]) -> Curve:
    """Return what a formula tells."""
    return Curve(name, tuple(promises), tuple(level(each) for each in promises))
