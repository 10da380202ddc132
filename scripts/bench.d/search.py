"""Looking for the highest load that is clean: double until it is not, then halve the gap."""

from __future__ import annotations

from collections.abc import Callable

from figures import Point

PRECISION = 0.05
"""The search ends when the lowest load that failed is so little above the highest that did not."""

_LEAST = 1.0
_MOST_DOUBLINGS = 20


def find_max(
    measure: Callable[[float], Point], start: float, *, precision: float = PRECISION
) -> list[Point]:
    """Return every point that was measured on the way, in order.

    A load that is not clean is measured once more before it counts, because somebody else
    may have needed the machine. A start that is not clean is halved until one is.

    Args:
        measure: takes the figures at one load, which is a whole number.
    """
    steps: list[Point] = []

    def is_clean(load: float) -> bool:
        for _ in range(2):
            point = measure(load)
            steps.append(point)
            if point.clean:
                return True
        return False

    low, high = 0.0, 0.0
    load = max(_LEAST, float(round(start)))
    for _ in range(_MOST_DOUBLINGS):
        if is_clean(load):
            low = load
            if high:
                break
            load *= 2
        else:
            high = load
            if low or load <= _LEAST:
                break
            load = max(_LEAST, float(load // 2))
    while low and high and high - low > max(low * precision, 1.0):
        middle = float(round((low + high) / 2))
        if is_clean(middle):
            low = middle
        else:
            high = middle
    return steps
