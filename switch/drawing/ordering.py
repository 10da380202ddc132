"""PURE: the order of items within columns, so that few links between them cross.

Barycentres swept to and fro (Sugiyama 1981), then neighbours exchanged while that helps
(Gansner 1993); the best order seen is kept.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_SWEEPS = 16


@dataclass(slots=True, eq=False)
class Item:
    """A box, or a lane that lines take past a column."""

    column: int
    height: float
    lane: bool = False
    y: float = 0.0
    """Of the upper edge."""
    place: int = 0
    """In its column, from above."""


@dataclass(slots=True, eq=False)
class Link:
    """Two items of neighbouring columns, or a tie within one, and where they are joined."""

    left: Item
    left_offset: float
    right: Item
    right_offset: float

    def leaves_at(self) -> float:
        """Return where it leaves, in places: an outlet further down is a little more."""
        return self.left.place + 0.9 * self.left_offset / max(self.left.height, 1.0)


def order_columns(items: Iterable[Item], links: Sequence[Link]) -> list[list[Item]]:
    """Return every column's items, from above."""
    columns: list[list[Item]] = []
    for item in items:
        while len(columns) <= item.column:
            columns.append([])
        item.place = len(columns[item.column])
        columns[item.column].append(item)
    gaps: list[list[Link]] = [[] for _ in columns]
    near: dict[int, list[Link]] = {}
    for link in links:
        near.setdefault(id(link.left), []).append(link)
        near.setdefault(id(link.right), []).append(link)
        if link.left.column != link.right.column:
            gaps[link.left.column].append(link)
    best = _places(columns)
    fewest = _all_crossings(gaps)
    for sweep in range(_SWEEPS):
        rightwards = sweep % 2 == 0
        for column in columns if rightwards else columns[::-1]:
            _by_barycentre(column, near, rightwards)
        _exchange(columns, gaps)
        crossings = _all_crossings(gaps)
        if crossings < fewest:
            fewest, best = crossings, _places(columns)
    for column in columns:
        column.sort(key=lambda item: best[id(item)])
        _number(column)
    return columns


def _places(columns: Iterable[list[Item]]) -> dict[int, int]:
    return {id(item): item.place for column in columns for item in column}


def _number(column: Iterable[Item]) -> None:
    for place, item in enumerate(column):
        item.place = place


def _by_barycentre(column: list[Item], near: dict[int, list[Link]], rightwards: bool) -> None:
    """Order a column by the mean place of its neighbours on the side we come from."""
    keys: dict[int, float] = {}
    for item in column:
        found = []
        for link in near.get(id(item), ()):
            other = link.left if link.right is item else link.right
            if other.column == item.column:
                found.append(other.place + 0.5)
            elif other.column < item.column and rightwards:
                found.append(link.leaves_at())
            elif other.column > item.column and not rightwards:
                found.append(float(other.place))
        keys[id(item)] = sum(found) / len(found) if found else float(item.place)
    column.sort(key=lambda item: keys[id(item)])
    _number(column)


def _exchange(columns: Sequence[list[Item]], gaps: Sequence[list[Link]]) -> None:
    """Exchange neighbours while that lessens the crossings."""
    for index, column in enumerate(columns):
        beside = [gaps[index], *([gaps[index - 1]] if index else [])]
        now = sum(map(_crossings, beside))
        for place in range(len(column) - 1):
            if not now:
                break
            upper, lower = column[place], column[place + 1]
            upper.place, lower.place = lower.place, upper.place
            then = sum(map(_crossings, beside))
            if then < now:
                column[place], column[place + 1] = lower, upper
                now = then
            else:
                upper.place, lower.place = lower.place, upper.place


def _all_crossings(gaps: Iterable[list[Link]]) -> int:
    return sum(map(_crossings, gaps))


def _crossings(links: Iterable[Link]) -> int:
    """Count the pairs of links of one gap that cross."""
    ends = sorted((link.leaves_at(), link.right.place) for link in links)
    seen: list[int] = []
    count = 0
    for _, end in ends:
        count += len(seen) - bisect_right(seen, end)
        insort(seen, end)
    return count
