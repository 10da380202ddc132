"""PURE: whether keyed-in digits can be what was asked for, and what they mean.

Patterns are those of dial plans, which have no way to take long: `X` is any digit, `Z` 1 to
9, `N` 2 to 9, `[13-5]` one of these, `.` at the end any further digits. Check digits are
those of ISO/IEC 7812-1, annex B (Luhn).
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from switch.ivr.fields import FlowModel, Listed
from switch.yaml_wording import complaint_at

_CLASSES = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": "[0-9]*", "*": "[*]"}
_PATTERN = re.compile(r"(?:[0-9*XZN]|\[[0-9](?:-?[0-9])*\])+\.?")


def _pattern(value: str) -> str:
    if len(value) > 64 or not _PATTERN.fullmatch(value.upper()):
        hint = "digits, X (any), Z (1-9), N (2-9), [13-5], and a `.` at the end for any more"
        raise complaint_at(f"`{value[:70]}` is not a pattern of digits", hint)
    return value.upper()


Pattern = Annotated[str, AfterValidator(_pattern)]
DateForm = Literal["DDMMYYYY", "MMDDYYYY", "YYYYMMDD", "DDMMYY", "MMDDYY", "YYMMDD", "MMYY"]


class Amount(FlowModel):
    """An amount of money, keyed in with `*` as the decimal point."""

    decimals: int = Field(default=2, ge=0, le=3)
    """Places after the point at most."""
    min: float = Field(default=0.0, ge=0)
    max: float = Field(default=999_999_999.0, gt=0)

    def read(self, digits: str) -> str | None:
        """Return the amount as `12.50`, or None."""
        whole, point, rest = digits.partition("*")
        if not whole.isdecimal() or "*" in rest or len(rest) > self.decimals:
            return None
        if (point and not self.decimals) or not self.min <= float(f"{whole}.{rest}0") <= self.max:
            return None
        return f"{int(whole)}" + (f".{rest:0<{self.decimals}}" if self.decimals else "")


class DigitCheck(FlowModel):
    """What digits must be besides long enough. All that is given must hold."""

    pattern: Annotated[tuple[Pattern, ...], Listed] = ()
    """One of these dial-plan patterns: `9XXXXX`, `[2-5]XX`, `0.`"""
    luhn: bool = False
    """The last digit is a check digit as on payment cards (ISO/IEC 7812-1)."""
    date: DateForm | None = None
    """A day that exists; the variable gets it as `2026-10-12`, MMYY as `2026-10`."""
    amount: Amount | None = None
    """The variable gets it as `12.50`."""

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        if self.amount is not None and (self.date or self.luhn):
            raise complaint_at("an amount is neither a date nor a card number", "", "amount")
        if self.date is not None and self.luhn:
            raise complaint_at("a date has no check digit", "", "luhn")
        return self

    def read(self, digits: str) -> str | None:
        """Return what the variable gets, or None if the digits cannot be it."""
        if self.pattern and not any(matches(each, digits) for each in self.pattern):
            return None
        if self.amount is not None:
            return self.amount.read(digits)
        if not digits.isdecimal():
            return digits if self.pattern else None
        if self.luhn and not has_check_digit(digits):
            return None
        return digits if self.date is None else read_date(digits, self.date)


def matches(pattern: str, digits: str) -> bool:
    """Return whether digits are as a dial-plan pattern says."""
    return re.fullmatch(_expression(pattern), digits) is not None


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> str:
    steps = re.findall(r"\[[^]]*\]|.", pattern)
    return "".join(_CLASSES.get(step, step) for step in steps)


def has_check_digit(digits: str) -> bool:
    """Return whether the last digit is right for those before it (Luhn)."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def read_date(digits: str, form: str) -> str | None:
    """Return a keyed-in date as ISO 8601, or None if there is no such day.

    Two digits of a year are those of 1951 to 2050; of an expiry (MMYY) of this century.
    """
    if len(digits) != len(form):
        return None
    year_form = "YYYY" if "YYYY" in form else "YY"
    start = form.index(year_form)
    year = int(digits[start : start + len(year_form)])
    month = int(digits[form.index("MM") : form.index("MM") + 2])
    if form == "MMYY":
        return f"{2000 + year}-{month:02}" if 1 <= month <= 12 else None
    if year_form == "YY":
        year += 2000 if year <= 50 else 1900
    try:
        day = int(digits[form.index("DD") : form.index("DD") + 2])
        return date(year, month, day).isoformat()
    except ValueError:
        return None
