"""What headsets may show of a caller besides the number."""

from __future__ import annotations

import pytest

from switch.app.caller_facts import name_of
from switch.sip.identity import read_identity
from tests.support.sip_messages import request

ASSERTED = 'P-Asserted-Identity: "Bob Smith" <sip:+14155550199@192.0.2.9>'


@pytest.mark.parametrize(
    ("from_", "name"),
    [
        ('"Ann" <sip:+12125550123@192.0.2.7>;tag=1', "Ann"),
        ("Ann Lee <sip:+12125550123@192.0.2.7>;tag=1", "Ann Lee"),
        (r'"Ann \"Lee\" <x>" <sip:+12125550123@192.0.2.7>;tag=1', 'Ann "Lee" <x>'),
        ('"\u0906\u0936\u093e" <sip:+12125550123@192.0.2.7>;tag=1', "\u0906\u0936\u093e"),
        ('"A\tB" <sip:+12125550123@192.0.2.7>;tag=1', "A?B"),
        (f'"{"x" * 200}" <sip:+12125550123@192.0.2.7>;tag=1', "x" * 64),
        ("<sip:+12125550123@192.0.2.7>;tag=1", ""),
        ("sip:+12125550123@192.0.2.7;tag=1", ""),
    ],
)
def test_the_name_in_from(from_: str, name: str) -> None:
    message = request(from_=from_)
    assert name_of(message, read_identity(message, trusted=False)) == name


@pytest.mark.parametrize(
    ("trusted", "headers", "name"),
    [
        (True, [ASSERTED], "Bob Smith"),
        (False, [ASSERTED], "Ann"),
        (True, [ASSERTED, "Privacy: id"], ""),
        (False, ["Privacy: user"], ""),
        (True, ["P-Asserted-Identity: <tel:+14155550199>"], ""),
    ],
)
def test_whose_name_counts(trusted: bool, headers: list[str], name: str) -> None:
    """The one beside the number that is shown, and none of who is withheld."""
    message = request(headers=headers)
    assert name_of(message, read_identity(message, trusted=trusted)) == name
