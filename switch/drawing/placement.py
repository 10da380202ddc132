"""PURE: where boxes stand, and the lines between them, in columns from left to right.

The four steps of Sugiyama, Tagawa and Toda (1981): lines that lead back are set apart, boxes
get columns by the longest way from the start, each column is ordered so that few lines cross,
and heights are found that keep lines straight. Lines to the same box that pass a column share
one *lane* there, so that the forty ways to one "good bye" are one stroke and not forty.
Nothing is random: the same boxes always give the same picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, sqrt

from switch.drawing.bands import Crossing, bands_of, crossings, stack
from switch.drawing.ordering import Item, Link, order_columns
from switch.drawing.spreading import Page, spread
from switch.frozen import frozen

PAGE = 1.4
"""How wide a page is for its height: a screen's share, without the window's frame."""
LANE_APART = 0.35
"""The distance of two lanes, of that of two boxes."""

Point = tuple[float, float]


@frozen()
class Outlet:
    """Where a line leaves a box, on its right side."""

    offset: float
    """From the box's upper edge."""
    target: int
    """Index of the box that it leads to."""


@frozen()
class Box:
    """Something to be placed. All boxes are equally wide."""

    height: float
    inlet: float
    """Where lines come in on the left side, from the upper edge."""
    outlets: Sequence[Outlet] = ()


@frozen()
class Spacing:
    """Sizes, in the unit of the boxes' heights."""

    box_width: float
    column_gap: float
    """The least distance of two columns; where many lines cross it is more."""
    row_gap: float
    lane_height: float
    margin: float
    wanted_width: float = inf
    """Columns beyond it go on below, unless the picture is high as well."""
    wanted_height: float = inf
    """Branches of a picture that is higher are spread over more columns."""


@frozen()
class Line:
    """One outlet's way: pairs of points are straight, from pair to pair it bends."""

    points: Sequence[Point]
    """Start, then both ends of each lane and channel that it takes, then its end."""
    back: bool
    """It leads back: lanes are passed from right to left."""


@dataclass(slots=True)
class Placement:
    """The picture's size, the boxes' upper left corners, and each box's lines, as its outlets."""

    width: float = 0.0
    height: float = 0.0
    corners: list[Point] = field(default_factory=list)
    lines: list[list[Line]] = field(default_factory=list)


def place(boxes: Sequence[Box], spacing: Spacing) -> Placement:
    """Place boxes; the first one is where everything begins."""
    if not boxes:
        return Placement(2 * spacing.margin, 2 * spacing.margin)
    weave = _Weave(boxes, _columns(boxes, spacing), spacing)
    columns = order_columns(weave.items, weave.links)
    _set_heights(columns, weave.links, spacing)
    lefts = _lefts(columns, weave.links, spacing)
    grid = _Grid(columns, lefts, weave, boxes, spacing)
    lefts = grid.lefts
    placement = Placement(
        width=max(lefts) + spacing.box_width + spacing.margin + spacing.column_gap / 2,
        height=max(item.y + item.height for item in weave.items) + spacing.margin,
        corners=[(lefts[item.column], item.y) for item in weave.boxes],
    )
    for item, box, routes in zip(weave.boxes, boxes, weave.routes, strict=True):
        placement.lines.append(
            [
                grid.line(item, outlet, lanes, weave.boxes[outlet.target], boxes)
                for outlet, lanes in zip(box.outlets, routes, strict=True)
            ]
        )
    return placement


def columns_of(boxes: Sequence[Box]) -> list[int]:
    """Return each box's column: the longest way from the start, lines back left out.

    What nothing leads to stands right before what it leads to.
    """
    forward: list[list[int]] = [[] for _ in boxes]
    finished: list[int] = []
    state = [0] * len(boxes)  # 0 new, 1 on the trail, 2 done
    for first in range(len(boxes)):
        if state[first]:
            continue
        state[first] = 1
        trail = [(first, iter(boxes[first].outlets))]
        while trail:
            here, onward = trail[-1]
            outlet = next(onward, None)
            if outlet is None:
                state[here] = 2
                finished.append(here)
                trail.pop()
            elif state[outlet.target] != 1:  # not back to the trail, nor to itself
                forward[here].append(outlet.target)
                if not state[outlet.target]:
                    state[outlet.target] = 1
                    trail.append((outlet.target, iter(boxes[outlet.target].outlets)))
    column = [0] * len(boxes)
    for here in reversed(finished):
        for target in forward[here]:
            column[target] = max(column[target], column[here] + 1)
    entered = {target for onward in forward for target in onward}
    for here in range(1, len(boxes)):
        if here not in entered and forward[here]:
            column[here] = min(column[target] for target in forward[here]) - 1
    return column


def _columns(boxes: Sequence[Box], spacing: Spacing) -> list[int]:
    """Return each box's column, with those spread that would be too high."""
    pitch = spacing.box_width + spacing.column_gap
    area = sum(box.height + spacing.row_gap for box in boxes) * pitch
    height = max(spacing.wanted_height, sqrt(area / PAGE))
    lane = spacing.lane_height + LANE_APART * spacing.row_gap
    page = Page(height, PAGE, pitch, spacing.row_gap, lane)
    return spread(boxes, columns_of(boxes), page)


class _Weave:
    """Boxes and lanes as items in columns, and the links of neighbours."""

    def __init__(self, boxes: Sequence[Box], columns: Sequence[int], spacing: Spacing) -> None:
        self.boxes = [Item(column, box.height) for box, column in zip(boxes, columns, strict=True)]
        self.items = list(self.boxes)
        self.links: list[Link] = []
        self.routes: list[list[list[Item]]] = []
        """For each box and outlet, the lanes on its way."""
        self._lane_height = spacing.lane_height
        self._lanes: dict[tuple[int, bool, int], Item] = {}
        self._seen: set[tuple[int, float, int]] = set()
        for index, box in enumerate(boxes):
            self.routes.append([self._route(index, outlet, boxes) for outlet in box.outlets])

    def _route(self, source: int, outlet: Outlet, boxes: Sequence[Box]) -> list[Item]:
        here, there = self.boxes[source], self.boxes[outlet.target]
        inlet = boxes[outlet.target].inlet
        if there.column > here.column:
            lanes = [
                self._lane(outlet.target, False, column)
                for column in range(here.column + 1, there.column)
            ]
            way = [(here, outlet.offset), *self._middles(lanes), (there, inlet)]
            for (left, left_offset), (right, right_offset) in pairwise(way):
                self._link(left, left_offset, right, right_offset)
            return lanes
        lanes = [
            self._lane(outlet.target, True, column)
            for column in range(here.column, there.column - 1, -1)
        ]
        for (right, right_offset), (left, left_offset) in pairwise(self._middles(lanes)):
            self._link(left, left_offset, right, right_offset)
        # Beside the boxes that it leaves and reaches: ties within a column.
        self._link(here, outlet.offset, lanes[0], lanes[0].height / 2)
        self._link(there, inlet, lanes[-1], lanes[-1].height / 2)
        return lanes

    def _middles(self, lanes: Iterable[Item]) -> list[tuple[Item, float]]:
        return [(lane, lane.height / 2) for lane in lanes]

    def _lane(self, target: int, back: bool, column: int) -> Item:
        lane = self._lanes.get((target, back, column))
        if lane is None:
            lane = self._lanes[target, back, column] = Item(column, self._lane_height, lane=True)
            self.items.append(lane)
        return lane

    def _link(self, left: Item, left_offset: float, right: Item, right_offset: float) -> None:
        key = (id(left), left_offset, id(right))
        if key not in self._seen:
            self._seen.add(key)
            self.links.append(Link(left, left_offset, right, right_offset))


def _set_heights(columns: Sequence[list[Item]], links: Iterable[Link], spacing: Spacing) -> None:
    """Find `y` of every item: in order, apart, and as level with its neighbours as can be."""
    wishes: dict[int, list[tuple[Item, float, float]]] = {}
    for link in links:
        level = link.left_offset - link.right_offset
        weight = 1.0 + 3.0 * (link.left.lane + link.right.lane)
        if link.left.column == link.right.column:
            weight = 0.2
        wishes.setdefault(id(link.left), []).append((link.right, -level, weight))
        wishes.setdefault(id(link.right), []).append((link.left, level, weight))
    for column in columns:
        top = 0.0
        for item in column:
            item.y = top
            top += item.height + spacing.row_gap
    for turn in range(24):
        for column in columns if turn % 2 else columns[::-1]:
            wanted = []
            for item in column:
                near = wishes.get(id(item), ())
                weight = sum(each for _, _, each in near)
                if weight:
                    level = sum((other.y + off) * each for other, off, each in near) / weight
                    wanted.append((level, weight))
                else:
                    wanted.append((item.y, 0.1))
            _settle(column, wanted, spacing.row_gap)
    top = min(item.y for column in columns for item in column) - spacing.margin
    for column in columns:
        for item in column:
            item.y -= top


def _settle(column: Sequence[Item], wanted: Sequence[tuple[float, float]], gap: float) -> None:
    """Give a column the heights nearest to those wanted, in order and without overlap.

    With the least distances taken off it is an isotonic regression, solved exactly by
    pooling neighbours that are out of order.
    """
    taken = [0.0]
    for above, below in pairwise(column):
        # A lane keeps a little less distance than a box.
        apart = gap * (
            LANE_APART if above.lane and below.lane else 0.7 if above.lane or below.lane else 1
        )
        taken.append(taken[-1] + above.height + apart)
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for (level, weight), offset in zip(wanted, taken, strict=True):
        pool = (level - offset, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            mean, heavy, count = pools.pop()
            both = heavy + pool[1]
            pool = ((mean * heavy + pool[0] * pool[1]) / both, both, count + pool[2])
        pools.append(pool)
    levels = [mean for mean, _, count in pools for _ in range(count)]
    for item, level, offset in zip(column, levels, taken, strict=True):
        item.y = level + offset


def _lefts(columns: Sequence[list[Item]], links: Iterable[Link], spacing: Spacing) -> list[float]:
    """Return each column's left edge; more lines between two columns push them apart."""
    between = [0] * len(columns)
    for link in links:
        between[link.left.column] += 1
    lefts = [spacing.margin + spacing.column_gap / 2]
    for count in between[:-1]:
        gap = spacing.column_gap * min(2.5, 1 + count / 40)
        lefts.append(lefts[-1] + spacing.box_width + gap)
    return lefts


class _Grid:
    """Where columns and channels are, once the columns stand in bands."""

    def __init__(
        self,
        columns: Sequence[list[Item]],
        lefts: Sequence[float],
        weave: _Weave,
        boxes: Sequence[Box],
        spacing: Spacing,
    ) -> None:
        self._spacing = spacing
        height = max(item.y + item.height for item in weave.items)
        pitch = spacing.box_width + spacing.column_gap
        bands = self._bands = bands_of(lefts, pitch, height, spacing.wanted_width)
        if bands[-1]:  # what is in another band is no longer beside it
            near = [
                each for each in weave.links if bands[each.left.column] == bands[each.right.column]
            ]
            _set_heights(columns, near, spacing)
        wanted = [
            crossing
            for box, item, routes in zip(boxes, weave.boxes, weave.routes, strict=True)
            for outlet, lanes in zip(box.outlets, routes, strict=True)
            for crossing in self._crossings(item, outlet, lanes, weave.boxes[outlet.target])
        ]
        gap, channel = spacing.row_gap, spacing.lane_height
        self._channels = stack(columns, self._bands, wanted, gap, channel)
        first: dict[int, float] = {}
        self.lefts = [
            lefts[0] + left - first.setdefault(band, left)
            for left, band in zip(lefts, self._bands, strict=True)
        ]
        """Of each column."""
        self._rights: dict[int, float] = {}
        """Of each band."""
        for left, band in zip(self.lefts, self._bands, strict=True):
            self._rights[band] = left + spacing.box_width

    def _crossings(
        self, source: Item, outlet: Outlet, lanes: Sequence[Item], target: Item
    ) -> list[Crossing]:
        columns = [source.column, *(lane.column for lane in lanes), target.column]
        return list(crossings(self._bands, outlet.target, columns))

    def line(
        self,
        source: Item,
        outlet: Outlet,
        lanes: Sequence[Item],
        target: Item,
        boxes: Sequence[Box],
    ) -> Line:
        """Return an outlet's line."""
        width = self._spacing.box_width
        back = target.column <= source.column
        over = iter(self._crossings(source, outlet, lanes, target))
        points = [(self.lefts[source.column] + width, source.y + outlet.offset)]
        band = self._bands[source.column]
        for lane in lanes:
            if self._bands[lane.column] != band:
                points += self._channel(next(over))
                band = self._bands[lane.column]
            left, y = self.lefts[lane.column], lane.y + lane.height / 2
            ends = [(left, y), (left + width, y)]
            points += reversed(ends) if back else ends
        if self._bands[target.column] != band:
            points += self._channel(next(over))
        inlet = boxes[outlet.target].inlet
        points.append((self.lefts[target.column], target.y + inlet))
        return Line(points, back)

    def _channel(self, crossing: Crossing) -> list[Point]:
        """Return the two ends of a channel, in the order in which the line takes them."""
        band, _, back = crossing
        y = self._channels[crossing]
        aside = self._spacing.column_gap / 4
        ends = [(self._rights[band] + aside, y), (self.lefts[0] - aside, y)]
        return ends[::-1] if back else ends
