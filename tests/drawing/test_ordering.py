"""The order in columns: lines that need not cross do not."""

from __future__ import annotations

from switch.drawing.ordering import Item, Link, order_columns


def test_crossed_pairs_are_untangled() -> None:
    left = [Item(0, 10.0) for _ in range(4)]
    right = [Item(1, 10.0) for _ in range(4)]
    links = [Link(here, 5.0, there, 5.0) for here, there in zip(left, right[::-1], strict=True)]
    columns = order_columns([*left, *right], links)
    places = [(link.left.place, link.right.place) for link in links]
    assert all(here == there for here, there in places)
    assert [len(column) for column in columns] == [4, 4]


def test_outlets_of_one_box_lead_to_the_right_in_their_order() -> None:
    source = Item(0, 100.0)
    targets = [Item(1, 10.0) for _ in range(5)]
    links = [Link(source, 90.0 - 20 * row, each, 5.0) for row, each in enumerate(targets)]
    _, column = order_columns([source, *targets], links)
    assert column == targets[::-1]
