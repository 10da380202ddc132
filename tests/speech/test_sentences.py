"""Templates cut between what never changes and what has values."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.speech.sentences import Sentence, sentences


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("Welcome. Please hold.", [("Welcome. Please hold.", False)]),
        ("You owe {{ vars.sum }}.", [("You owe {{ vars.sum }}.", True)]),
        (
            "Welcome back. Hello. You owe {{ vars.sum }} today. Press 1 to pay. Or hold.",
            [
                ("Welcome back. Hello.", False),
                ("You owe {{ vars.sum }} today.", True),
                ("Press 1 to pay. Or hold.", False),
            ],
        ),
        ("{{ a }}. {{ b }}!\nBye", [("{{ a }}. {{ b }}!", True), ("Bye", False)]),
        ("धन्यवाद। आपका क्रमांक {{ n }} है।", [("धन्यवाद।", False), ("आपका क्रमांक {{ n }} है।", True)]),
        ("It is 3.5 {{ n }} now", [("It is 3.5 {{ n }} now", True)]),
        ("{{ 'a. b }}' }} c. d", [("{{ 'a. b }}' }} c.", True), ("d", False)]),
        ("A. {% if x %}b.{% endif %} {{ c }}", [("A. {% if x %}b.{% endif %} {{ c }}", True)]),
        ("A { brace. {{ b }}", [("A { brace.", False), ("{{ b }}", True)]),
        ("", []),
        ("  ", []),
    ],
)  # fmt: skip
def test_whole_sentences_are_cut_off(template: str, expected: list[tuple[str, bool]]) -> None:
    assert sentences(template) == tuple(Sentence(*each) for each in expected)


@given(st.lists(st.sampled_from(["Word", "two.", "three!", "{{ a.b }}", "{{ '. }}' }}", "{", "?"])))
def test_nothing_is_lost_and_values_are_told(words: list[str]) -> None:
    found = sentences(" ".join(words))
    assert " ".join(each.text for each in found) == " ".join(words)
    assert all(each.has_values == ("{{" in each.text) for each in found)
    neighbours = pairwise(found)
    assert all(one.has_values != other.has_values for one, other in neighbours)
