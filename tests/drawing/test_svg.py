"""The SVG: well formed, complete, and with nothing that a browser would fetch or run."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from switch.drawing.svg import to_svg
from tests.drawing.flows import FLOW, drawn, tree

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    """Return all text in the picture."""
    return ["".join(each.itertext()) for each in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_every_node_and_exit_is_there_in_words() -> None:
    shown = texts(to_svg(drawn()))
    assert {"hello", "ask", "judge", "orders", "end"} <= set(shown)
    assert {"1", "no_input", "otherwise", "timeout"} <= set(shown)
    assert 'small: Small & "quoted" <flow>' in shown


def test_there_is_a_line_for_every_way() -> None:
    root = ElementTree.fromstring(to_svg(drawn()))
    lines = [each for each in root.iter(f"{SVG}path") if "line" in each.get("class", "").split()]
    assert len(lines) == sum(len(card.ways) for card in drawn().cards)
    assert any("back" in line.get("class", "").split() for line in lines)


def test_names_lead_to_their_cards_and_tell_the_prompts() -> None:
    root = ElementTree.fromstring(to_svg(drawn()))
    cards = {each.get("id"): each for each in root.iter(f"{SVG}g") if each.get("id")}
    links = {each.get("href") for each in root.iter(f"{SVG}a")}
    assert links == {f"#{name}" for name in cards}
    assert "Hello there." in (cards["hello"].findtext(f"{SVG}title") or "")


def test_problem_nodes_are_marked() -> None:
    svg = to_svg(drawn(FLOW.replace("otherwise: end", "otherwise: nowhere")))
    shown = texts(svg)
    assert "! judge" in shown
    assert "! nowhere" in shown
    assert "1 problem, marked !" in shown


def test_it_stands_alone() -> None:
    svg = to_svg(drawn())
    assert "<script" not in svg
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


def test_a_node_that_leads_to_itself_has_a_line_too() -> None:
    text = FLOW.replace('"2": hello', '"2": ask')
    assert 'f-ask t-ask"' in to_svg(drawn(text))


def test_a_hundred_questions_in_a_row_are_no_wider_than_a_screen() -> None:
    asked = [
        f"  n{each}: {{type: menu, prompts: Press 1., options: {{'1': n{each + 1}}}, "
        f"exits: {{no_input: end, no_match: n{max(0, each - 1)}}}}}"
        for each in range(98)
    ]
    text = "on_error: end\nnodes:\n" + "\n".join(asked)
    root = ElementTree.fromstring(
        to_svg(drawn(text + "\n  n98: {type: goto, next: end}\n  end: {type: hangup}\n"))
    )
    assert float(root.get("width", "0")) <= 1950


@pytest.mark.parametrize("branches", [2, 3, 5, 9])
def test_a_tree_of_a_hundred_is_rather_wide_than_seven_screens_high(branches: int) -> None:
    root = ElementTree.fromstring(to_svg(drawn(tree(99, branches))))
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    assert height < 4000
    assert 1 < width / height < 2.5


def test_ways_that_lead_nowhere_are_red_and_dashed() -> None:
    svg = to_svg(drawn(FLOW.replace("otherwise: end", "otherwise: nowhere")))
    lines = [each for each in svg.splitlines() if 'class="line' in each]
    lost = [each for each in lines if " lost " in each]
    assert lost
    assert lost == [each for each in lines if "t-nowhere" in each]
    assert '<text class="label lost" x="14"' in svg


def test_names_that_can_be_none_do_no_harm() -> None:
    evil = "</text><script>x()</script>"
    text = FLOW.replace("  judge:", f"  '{evil}':").replace("type: play", f"type: '{evil}'")
    svg = to_svg(drawn(text))
    assert "<script" not in svg
    ElementTree.fromstring(svg)
