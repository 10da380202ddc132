"""What a picture shows of a flow: words, ways, and problems where they stand."""

from __future__ import annotations

import re

from switch.drawing.outline import FLOW_WIDE, MISSING, Way
from tests.drawing.flows import FLOW, drawn


def test_the_start_comes_first() -> None:
    assert [card.name for card in drawn().cards][:2] == ["hello", "end"]


def test_cards_say_what_is_heard_or_what_matters_most() -> None:
    words = {card.name: card.words for card in drawn().cards}
    assert words["hello"] == "sounds/welcome.wav"
    assert words["ask"] == "For orders, press 1."
    assert words["orders"] == "queue orders"
    assert words["end"] == ""


def test_ways_are_labelled_as_people_call_them() -> None:
    ways = {card.name: card.ways for card in drawn().cards}
    assert ways["ask"] == [
        Way("1", "orders"),
        Way("2", "hello"),
        Way("no_input", "end"),
        Way("no_match", "judge"),
    ]
    assert ways["judge"] == [Way("call.from.startswith('+1')", "orders"), Way("otherwise", "end")]
    assert [way.label for way in ways["orders"]] == ["timeout", "no_agents"]


def test_notes_and_all_prompts_are_in_the_details() -> None:
    details = {card.name: card.details for card in drawn().cards}
    assert details["hello"] == ["sounds/welcome.wav", "Hello there."]
    assert details["judge"] == ["Note: By country."]


def test_ways_from_any_node_are_cards_of_their_own() -> None:
    flow = drawn("on_error: end\non_hangup: on_hangup\n" + FLOW + "  on_hangup: {type: hangup}\n")
    cards = {card.name: card for card in flow.cards}
    assert cards["on-error"].ways == [Way("on_error", "end")]
    assert cards["on-hangup"].ways == [Way("on_hangup", "on_hangup")]
    assert {cards[name].kind for name in ("on-error", "on-hangup")} == {FLOW_WIDE}
    assert cards["on-error"].title == "on_error"
    assert cards["on_hangup"].kind == "hangup"


def test_a_right_flow_has_no_problems() -> None:
    assert not any(card.problems for card in drawn().cards)


def test_problems_stand_at_their_nodes_and_missing_nodes_are_cards() -> None:
    outline = drawn(
        FLOW.replace("otherwise: end", "otherwise: nowhere") + "  lost: {type: hangup}\n"
    )
    problems = {card.name: card.problems for card in outline.cards if card.problems}
    assert problems["judge"][0].startswith("there is no node `nowhere`")
    assert "nothing leads to the node `lost`" in problems["lost"][0]
    assert outline.cards[-1].kind == MISSING
    assert outline.cards[-1].name == "nowhere"


class TestNodesThatCannotBeRead:
    """They are cards with what is written of them."""

    def test_their_words_ways_and_problems_are_shown(self) -> None:
        flow = drawn(
            FLOW.replace("type: play", "type: plya")
            .replace("next: ask", "nxt: ask")
            .replace("prompts: For orders, press 1.", 'prompts: "For orders, press 1.')
        )
        cards = {card.name: card for card in flow.cards}
        assert cards["hello"].kind == "plya"
        assert cards["hello"].words == "sounds/welcome.wav"
        assert cards["hello"].ways == [Way("nxt?", "ask", perhaps=True)]
        assert "`type: plya` is not known" in cards["hello"].problems[0]
        assert cards["ask"].words == "For orders, press 1."
        assert [way.target for way in cards["ask"].ways] == ["orders", "hello", "end", "judge"]
        assert "the quote that opens here is not closed" in cards["ask"].problems[0]
        assert flow.cards[0].name == "hello"

    def test_a_name_that_can_be_none_is_shown_and_used_for_nothing(self) -> None:
        flow = drawn(FLOW.replace("  judge:", "  '<judge>\":':").replace("end,", "'<>\"',"))
        cards = {card.title: card for card in flow.cards}
        assert cards['<judge>":'].kind == "branch"
        assert cards['<>"'].kind == MISSING
        assert all(re.fullmatch("[A-Za-z0-9_-]+", card.name) for card in flow.cards)

    def test_a_setting_that_cannot_be_read_does_not_change_the_start(self) -> None:
        flow = drawn(FLOW.replace("start: hello", 'start: hello\non_error: "en d'))
        assert flow.cards[0].name == "hello"
        assert any("is not closed" in each for each in flow.problems)

    def test_ways_to_what_is_not_there_are_lost(self) -> None:
        flow = drawn(FLOW.replace("otherwise: end", "otherwise: nowhere"))
        lost = [way for card in flow.cards for way in card.ways if way.is_lost(flow.by_name())]
        assert lost == [Way("otherwise", "nowhere")]
