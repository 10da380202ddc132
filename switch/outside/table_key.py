"""PURE: keys of tables as they are compared: numbers as E.164, other texts without case."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

_LIKE_NUMBER = re.compile(r"\+?[0-9(][0-9 ()./-]{6,20}")


def normalise_key(key: str, region: str) -> str:
    """Return a key as it is compared in memory: `plain_key`, whatever its case."""
    return plain_key(key, region).casefold()


def plain_key(key: str, region: str) -> str:
    """Return a key as databases are asked for it: a number as E.164, a text without margins.

    Args:
        region: ISO 3166 country of telephone numbers that do not begin with `+`.
    """
    text = " ".join(unicodedata.normalize("NFKC", key).split())
    if _LIKE_NUMBER.fullmatch(text):
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            number = None
        if number is not None and phonenumbers.is_possible_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return text
