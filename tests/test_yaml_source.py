"""YAML with places: plain data, exact positions, clear refusals; the same from both parsers."""

from __future__ import annotations

import builtins
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.errors import ConfigurationError
from switch.yaml_building import MAX_DEPTH
from switch.yaml_source import YamlSource


@pytest.fixture(params=["libyaml", "pure"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run every test with the fast parser and with the one for other platforms."""
    if request.param == "pure":
        real = builtins.__import__

        def without_libyaml(name: str, *rest: Any, **keywords: Any) -> Any:
            if name == "_ruamel_yaml":
                raise ImportError(name)
            return real(name, *rest, **keywords)

        monkeypatch.setattr(builtins, "__import__", without_libyaml)
    return str(request.param)


TEXT = """\
# A comment
site: main
numbers:
  "+18005550100": main
  +18005550199: helpdesk
agents:
  - id: asha
    skills: {orders: 9, english: 8}
  - id: ravi
    note: |
      two
      lines
empty:
list: [1, 2.5, true, null, no, 010, 0x1F, 0o17, 1e3, .5, "7", 'x', ~, -3, 1_000]
"""


def test_plain_data_by_yaml_1_2() -> None:
    data = YamlSource.parse(TEXT, "x.yaml").data
    assert data["numbers"] == {"+18005550100": "main", "+18005550199": "helpdesk"}
    assert data["agents"][0] == {"id": "asha", "skills": {"orders": 9, "english": 8}}
    assert data["agents"][1]["note"] == "two\nlines\n"
    assert data["empty"] is None
    assert data["list"] == [
        *(1, 2.5, True, None, "no", 10, 31, 15, 1000.0, 0.5, "7", "x", None, -3, "1_000"),
    ]


@pytest.mark.parametrize(
    ("location", "value", "key"),
    [
        ((), (2, 1), (2, 1)),
        (("site",), (2, 7), (2, 1)),
        (("numbers", "+18005550100"), (4, 19), (4, 3)),
        (("numbers", "+18005550199"), (5, 17), (5, 3)),
        (("agents",), (7, 3), (6, 1)),
        (("agents", 0), (7, 5), (7, 5)),
        (("agents", 0, "skills", "english"), (8, 34), (8, 25)),
        (("agents", 1, "note"), (10, 11), (10, 5)),
        (("list", 2), (14, 16), (14, 16)),
        # Nearest parent of what is not there:
        (("agents", 0, "headset"), (7, 5), (7, 5)),
        (("agents", 7, "id"), (7, 3), (7, 3)),
        (("nothing", "at", "all"), (2, 1), (2, 1)),
        (("site", "deeper"), (2, 7), (2, 7)),
    ],
)
def test_positions(
    location: tuple[str | int, ...], value: tuple[int, int], key: tuple[int, int]
) -> None:
    source = YamlSource.parse(TEXT, "x.yaml")
    assert source.position(location) == value
    assert source.position(location, key=True) == key


def test_an_empty_file_has_no_data_and_one_place(parser: str) -> None:
    for text in ("", "# nothing\n", "---\n"):
        source = YamlSource.parse(text, "x.yaml")
        assert source.data is None
        assert source.position(("a",))[1] >= 1


def test_a_problem_is_placed() -> None:
    source = YamlSource.parse(TEXT, "config/x.yaml")
    problem = source.problem(("numbers", "+18005550199"), "there is no flow `helpdesk`", "add one")
    assert str(problem) == "config/x.yaml:5:17: there is no flow `helpdesk` (add one)"


def test_keys_are_text_as_written() -> None:
    data = YamlSource.parse("1: a\n0123: b\ntrue: c\n'#': d\n", "x").data
    assert data == {"1": "a", "0123": "b", "true": "c", "#": "d"}


def test_anchors_and_aliases_are_the_same_value() -> None:
    source = YamlSource.parse("a: &base {x: 1}\nb: *base\n", "x")
    assert source.data == {"a": {"x": 1}, "b": {"x": 1}}
    assert source.position(("b", "x")) == (1, 14)


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "`a` is given twice; it stands already in line 1"),
        ("a: {b: 1, b: 2}\n", 1, 11, "`b` is given twice"),
        ("1: a\n'1': b\n", 2, 1, "`1` is given twice"),
        ("a: [1\n", 1, 4, "the bracket that opens here is not closed (put `]` at its end)"),
        ("a: 1\n  b: 2\n", 2, 3, "is indented by 2 spaces, but is not part of line 1"),
        ("\ta: 1\n", 1, 1, "a tab stands at the beginning of the line"),
        ("a: 'x\nb: 2\n", 1, 4, "the quote that opens here is not closed (put `'` at its end)"),
        ("code: *71\n", 1, 7, "text that begins with * must stand in quotes"),
        ("a: &a [*a]\n", 1, 8, "`*a` would contain itself"),
        ("a: !python/name:os.system x\n", 1, 4, "means nothing here"),
        ("a: !thing {b: 1}\n", 1, 4, "the tag !thing means nothing here"),
        ("a: 1\n---\nb: 2\n", 2, 1, "a second document begins here"),
        ("? [1, 2]\n: x\n", 1, 3, "a key must be plain text"),
        ("base: &b {x: 1}\nc:\n  <<: *b\n", 3, 3, "merge keys (`<<`) are not used here"),
        (BOMB, 7, 0, "expand to far too much"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), 1, MAX_DEPTH + 1, "nested more than"),
    ],
)
def test_what_is_refused_and_where(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        YamlSource.parse(text, "x.yaml")
    problem = caught.value.problems[0]
    assert message in str(problem)
    assert problem.line == line
    assert column in (0, problem.column)


def test_every_duplicate_is_told() -> None:
    with pytest.raises(ConfigurationError) as caught:
        YamlSource.parse("a: 1\na: 2\nb: 1\nb: 2\nb: 3\n", "x")
    assert [problem.line for problem in caught.value.problems] == [2, 4, 5]


def test_a_deep_bomb_of_mappings_is_no_recursion_error() -> None:
    with pytest.raises(ConfigurationError):
        YamlSource.parse("{a: " * 5000 + "1" + "}" * 5000, "x")


# Files


def test_a_file_is_named_as_the_operator_named_it(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("\ufeffa: grüße\n", encoding="utf-8")
    source = YamlSource.load(file)
    assert source.data == {"a": "grüße"}
    assert source.path == str(file)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "gone.yaml", "no such file"), (tmp_path, "is a directory")):
        with pytest.raises(ConfigurationError, match=why):
            YamlSource.load(path)


def test_a_file_in_another_encoding_names_the_place(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes("a: 1\nb: grüße\n".encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"x\.yaml:2:6: is not UTF-8 text"):
        YamlSource.load(file)


def test_a_file_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("a: " + "x" * 100)
    monkeypatch.setattr("switch.yaml_source.MAX_BYTES", 50)
    with pytest.raises(ConfigurationError, match="is larger than"):
        YamlSource.load(file)


@given(text=st.text(alphabet=st.sampled_from("ab:-[]{}\"'&*!|>#?%@ \n\t1~,."), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ConfigurationError):
        YamlSource.parse(text, "x")


# YAML forbids raw control characters, and does not join escaped surrogates as JSON does.
TEXTS = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=("Cc", "Cs")), max_size=8)


@given(
    data=st.recursive(
        st.integers(-(10**6), 10**6) | st.booleans() | st.none() | TEXTS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
        max_leaves=12,
    )
)
def test_what_json_writes_is_read_back(data: object) -> None:
    assert YamlSource.parse(json.dumps(data), "x").data == data


def test_what_was_read_can_be_dropped_and_others_keep_what_they_took() -> None:
    source = YamlSource.parse("a: {b: [1, {c: &x [2]}], d: *x}\n", "file.yaml")
    taken = source.data["a"]
    source.forget()
    assert source.data is None
    assert taken == {"b": [1, {"c": [2]}], "d": [2]}
