"""What may be dialled through a trunk."""

from __future__ import annotations

import pytest

from switch.trunks.dial_guard import DialGuard
from switch.trunks.last_hour import LastHour


def guard(max_calls: int = 2, max_per_hour: int = 3) -> DialGuard:
    return DialGuard(("+1", "+91"), ("+1900", "+1876"), max_calls, max_per_hour, LastHour())


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("+12125550123", ""),
        ("+912227782183", ""),
        ("+19005550123", "deny"),
        ("+18765550123", "deny"),
        ("+442071838750", "no prefix"),
        ("+1212555", "digits"),
        ("12125550123", "E.164"),
        ("", "E.164"),
    ],
)
def test_prefixes(number: str, why: str) -> None:
    refusal = guard().refusal(number, 0.0)
    assert why in refusal
    assert bool(why) == bool(refusal)


def test_so_many_at_once() -> None:
    line = guard(max_calls=1)
    line.began(0.0)
    assert "max_calls" in line.refusal("+12125550123", 0.0)
    line.ended()
    assert line.refusal("+12125550123", 0.0) == ""


def test_so_many_an_hour() -> None:
    line = guard()
    for at in (0.0, 100.0, 200.0):
        line.began(at)
        line.ended()
    assert "max_calls_per_hour" in line.refusal("+12125550123", 3599.0)
    assert line.refusal("+12125550123", 3600.0) == ""
