"""PURE: branches of a picture that is too high move on to the columns after it.

The leaves of a tree all stand in its last columns: sixty queues below one another are seven
screens, of which nobody sees how they belong together. So columns get room for so much, and a
branch that has no room below the one before it begins further right, as a whole: its boxes stay
beside each other, and one line leads there. How much room is best is found by trying.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from switch.frozen import frozen

if TYPE_CHECKING:
    from switch.drawing.placement import Box

_ROOMS = (1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.4, 3.0)
"""Heights that are tried, of that of a page."""


@frozen()
class Page:
    """What a picture should be like, in the unit of the boxes' heights."""

    height: float
    """Nothing is done to a picture that is no higher."""
    ratio: float
    """Of width to height."""
    pitch: float
    """From one column to the next."""
    gap: float
    """Between boxes."""
    lane: float
    """The height that a line takes which passes a column."""


def spread(boxes: Sequence[Box], columns: Sequence[int], page: Page) -> list[int]:
    """Return each box's column, the same as before if all are within the page.

    Args:
        columns: by the longest way from the start.
    """
    best = list(columns)
    taken: dict[int, float] = {}
    for box, column in zip(boxes, columns, strict=True):
        taken[column] = taken.get(column, 0.0) + box.height + page.gap
    if max(taken.values(), default=0.0) <= page.height:
        return best
    least = _size(taken, page)
    for share in _ROOMS:
        spreading = _Spreading(boxes, columns, page, share * page.height)
        size = _size(spreading.taken, page)
        if size < least:
            best, least = spreading.columns, size
    return best


def _size(taken: Mapping[int, float], page: Page) -> float:
    """Return how high a page is that holds columns of these heights."""
    width = (max(taken) - min(taken) + 1) * page.pitch
    return max(width / page.ratio, max(taken.values()))


class _Spreading:
    """Columns for one height."""

    def __init__(
        self, boxes: Sequence[Box], columns: Sequence[int], page: Page, room: float
    ) -> None:
        self.columns = list(columns)
        self.taken: dict[int, float] = {}
        self._boxes = boxes
        self._before = columns
        self._page = page
        self._room = room
        self._first = list(columns)
        """Where each may stand, as far as is known."""
        order = _reading_order(boxes)
        self._branches, roots = self._tree(order)
        profiles = self._profiles()
        # What leads to a root stands before it: whatever is in an earlier root's tree, or below.
        waiting = sorted(roots, key=lambda each: (columns[each], order[each]), reverse=True)
        while waiting:
            here = waiting.pop()
            if max(profiles[here].values()) <= room:
                self._put(here, profiles[here])
            else:
                self._put(here, {0: profiles[here][0]}, alone=True)
                waiting += self._branches[here][::-1]

    def _forward(self, here: int) -> list[int]:
        """Return the boxes further right that one leads to."""
        before = self._before
        onward = dict.fromkeys(outlet.target for outlet in self._boxes[here].outlets)
        return [target for target in onward if before[target] > before[here]]

    def _tree(self, order: Sequence[int]) -> tuple[list[list[int]], list[int]]:
        """Return each box's branches, which only it leads to, and the boxes that are none."""
        sources = [0] * len(self._boxes)
        for here in range(len(self._boxes)):
            for target in self._forward(here):
                sources[target] += 1
        branches = [
            sorted(
                (each for each in self._forward(here) if sources[each] == 1), key=order.__getitem__
            )
            for here in range(len(self._boxes))
        ]
        return branches, [here for here, count in enumerate(sources) if count != 1]

    def _profiles(self) -> list[dict[int, float]]:
        """Return for each box how much room it and its branches need: columns further -> height."""
        profiles: list[dict[int, float]] = [{} for _ in self._boxes]
        for here in sorted(range(len(self._boxes)), key=self._before.__getitem__, reverse=True):
            profile = profiles[here] = {0: self._boxes[here].height + self._page.gap}
            for branch in self._branches[here]:
                further = self._before[branch] - self._before[here]
                for step, height in profiles[branch].items():
                    profile[further + step] = profile.get(further + step, 0.0) + height
        return profiles

    def _put(self, here: int, profile: Mapping[int, float], *, alone: bool = False) -> None:
        """Put a box, with its branches or alone, into the first columns that have room."""
        wide, high = max(profile) + 1, max(profile.values())
        column = self._first[here]
        while (top := self._level(column, wide)) and top + high > self._room:
            self.taken[column] = self.taken.get(column, 0.0) + self._page.lane
            column += 1
        # All its columns begin anew below it: what stands level with it can be nothing else.
        self.taken.update(dict.fromkeys(range(column, column + wide), top + high))
        shift = column - self._before[here]
        waiting = [here]
        while waiting:
            each = waiting.pop()
            self.columns[each] = at = self._before[each] + shift
            for target in self._forward(each):
                self._first[target] = max(self._first[target], at + 1)
            if not alone:
                waiting += self._branches[each]

    def _level(self, column: int, wide: int) -> float:
        """Return how far down some columns are taken."""
        return max(self.taken.get(each, 0.0) for each in range(column, column + wide))


def _reading_order(boxes: Sequence[Box]) -> list[int]:
    """Return when a reader comes to each box who follows every way to its end."""
    order = [len(boxes)] * len(boxes)
    count = 0
    waiting = list(range(len(boxes)))[::-1]
    while waiting:
        here = waiting.pop()
        if order[here] < len(boxes):
            continue
        order[here] = count
        count += 1
        waiting += [outlet.target for outlet in boxes[here].outlets][::-1]
    return order
