"""Where boxes stand: never on one another, in columns, with lines from outlet to inlet."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.drawing.placement import Box, Outlet, Spacing, place

SPACING = Spacing(box_width=100, column_gap=40, row_gap=10, lane_height=8, margin=20)


def box(*targets: int) -> Box:
    """Return a box with an outlet to each of these."""
    outlets = [Outlet(25.0 + 10 * row, target) for row, target in enumerate(targets)]
    return Box(30.0 + 10 * len(targets), 10.0, outlets)


@st.composite
def graphs(draw: st.DrawFn) -> list[Box]:
    count = draw(st.integers(1, 14))
    targets = st.lists(st.integers(0, count - 1), max_size=4)
    return [box(*draw(targets)) for _ in range(count)]


class TestLaws:
    @given(graphs())
    def test_boxes_never_overlap_and_lie_within_the_picture(self, boxes: list[Box]) -> None:
        placement = place(boxes, SPACING)
        for (x, y), each in zip(placement.corners, boxes, strict=True):
            assert SPACING.margin <= x <= placement.width - SPACING.box_width
            assert SPACING.margin - 1e-6 <= y <= placement.height - each.height
        for (a, first), (b, second) in combinations(zip(placement.corners, boxes, strict=True), 2):
            apart = (
                a[0] + SPACING.box_width <= b[0]
                or b[0] + SPACING.box_width <= a[0]
                or a[1] + first.height <= b[1] + 1e-6
                or b[1] + second.height <= a[1] + 1e-6
            )
            assert apart

    @given(graphs())
    def test_every_line_leads_from_its_outlet_to_its_box(self, boxes: list[Box]) -> None:
        placement = place(boxes, SPACING)
        for (x, y), each, lines in zip(placement.corners, boxes, placement.lines, strict=True):
            for outlet, line in zip(each.outlets, lines, strict=True):
                target = placement.corners[outlet.target]
                assert line.points[0] == (x + SPACING.box_width, y + outlet.offset)
                assert line.points[-1] == (target[0], target[1] + boxes[outlet.target].inlet)
                assert line.back == (target[0] <= x)
                assert len(line.points) % 2 == 0

    @given(graphs())
    def test_lanes_are_level_and_pass_no_box(self, boxes: list[Box]) -> None:
        placement = place(boxes, SPACING)
        for lines in placement.lines:
            for line in lines:
                for (x, y), (other_x, other_y) in list(pairwise(line.points))[1::2]:
                    assert y == other_y
                    for (left, top), each in zip(placement.corners, boxes, strict=True):
                        if left == min(x, other_x):
                            assert not top + 1e-6 < y < top + each.height - 1e-6

    @given(graphs())
    def test_the_same_boxes_give_the_same_picture(self, boxes: list[Box]) -> None:
        assert place(boxes, SPACING) == place(boxes, SPACING)


def test_a_way_on_leads_to_the_right() -> None:
    xs = [x for x, _ in place([box(1, 2), box(2), box()], SPACING).corners]
    assert xs == sorted(set(xs))


def test_the_lines_of_a_chain_are_level() -> None:
    for lines in place([box(1), box(2), box(3), box()], SPACING).lines:
        for line in lines:
            assert line.points[0][1] == pytest.approx(line.points[-1][1], abs=0.01)


def test_lines_to_one_box_share_a_lane() -> None:
    boxes = [box(1, 2), box(3, 4), box(3, 4), box(4), box()]
    lines = place(boxes, SPACING).lines
    first, second = lines[1][1], lines[2][1]
    assert first.points[1:] == second.points[1:]


def test_no_box_is_a_blank_picture() -> None:
    assert place([], SPACING).corners == []


NARROW = replace(SPACING, wanted_width=400)
"""Three columns in a band."""


class TestBands:
    def test_a_long_row_goes_on_below_like_text(self) -> None:
        chain = [*(box(each + 1) for each in range(99)), box()]
        placement = place(chain, NARROW)
        assert placement.width <= 400 + 2 * NARROW.margin + NARROW.column_gap
        rows = [placement.corners[first : first + 2] for first in range(0, 100, 2)]
        for row, below in pairwise(rows):
            assert [x for x, _ in row] == [x for x, _ in below]
            assert max(y for _, y in row) + 40 < min(y for _, y in below)

    def test_a_row_of_a_chain_is_level(self) -> None:
        chain = [*(box(each + 1) for each in range(19)), box()]
        for line in [each for lines in place(chain, NARROW).lines for each in lines]:
            if len(line.points) == 2:
                assert line.points[0][1] == pytest.approx(line.points[1][1], abs=0.01)

    def test_a_line_goes_on_in_the_next_band_through_a_channel(self) -> None:
        placement = place([box(1), box(2), box(3), box()], NARROW)
        ((_, left, right, _),) = [
            line.points for lines in placement.lines for line in lines if len(line.points) == 4
        ]
        assert left[1] == right[1]
        assert right[0] < placement.corners[0][0]
        assert left[0] > placement.corners[1][0] + NARROW.box_width
        assert placement.corners[1][1] + 40 < left[1] < placement.corners[2][1]

    def test_what_is_as_high_as_wide_stays_in_one(self) -> None:
        wide = [box(*range(1, 20)), *(box(20) for _ in range(19)), box(21), box(22), box()]
        xs = [place(wide, NARROW).corners[each][0] for each in (0, 1, 20, 21, 22)]
        assert xs == sorted(set(xs))

    @given(graphs())
    def test_boxes_never_overlap_and_channels_pass_none(self, boxes: list[Box]) -> None:
        placement = place(boxes, NARROW)
        areas = [
            (x, y, x + NARROW.box_width, y + each.height)
            for (x, y), each in zip(placement.corners, boxes, strict=True)
        ]
        for a, b in combinations(areas, 2):
            apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] + 1e-6 or b[3] <= a[1] + 1e-6
            assert apart
        for line in [each for lines in placement.lines for each in lines]:
            for (x, y), (other, same) in list(pairwise(line.points))[1::2]:
                assert y == same
                assert 0 < min(x, other) < max(x, other) < placement.width
                assert y < placement.height
                for left, top, right, bottom in areas:
                    beside = right <= min(x, other) or max(x, other) <= left
                    assert beside or not top + 1e-6 < y < bottom - 1e-6

    @given(graphs())
    def test_every_line_leads_from_its_outlet_to_its_box(self, boxes: list[Box]) -> None:
        placement = place(boxes, NARROW)
        for (x, y), each, lines in zip(placement.corners, boxes, placement.lines, strict=True):
            for outlet, line in zip(each.outlets, lines, strict=True):
                target = placement.corners[outlet.target]
                assert line.points[0] == (x + NARROW.box_width, y + outlet.offset)
                assert line.points[-1] == (target[0], target[1] + boxes[outlet.target].inlet)
                assert len(line.points) % 2 == 0
