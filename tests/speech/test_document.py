"""What docs/speech.md says of languages and values is so."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from switch.speech import FILTERS, LANGUAGES

DOCUMENT = (Path(__file__).parents[2] / "docs" / "speech.md").read_text()
VALUES = re.findall(r"^\| `\{\{ (\S+) \\\| (\w+)(?:\('(\w+)'\))? \}\}` \| (.*) \|$", DOCUMENT, re.M)


def test_its_languages_are_those_that_are_there() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| .* \| `([\w-]+)` \|$", DOCUMENT, re.M)
    assert rows == [(each.code, each.voice) for each in LANGUAGES.values()]


@pytest.mark.parametrize(("value", "name", "argument", "texts"), VALUES)
def test_its_values_are_spoken_so(value: str, name: str, argument: str, texts: str) -> None:
    arguments = [argument] if argument else []
    for code, text in zip(("en", "es", "hi", "mr"), texts.split(" | "), strict=True):
        assert FILTERS[name](ast.literal_eval(value), code, *arguments) == text


def test_every_filter_has_its_word() -> None:
    assert {name for _, name, _, _ in VALUES} | {"spoken_text"} == set(FILTERS)
    assert all(f"`{name}" in DOCUMENT for name in FILTERS)
