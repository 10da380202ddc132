"""PURE: the words that numbers need in each language: ordinals, signs, numbers before nouns."""

from __future__ import annotations

import re
from collections.abc import Mapping

from switch.speech.languages import Language

POINT: Mapping[str, str] = {
    "en": "point",
    "es": "coma",
    "es-419": "punto",
    "es-MX": "punto",
    "hi": "दशमलव",
    "mr": "दशांश",
}
MINUS: Mapping[str, str] = {"en": "minus", "es": "menos", "hi": "माइनस", "mr": "उणे"}
PLUS: Mapping[str, str] = {"en": "plus", "es": "más", "hi": "प्लस", "mr": "प्लस"}

_LAKH, _CRORE = 100_000, 10_000_000

_HINDI = ("पहला", "दूसरा", "तीसरा", "चौथा", "पाँचवाँ", "छठा", "सातवाँ", "आठवाँ", "नौवाँ", "दसवाँ")
_MARATHI = (
    *("पहिला", "दुसरा", "तिसरा", "चौथा", "पाचवा", "सहावा", "सातवा", "आठवा", "नववा", "दहावा"),
    *("अकरावा", "बारावा", "तेरावा", "चौदावा", "पंधरावा", "सोळावा", "सतरावा", "अठरावा"),
    *("एकोणिसावा", "विसावा", "एकविसावा", "बाविसावा", "तेविसावा", "चोविसावा", "पंचविसावा"),
    *("सव्विसावा", "सत्ताविसावा", "अठ्ठाविसावा", "एकोणतिसावा", "तिसावा", "एकतिसावा"),
)
"""As far as a month has days; beyond, the voice joins the ending to the numeral."""


def ordinal_word(value: int, base: str, *, feminine: bool) -> str:
    """Return an ordinal from 1 on in a language without region."""
    if base == "hi":
        word = _HINDI[value - 1] if value <= len(_HINDI) else f"{value}वाँ"
        return re.sub("ा(ँ?)$", r"ी\1", word).replace("ीँ", "ीं") if feminine else word
    if base == "mr":
        word = _MARATHI[value - 1] if value <= len(_MARATHI) else f"{value}वा"
        return word[:-1] + "ी" if feminine else word
    if base == "es":
        return f"{value}ª" if feminine else f"{value}º"
    endings = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if value % 100 in (11, 12, 13) else endings.get(value % 10, "th")
    return f"{value}{ending}"


def without_noun(value: int, known: Language) -> str:
    """Return a whole number that stands alone."""
    if known.code == "en-IN" and value >= _LAKH:
        # The voice counts in millions; India counts in lakhs and crores.
        crores, below = divmod(value, _CRORE)
        lakhs, rest = divmod(below, _LAKH)
        parts = [f"{without_noun(crores, known)} crore" if crores else ""]
        parts += [f"{lakhs} lakh" if lakhs else "", str(rest) if rest else ""]
        return " ".join(part for part in parts if part)
    return str(value)


def before_noun(value: int, known: Language, *, feminine: bool = False) -> str:
    """Return a whole number that counts something."""
    if known.base == "es":
        return _spanish(value, feminine=feminine)
    return without_noun(value, known)


def _spanish(value: int, *, feminine: bool) -> str:
    """Return a number as it stands before a noun: `veintiún euros`, `doscientas rupias`."""
    found = re.fullmatch(r"(.*(?:llón|llones))?\s*(.*)", _spanish_words(value))
    assert found is not None
    millions, rest = _shortened(found[1] or ""), found[2]
    if not rest:
        return f"{millions} de"  # a round million: `un millón de rupias`
    if feminine:
        rest = re.sub(r"uno\b", "una", re.sub(r"(cient|quinient)os\b", r"\1as", rest))
    return f"{millions} {_shortened(rest)}".strip()


def _shortened(text: str) -> str:
    """Return Spanish words with `uno` as it is before a masculine noun, and before `mil`."""
    return re.sub(r"\buno\b", "un", text.replace("veintiuno", "veintiún"))


def _spanish_words(value: int) -> str:
    from num2words import num2words

    return str(num2words(value, lang="es"))
