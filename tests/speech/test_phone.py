"""Telephone numbers to be spoken."""

from __future__ import annotations

from typing import Any

import pytest

from switch.speech.phone import phone


@pytest.mark.parametrize(
    ("value", "region", "expected"),
    [
        ("+919876543210", "", "plus 9 1, 9 8 7 6 5, 4 3 2 1 0"),
        ("+18005550100", "US", "8 0 0, 5 5 5, 0 1 0 0"),
        ("+18005550100", "IN", "plus 1, 8 0 0, 5 5 5, 0 1 0 0"),
        ("(800) 555-0100", "US", "8 0 0, 5 5 5, 0 1 0 0"),
        ("4111", "", "4 1 1 1"),
        ("+1", "", "plus 1"),
        (18005550100, "", "1 8 0, 0 5 5, 5 0 1, 0 0"),
    ],
)
def test_in_the_groups_of_its_country(value: Any, region: str, expected: str) -> None:
    assert phone(value, "en", region) == expected


@pytest.mark.parametrize("value", ["", "+", "sip:asha@host", "1800FLOWERS", "*72", "1" * 65, None])
def test_what_cannot_be_dialled_is_told(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a telephone number"):
        phone(value, "en")
