"""Recorded prompts by language, what stands in for them, and what is missing."""

from __future__ import annotations

import pytest

from switch.speech.prompt_set import MissingPrompt, PromptSet, Recorded

PROMPTS = PromptSet(
    [
        *("en/welcome.wav", "en/menu/main.wav", "en/goodbye.flac", "en/goodbye.wav"),
        *("hi/welcome.ogg", "hi/menu/main.WAV", "es-mx/welcome.wav", "es/goodbye.wav"),
        *("notes.txt", "en/readme.md", "stray.wav"),
    ]
)


def test_languages_and_names_are_those_with_sound_files() -> None:
    assert PROMPTS.languages == ("en", "es", "es-MX", "hi")
    assert PROMPTS.names == ("goodbye", "menu/main", "welcome")


@pytest.mark.parametrize(
    ("name", "languages", "expected"),
    [
        ("welcome", ["mr", "hi", "en"], Recorded("hi/welcome.ogg", "hi")),
        ("goodbye", ["mr", "hi", "en"], Recorded("en/goodbye.wav", "en")),
        ("menu/main", ["hi"], Recorded("hi/menu/main.WAV", "hi")),
        ("welcome", ["es-MX"], Recorded("es-mx/welcome.wav", "es-MX")),
        ("goodbye", ["es-MX"], Recorded("es/goodbye.wav", "es")),
        ("welcome", ["mr"], None),
        ("stray", ["en"], None),
        ("hello", ["en"], None),
        ("welcome", [], None),
    ],
)
def test_the_first_language_that_has_it_is_heard(
    name: str, languages: list[str], expected: Recorded | None
) -> None:
    assert PROMPTS.find(name, languages) == expected


def test_what_is_missing_is_told_with_what_is_heard_instead() -> None:
    in_english = Recorded("en/welcome.wav", "en")
    assert PROMPTS.missing(["welcome", "hello"], ["mr", "en"], ["en"]) == [
        MissingPrompt("hello", "mr", None),
        MissingPrompt("hello", "en", None),
        MissingPrompt("welcome", "mr", in_english),
    ]


def test_what_is_tried_after_a_language_may_be_its_own() -> None:
    fallback = {"mr": ["hi", "en"]}
    assert PROMPTS.missing(["welcome"], ["mr", "es"], fallback) == [
        MissingPrompt("welcome", "mr", Recorded("hi/welcome.ogg", "hi")),
        MissingPrompt("welcome", "es", None),
    ]
