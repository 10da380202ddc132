"""Which number was dialled, wherever the carrier put it, and who calls."""

from __future__ import annotations

import pytest

from switch.app.dialled_number import caller_number, dialled_numbers, normalise, shown, uri_user
from tests.support.sip_messages import request

ALL = ("request_uri", "to", "diversion", "p_called_party_id")


def test_sources_are_read_in_the_order_asked_for() -> None:
    message = request(
        uri="sip:5551@192.0.2.1",
        to="<sip:+18005550100@192.0.2.1>",
        headers=[
            "Diversion: <tel:+18005550101>;reason=unconditional",
            "P-Called-Party-ID: Orders <sip:+18005550102@192.0.2.1>",
        ],
    )
    assert dialled_numbers(message, ALL) == [
        *("5551", "+18005550100", "+18005550101", "+18005550102")
    ]
    assert dialled_numbers(message, ("diversion", "to")) == ["+18005550101", "+18005550100"]


def test_what_is_not_there_is_passed_over() -> None:
    message = request(uri="sip:192.0.2.1", to="<sip:192.0.2.1>")
    assert dialled_numbers(message, ALL) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+18005550100", "+18005550100"),
        ("18005550100", "+18005550100"),
        ("8005550100", "+18005550100"),
        ("(800) 555-0100", "+18005550100"),
        ("1-800-FLOWERS", "+18003569377"),
        ("011442079460000", "+442079460000"),
        ("asha", ""),
        ("12", ""),
        ("", ""),
    ],
)
def test_numbers_become_e164(text: str, number: str) -> None:
    assert normalise(text, "US") == number


@pytest.mark.parametrize(
    ("uri", "user"),
    [
        ("sip:+18005550100@192.0.2.1:5060;user=phone", "+18005550100"),
        ("sip:+18005550100;phone-context=x@192.0.2.1", "+18005550100"),
        ("sips:asha:secret@192.0.2.1", "asha"),
        ("tel:+1-800-555-0100;ext=5", "+1-800-555-0100"),
        ("sip:%2B18005550100@192.0.2.1", "+18005550100"),
        ("sip:%2371@192.0.2.1", "#71"),
        ("sip:%2b1%0d%0aX%3a@192.0.2.1", "%2b1%0d%0aX%3a"),
        ("sip:+1%3E;tag=1@192.0.2.1", "+1%3E"),
        ("sip:192.0.2.1", ""),
        ("nonsense", ""),
    ],
)
def test_the_user_of_a_uri(uri: str, user: str) -> None:
    assert uri_user(uri) == user


@pytest.mark.parametrize(
    ("from_", "caller"),
    [
        ('"Ann" <sip:+12125550123@192.0.2.7>;tag=1', "+12125550123"),
        ("<sip:2125550123@192.0.2.7>;tag=1", "+12125550123"),
        ("<sip:Anonymous@anonymous.invalid>;tag=1", ""),
        ("<sip:asha@192.0.2.7>;tag=1", "asha"),
    ],
)
def test_who_calls(from_: str, caller: str) -> None:
    assert caller_number(request(from_=from_), "US") == caller


def test_what_is_shown_is_short_printable_utf8() -> None:
    assert shown("a\x1bb\udcff") == "a?b?"
    assert len(shown("x" * 1000)) == 128
