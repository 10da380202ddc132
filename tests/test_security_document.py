"""docs/security.md: every threat has a defence and tests, and every test that is named exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs" / "security.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/.]+\.py::[\w:]+)`", DOCUMENT)))


def rows() -> list[tuple[str, str, str]]:
    """Return threat, defence and tests of every row."""
    found = []
    table = False
    for line in DOCUMENT.splitlines():
        if line == "| threat | defence | test |":
            table = True
        elif not line.startswith("|"):
            table = False
        elif table and not line.startswith("|---"):
            threat, defence, tests = (cell.strip() for cell in line.strip("|").split("|"))
            found.append((threat, defence, tests))
    return found


def test_there_are_threats() -> None:
    assert len(rows()) > 30


@pytest.mark.parametrize(("threat", "defence", "tests"), rows())
def test_each_threat_has_a_defence_and_a_test(threat: str, defence: str, tests: str) -> None:
    assert threat
    assert defence
    assert re.fullmatch(r"`tests/[\w/.]+::[\w:]+`(?:, `tests/[\w/.]+::[\w:]+`)*", tests), threat


@pytest.mark.parametrize("named", NAMED)
def test_each_test_that_is_named_exists(named: str) -> None:
    file, *path = named.split("::")
    body: list[ast.stmt] = ast.parse((ROOT / file).read_text()).body
    for name in path:
        kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        found = [node for node in body if isinstance(node, kinds) and node.name == name]
        assert found, f"there is no {name} in {file}"
        body = found[0].body


def test_settings_that_are_named_exist() -> None:
    shipped = (ROOT / "config" / "freeline.yaml").read_text()
    names = re.findall(r"`sip\.(\w+)(?:\.(\w+))?`", DOCUMENT)
    assert names
    for section, setting in names:
        assert re.search(rf"^ +{section}:", shipped, re.M), section
        if setting:
            assert re.search(rf"\b{setting}:", shipped), setting
