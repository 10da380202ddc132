"""Speaking by name, text from elsewhere, and the same as filters of templates."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.speech import FILTERS, LANGUAGES, chain, language, prepare, speak
from switch.speech.speak import MAX_TEXT


class TestLanguages:
    def test_a_region_that_is_not_known_is_left_away(self) -> None:
        assert language("es-AR").code == "es"
        assert language("EN_in").code == "en-IN"
        assert language("mr").voice == "mr"

    def test_one_that_is_not_known_is_told_with_those_that_are(self) -> None:
        with pytest.raises(ValueError, match="language `tlh`; known: en, en-GB, en-IN, es"):
            language("tlh")

    def test_a_chain_tries_each_once_with_its_base(self) -> None:
        assert chain("es-mx", ["en-IN", "es"]) == ("es-MX", "es", "en-IN", "en")

    @pytest.mark.parametrize("each", LANGUAGES.values(), ids=lambda each: each.code)
    def test_each_has_a_voice_that_is_there(self, each: Any) -> None:
        finished = subprocess.run(
            ["espeak-ng", "-q", "-v", each.voice, "--stdin"], input=b"1", timeout=30
        )
        assert finished.returncode == 0


def test_text_from_elsewhere_is_one_line_and_no_phonemes() -> None:
    assert speak(" two\nlines\x07 [[h@l'oU]] ", "text", "en") == "two lines [ [h@l'oU]]"


def test_long_text_is_told() -> None:
    with pytest.raises(ValueError, match="more than 2000 characters"):
        speak("x" * (MAX_TEXT + 1), "text", "en")


def test_a_way_that_is_not_there_is_told() -> None:
    with pytest.raises(ValueError, match="no way to speak called `sung`; known: number, digits"):
        speak(1, "sung", "en")


def test_what_a_call_needs_can_be_loaded_beforehand() -> None:
    code = (
        "import sys\n"
        "from switch.speech import prepare\n"
        "early = {'babel', 'num2words'} & set(sys.modules)\n"
        "prepare(['en', 'es', 'hi', 'mr'])\n"
        "before = set(sys.modules)\n"
        "from switch.speech import speak\n"
        "speak('2027-01-02T10:00', 'datetime', 'mr'); speak(60, 'duration', 'hi')\n"
        "speak(5, 'currency', 'es', unit='EUR')\n"
        "sys.exit(repr(early or set(sys.modules) - before or ''))\n"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert finished.stderr.strip() == b"''"


def test_preparing_a_language_that_is_not_known_is_told() -> None:
    with pytest.raises(ValueError, match="tlh"):
        prepare(["en", "tlh"])


class TestFilters:
    def test_have_the_names_that_templates_use(self) -> None:
        assert set(FILTERS) >= {
            *("spoken_number", "spoken_digits", "spoken_ordinal", "spoken_date"),
            *("spoken_time", "spoken_currency", "spoken_phone"),
        }

    def test_take_the_language_and_what_the_template_gives(self) -> None:
        assert FILTERS["spoken_currency"]("12", "mr", "INR") == "12 रुपये"
        assert FILTERS["spoken_date"]("2026-12-01", "hi", weekday=True).startswith("मंगलवार")

    def test_name_themselves_in_what_they_refuse(self) -> None:
        with pytest.raises(ValueError, match="spoken_date: `soon` is not a date such as"):
            FILTERS["spoken_date"]("soon", "en")
        with pytest.raises(ValueError, match="spoken_digits: nothing cannot be spoken"):
            FILTERS["spoken_digits"](None, "en")
        with pytest.raises(ValueError, match="spoken_text: list cannot be spoken"):
            FILTERS["spoken_text"](["x"] * 10, "en")

    @pytest.mark.parametrize("arguments", [("INR", "more"), (1, 2, 3)])
    def test_refuse_arguments_they_do_not_have(self, arguments: tuple[Any, ...]) -> None:
        with pytest.raises(ValueError, match=r"spoken_currency: takes .* arguments? but"):
            FILTERS["spoken_currency"]("12", "mr", *arguments)

    @given(
        st.sampled_from(sorted(FILTERS)),
        st.one_of(
            st.text(max_size=100),
            st.integers(),
            st.floats(),
            st.booleans(),
            st.none(),
            st.dates(),
            st.times(),
            st.datetimes(),
            st.decimals(),
            st.lists(st.text()),
        ),
        st.sampled_from([*LANGUAGES, "xx", ""]),
    )
    def test_give_a_short_text_or_a_reason(self, name: str, value: Any, code: str) -> None:
        try:
            said = FILTERS[name](value, code)
        except ValueError as reason:
            said = str(reason)
        assert len(said) <= 2 * MAX_TEXT
