"""PURE: amounts of money as text that is read aloud as it should be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from switch.frozen import frozen
from switch.speech.languages import Language, language
from switch.speech.numbers import decimal, number
from switch.speech.words import MINUS, before_noun


@frozen()
class _Names:
    """What one and more of a currency are called, and a hundredth of it."""

    one: str
    more: str
    part: str
    parts: str
    feminine: bool = False
    feminine_part: bool = False


_NAMES: Mapping[tuple[str, str], _Names] = {
    # `paise` is misread; `paisa` is said of any number of them too.
    ("en", "INR"): _Names("rupee", "rupees", "paisa", "paisa"),
    ("en", "USD"): _Names("dollar", "dollars", "cent", "cents"),
    ("en", "EUR"): _Names("euro", "euros", "cent", "cents"),
    ("en", "GBP"): _Names("pound", "pounds", "penny", "pence"),
    ("hi", "INR"): _Names("रुपया", "रुपये", "पैसा", "पैसे"),
    ("hi", "USD"): _Names("डॉलर", "डॉलर", "सेंट", "सेंट"),
    ("hi", "EUR"): _Names("यूरो", "यूरो", "सेंट", "सेंट"),
    ("hi", "GBP"): _Names("पाउंड", "पाउंड", "पेनी", "पेंस"),
    ("mr", "INR"): _Names("रुपया", "रुपये", "पैसा", "पैसे"),
    ("mr", "USD"): _Names("डॉलर", "डॉलर", "सेंट", "सेंट"),
    ("mr", "EUR"): _Names("युरो", "युरो", "सेंट", "सेंट"),
    ("mr", "GBP"): _Names("पौंड", "पौंड", "पेनी", "पेन्स"),
    ("es", "INR"): _Names("rupia", "rupias", "paisa", "paisas", True, True),
    ("es", "USD"): _Names("dólar", "dólares", "centavo", "centavos"),
    ("es", "EUR"): _Names("euro", "euros", "céntimo", "céntimos"),
    ("es", "GBP"): _Names("libra", "libras", "penique", "peniques", True),
    ("es", "MXN"): _Names("peso", "pesos", "centavo", "centavos"),
}
"""Language and currency -> names. The CLDR has none for the hundredth."""

_JOINED = {"en": " and ", "es": " con ", "hi": " ", "mr": " "}
_WITH_CODE = re.compile(r"\s*(?:([A-Z]{3})\s*([-+0-9.,]+)|([-+0-9.,]+)\s*([A-Z]{3}))\s*")


def currency(value: Any, code: str, unit: str = "") -> str:
    """Return an amount to be spoken: 1250.50 INR as `1250 rupees and 50 paisa`.

    Args:
        value: a number, or text that is one; with `unit` empty, text such as `INR 1250.50`.
        unit: the currency by ISO 4217, for example `INR`.

    Raises:
        ValueError: it is no amount, or the currency is not known.
    """
    known = language(code)
    if not unit:
        value, unit = _amount_and_unit(value)
    amount = decimal(value)
    names = _NAMES.get((known.base, unit))
    if names is None:
        return _by_name(amount, known, unit)
    hundredths = int((abs(amount) * 100).quantize(Decimal(1), ROUND_HALF_UP))
    whole, rest = divmod(hundredths, 100)
    parts = []
    if whole or not rest:
        noun = names.one if whole == 1 else names.more
        parts.append(f"{before_noun(whole, known, feminine=names.feminine)} {noun}")
    if rest:
        noun = names.part if rest == 1 else names.parts
        parts.append(f"{before_noun(rest, known, feminine=names.feminine_part)} {noun}")
    text = _JOINED[known.base].join(parts)
    return f"{MINUS[known.base]} {text}" if amount < 0 and hundredths else text


def _amount_and_unit(value: Any) -> tuple[str, str]:
    text = str(value)[:80]
    found = _WITH_CODE.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text[:40]}` is not an amount with its currency, such as `INR 1250.50`")
    return found[2] or found[3], found[1] or found[4]


def _by_name(amount: Decimal, known: Language, unit: str) -> str:
    """Return an amount of a currency whose name the CLDR has."""
    from babel.numbers import get_currency_name, get_currency_precision

    # Of an unknown currency the CLDR says only its code.
    count = int(abs(amount)) if amount == int(amount) else 2
    name = get_currency_name(unit, count, locale=known.locale)
    if not re.fullmatch("[A-Z]{3}", unit) or name == unit:
        raise ValueError(f"`{unit[:10]}` is not a currency, such as `INR`")
    rounded = round(amount, get_currency_precision(unit))
    if rounded == int(rounded):
        rounded = Decimal(int(rounded))
    return f"{number(rounded, known.code)} {name}"
