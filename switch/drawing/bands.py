"""PURE: columns as lines of text: where a row of them is full, the picture goes on below.

A flow of a hundred questions in a row is a hundred columns, which nobody can look at. Each
*band* holds as many as fit; a line that goes on in the next band turns back in a *channel*
between the two, which it shares with all lines to the same box.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil

from switch.drawing.ordering import Item

Crossing = tuple[int, int, bool]
"""A band, the box that lines lead to from it into the next one or back, and whether back."""


def bands_of(lefts: Sequence[float], pitch: float, height: float, wanted: float) -> list[int]:
    """Return each column's band.

    Args:
        lefts: of the columns in one row.
        pitch: from one column to the next, and of the last.
        height: of that row.
        wanted: how wide it should be; a picture that is rather high than wide stays as it is.
    """
    width = lefts[-1] + pitch
    if width <= wanted or width < 2 * height:
        return [0] * len(lefts)
    count = ceil(len(lefts) / max(2, int(wanted / pitch)))
    each = ceil(len(lefts) / count)
    return [column // each for column in range(len(lefts))]


def crossings(bands: Sequence[int], target: int, columns: Sequence[int]) -> Iterable[Crossing]:
    """Yield what a line crosses that passes these columns in order."""
    for here, there in pairwise(columns):
        if bands[here] != bands[there]:
            yield min(bands[here], bands[there]), target, bands[there] < bands[here]


def stack(
    columns: Sequence[Sequence[Item]],
    bands: Sequence[int],
    wanted: Iterable[Crossing],
    gap: float,
    channel: float,
) -> dict[Crossing, float]:
    """Put each band below the one before it, with room for the channels between them.

    Returns:
        The height of each channel.
    """
    slots: dict[int, list[Crossing]] = {}
    for crossing in dict.fromkeys(wanted):
        slots.setdefault(crossing[0], []).append(crossing)
    heights: dict[Crossing, float] = {}
    top = min(item.y for column in columns for item in column)
    for band in range(bands[-1] + 1):
        items = [
            item for column, of in zip(columns, bands, strict=True) if of == band for item in column
        ]
        shift = top - min(item.y for item in items)
        for item in items:
            item.y += shift
        top = max(item.y + item.height for item in items) + gap
        for crossing in slots.get(band, ()):
            heights[crossing] = top
            top += channel
        top += gap
    return heights
