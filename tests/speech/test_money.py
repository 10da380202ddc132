"""Amounts of money to be spoken, and what is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.speech.languages import LANGUAGES
from switch.speech.money import currency


@pytest.mark.parametrize(
    ("value", "unit", "code", "expected"),
    [
        (1, "INR", "en", "1 rupee"),
        ("0.01", "GBP", "en", "1 penny"),
        (0, "EUR", "en", "0 euros"),
        ("0.999", "USD", "en", "1 dollar"),
        (-2.5, "USD", "en", "minus 2 dollars and 50 cents"),
        ("-0.001", "USD", "en", "0 dollars"),
        ("1,250.50", "USD", "en", "1250 dollars and 50 cents"),
        (1_250_000, "INR", "en-IN", "12 lakh 50000 rupees"),
        ("1.01", "INR", "hi", "1 रुपया 1 पैसा"),
        (1, "INR", "mr", "1 रुपया"),
        (1, "INR", "es", "una rupia"),
        ("21.21", "MXN", "es-MX", "veintiún pesos con veintiún centavos"),
        (21_500, "INR", "es", "veintiuna mil quinientas rupias"),
        (2_000_000, "EUR", "es", "dos millones de euros"),
        (1_000_200, "GBP", "es", "un millón doscientas libras"),
        (1, "JPY", "en", "1 Japanese yen"),
        (1, "AUD", "en", "1 Australian dollar"),
        ("2.50", "AUD", "en", "2 point 5 0 Australian dollars"),
        (5, "CHF", "mr", "5 स्विस फ्रँक्स"),
    ],
)
def test_amounts(value: Any, unit: str, code: str, expected: str) -> None:
    assert currency(value, code, unit) == expected


@pytest.mark.parametrize("value", ["INR 1250.50", "1250.50INR", " 1,250.50 INR "])
def test_the_currency_may_stand_beside_the_amount(value: str) -> None:
    assert currency(value, "en") == "1250 rupees and 50 paisa"


@pytest.mark.parametrize(
    ("value", "unit", "message"),
    [
        ("a lot", "INR", "`a lot` is not a number"),
        (10**15, "INR", "too large a number"),
        (1, "XQZ", "`XQZ` is not a currency, such as `INR`"),
        (1, "rupees", "`rupees` is not a currency"),
        (1250, "", "`1250` is not an amount with its currency, such as `INR 1250.50`"),
        ("INR", "", "is not an amount with its currency"),
        ("INR ..", "", "is not a number"),
    ],
)
def test_what_is_no_amount_is_told(value: Any, unit: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        currency(value, "en", unit)


@given(
    st.decimals(-(10**12), 10**12, places=2),
    st.sampled_from(["INR", "USD", "EUR", "GBP", "MXN", "JPY", "KWD"]),
    st.sampled_from(sorted(LANGUAGES)),
)
def test_every_amount_can_be_spoken_in_every_language(value: Any, unit: str, code: str) -> None:
    assert 0 < len(currency(value, code, unit)) < 300
