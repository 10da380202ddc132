"""Numbers, digits and ordinals to be spoken, and what is no such thing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.speech.languages import LANGUAGES
from switch.speech.numbers import LARGEST, decimal, digits, number, ordinal


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (1250, "1250"),
        (-1, "minus 1"),
        (2.5, "2 point 5"),
        ("2.50", "2 point 5 0"),
        ("1,250,000.5", "1250000 point 5"),
        ("12,34,567", "1234567"),
        (0.1 + 0.2, "0 point 3"),
        (1e-9, "0"),
        (Decimal("1E+3"), "1000"),
        (" +7 ", "7"),
    ],
)
def test_a_number(value: Any, expected: str) -> None:
    assert number(value, "en") == expected


@pytest.mark.parametrize(
    "value", ["", "ten", "1,2,3", "1.2.3", "0x1F", True, None, float("nan"), float("inf"), []]
)
def test_what_is_no_number_is_told(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        number(value, "en")


@pytest.mark.parametrize(
    "value",
    [LARGEST, -LARGEST, 10**10_000, 1e300, Decimal("1E+99999")],
    ids=lambda value: type(value).__name__,
)
def test_what_is_too_large_is_told(value: Any) -> None:
    with pytest.raises(ValueError, match="too large a number to be spoken; its digits can be"):
        number(value, "en")


@given(st.integers(-LARGEST + 1, LARGEST - 1), st.sampled_from(sorted(LANGUAGES)))
def test_every_whole_number_can_be_spoken_in_every_language(value: int, code: str) -> None:
    assert 0 < len(number(value, code)) < 300


@given(st.decimals(-1000, 1000, places=3))
def test_a_text_is_the_number_it_shows(value: Decimal) -> None:
    assert decimal(str(value)) == decimal(value) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("7", "7"),
        (42, "4 2"),
        ("1234", "1 2 3 4"),
        ("12345", "1 2 3, 4 5"),
        ("1234567", "1 2 3, 4 5 6 7"),
        ("12345678", "1 2 3 4, 5 6 7 8"),
        ("1234567890", "1 2 3, 4 5 6, 7 8 9 0"),
        ("4111111111111111", "4 1 1 1, 1 1 1 1, 1 1 1 1, 1 1 1 1"),
        ("12-345", "1 2, 3 4 5"),
        ("ab12", "eigh B 1 2"),
        ("007", "0 0 7"),
    ],
)
def test_digits_one_by_one_in_groups(value: Any, expected: str) -> None:
    assert digits(value, "en") == expected


@pytest.mark.parametrize("value", ["", " - ", "1+1", "१२", "naïve", None, True, 1.5, ["1"]])
def test_what_is_not_made_of_digits_is_told(value: Any) -> None:
    with pytest.raises(ValueError, match="does not consist of digits and letters"):
        digits(value, "en")


def test_too_many_digits_are_told() -> None:
    with pytest.raises(ValueError, match="more than 64 characters"):
        digits("1" * 65, "en")


@given(st.text("0123456789ABC", min_size=1, max_size=64))
def test_no_digit_is_lost_and_none_stands_alone(text: str) -> None:
    said = digits(text, "es")
    assert said.replace(" ", "").replace(",", "") == text
    assert len(text) == 1 or all(len(group.split()) > 1 for group in said.split(","))


@pytest.mark.parametrize(
    ("value", "code", "feminine", "expected"),
    [
        (1, "en", False, "1st"),
        (2, "en", False, "2nd"),
        (11, "en", False, "11th"),
        (112, "en", False, "112th"),
        (123, "en", True, "123rd"),
        ("3", "hi", True, "तीसरी"),
        (6, "hi", False, "छठा"),
        (7, "hi", True, "सातवीं"),
        (11, "hi", False, "11वाँ"),
        (31, "mr", False, "एकतिसावा"),
        (2, "mr", True, "दुसरी"),
        (40, "mr", True, "40वी"),
        (1, "es", True, "1ª"),
        (1, "es-MX", False, "1º"),
    ],
)
def test_ordinals(value: Any, code: str, feminine: bool, expected: str) -> None:
    assert ordinal(value, code, feminine=feminine) == expected


@pytest.mark.parametrize("value", [0, -1, 1.5, "2.5"])
def test_what_has_no_place_in_an_order_is_told(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a whole number from 1 on"):
        ordinal(value, "en")
