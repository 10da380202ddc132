"""How values sound: the text for the voice, and what espeak-ng makes of it.

`readings.txt` was checked line by line against how people say these values. The phonemes are
the voice's own, so a text that it would misread cannot pass.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.speech import language, speak
from tests.support.espeak import phonemes

READINGS = [
    tuple(part.strip() for part in line.split("|"))
    for line in Path(__file__).with_name("readings.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(
    ("code", "how", "value", "unit", "text", "sound"),
    READINGS,
    ids=[" ".join(reading[:4]) for reading in READINGS],
)
def test_is_read_as_people_say_it(
    code: str, how: str, value: str, unit: str, text: str, sound: str
) -> None:
    options = {"unit": unit} if unit else {}
    assert speak(value, how, code, **options) == text
    assert phonemes(text, language(code).voice) == sound


@pytest.mark.parametrize(
    ("value", "how", "code", "options", "words"),
    [
        ("3", "ordinal", "en", {}, "third"),
        ("1250.50", "number", "en", {}, "one thousand two hundred fifty point five zero"),
        ("10:05", "time", "en", {}, "ten oh five AM"),
        ("1999-10-12", "date", "en", {}, "October twelfth, nineteen ninety nine"),
        ("201", "currency", "es", {"unit": "INR"}, "doscientas una rupias"),
        ("21", "currency", "es", {"unit": "USD"}, "veintiún dólares"),
        ("300010", "number", "en-IN", {}, "three lakh ten"),
        ("3", "digits", "hi", {}, "तीन"),
        ("12:00", "time", "hi", {}, "दोपहर बारह बजे"),
        ("100", "currency", "hi", {"unit": "INR"}, "एक सौ रुपये"),
        ("10:00", "time", "mr", {}, "सकाळी दहा वाजता"),
        ("2", "ordinal", "mr", {}, "दुसरा"),
    ],
)  # fmt: skip
def test_sounds_as_if_written_out(
    value: str, how: str, code: str, options: dict[str, str], words: str
) -> None:
    voice = language(code).voice
    said = phonemes(speak(value, how, code, **options), voice)
    assert said.replace(" ", "") == phonemes(words, voice).replace(" ", "")


class TestWhyNumbersAreWrittenPlainly:
    """What the voices make of other forms; were they mended, plainer texts would do."""

    def test_hindi_and_marathi_lose_the_fraction_of_a_grouped_number(self) -> None:
        assert phonemes("1,250.50", "hi") == phonemes("1250", "hi")
        assert phonemes("1,250.50", "mr") == phonemes("1250", "mr")

    def test_spanish_takes_a_comma_between_thousands_for_a_decimal_comma(self) -> None:
        assert "koma" in phonemes("1,250", "es")

    def test_the_time_is_read_as_two_numbers(self) -> None:
        assert phonemes("10:05", "en-us") == phonemes("ten zero five", "en-us")
