"""PURE: telephone numbers as text that is read aloud in the groups people know."""

from __future__ import annotations

import re
from typing import Any

import phonenumbers

from switch.speech.languages import language
from switch.speech.numbers import MAX_DIGITS, digits
from switch.speech.words import PLUS


def phone(value: Any, code: str, region: str = "") -> str:
    """Return a telephone number to be spoken digit by digit, grouped as its country does.

    Args:
        value: E.164 with its `+`, or what can be dialled: digits, perhaps with separators.
        region: the country whose numbers are spoken as at home, for example `IN`.

    Raises:
        ValueError: it is no telephone number.
    """
    known = language(code)
    text = str(value).strip()
    if len(text) > MAX_DIGITS or not re.fullmatch(r"[+(]?[0-9][0-9 ()./-]*", text):
        raise ValueError(f"`{text[:40]}` is not a telephone number")
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        plain = digits(re.sub(r"[^0-9]", "", text), code)
        return f"{PLUS[known.base]} {plain}" if text.startswith("+") else plain
    kind = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    if region and phonenumbers.region_code_for_number(number) == region:
        kind = phonenumbers.PhoneNumberFormat.NATIONAL
    shown = phonenumbers.format_number(number, kind)
    groups = [" ".join(group) for group in re.findall(r"\d+", shown)]
    plus = f"{PLUS[known.base]} " if shown.startswith("+") else ""
    return plus + ", ".join(groups)
