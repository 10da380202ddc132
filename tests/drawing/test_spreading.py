"""Branches that have no room: they move to the right as they are, and no further than needed."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from switch.drawing.placement import Box, Outlet, columns_of, place
from switch.drawing.spreading import Page, spread
from tests.drawing.test_placement import SPACING, box, graphs

PAGE = Page(height=200.0, ratio=1.4, pitch=140.0, gap=10.0, lane=4.0)


def columns(boxes: list[Box], page: Page = PAGE) -> list[int]:
    return spread(boxes, columns_of(boxes), page)


def test_what_is_within_the_page_stays_as_it_is() -> None:
    boxes = [box(1, 2), box(3), box(3), box()]
    assert columns(boxes) == columns_of(boxes) == [0, 1, 1, 2]


def test_leaves_stay_beside_each_other() -> None:
    leaves = 4
    menus = [box(*range(7 + leaves * each, 7 + leaves * (each + 1))) for each in range(6)]
    boxes = [box(*range(1, 7)), *menus, *(box() for _ in range(6 * leaves))]
    found = columns(boxes)
    for menu in range(1, 7):
        below = {found[outlet.target] for outlet in boxes[menu].outlets}
        assert below == {found[menu] + 1}
    assert len(set(found[1:7])) > 1


def test_what_is_no_one_branch_comes_after_all_that_lead_there() -> None:
    boxes = [box(*range(1, 21)), *(box(21) for _ in range(20)), box()]
    found = columns(boxes)
    assert found[21] == max(found) > max(found[1:21])
    assert len(set(found[1:21])) > 1


@given(graphs(), st.floats(20.0, 400.0))
def test_ways_on_still_lead_to_the_right(boxes: list[Box], height: float) -> None:
    before = columns_of(boxes)
    found = columns(boxes, replace(PAGE, height=height))
    for here, each in enumerate(boxes):
        for outlet in each.outlets:
            if before[outlet.target] > before[here]:
                assert found[outlet.target] > found[here]


@given(graphs(), st.floats(20.0, 200.0))
def test_pictures_of_spread_boxes_keep_the_laws(boxes: list[Box], height: float) -> None:
    placement = place(boxes, replace(SPACING, wanted_height=height))
    areas = sorted(
        (x, y, each.height) for (x, y), each in zip(placement.corners, boxes, strict=True)
    )
    for (left, top, high), (x, y, _) in pairwise(areas):
        assert x >= left + SPACING.box_width or (x == left and y >= top + high - 1e-6)
    for (x, y), each, lines in zip(placement.corners, boxes, placement.lines, strict=True):
        for outlet, line in zip(each.outlets, lines, strict=True):
            target = placement.corners[outlet.target]
            assert line.points[0] == (x + SPACING.box_width, y + outlet.offset)
            assert line.points[-1] == (target[0], target[1] + boxes[outlet.target].inlet)


def test_an_outlet_to_itself_is_no_branch() -> None:
    assert columns([Box(300.0, 5.0, [Outlet(5.0, 0), Outlet(9.0, 1)]), box()]) == [0, 1]
