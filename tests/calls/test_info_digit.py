"""Keys in SIP INFO bodies, as phones really send them."""

from __future__ import annotations

import pytest

from switch.calls.info_digit import parse_info_digit


@pytest.mark.parametrize(
    ("content_type", "body", "digit"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", "5"),
        ("application/dtmf-relay", b"Signal= #\r\nDuration= 100\r\n", "#"),
        ("application/dtmf-relay", b"Duration=100\r\nsignal=*", "*"),
        ("application/dtmf-relay", b"Signal=11\r\n", "#"),
        ("Application/DTMF-Relay; charset=utf-8", b"Signal=a\r\n", "A"),
        ("application/dtmf", b"9", "9"),
        ("application/dtmf", b"10\r\n", "*"),
        ("application/dtmf", b"", None),
        ("application/dtmf-relay", b"Duration=160\r\n", None),
        ("application/dtmf-relay", b"Signal=55\r\n", None),
        ("application/dtmf-relay", b"\xff\xfe\x00", None),
        ("text/plain", b"5", None),
    ],
)
def test_the_key_is_found_or_the_body_is_about_something_else(
    content_type: str, body: bytes, digit: str | None
) -> None:
    assert parse_info_digit(content_type, body) == digit
