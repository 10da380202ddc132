"""Every slip of the hand is told where it happened, with what was probably meant."""

from __future__ import annotations

from typing import Any

import pytest

from switch.errors import ConfigurationError, Problem
from switch.yaml_source import YamlSource

NODES = "nodes:\n  a:\n    type: say\n"


def read(text: str) -> tuple[Any, list[str]]:
    """Return what is read of a flow's text, and what is told of it."""
    told: list[Problem] = []
    source = YamlSource.parse(text, "flow.yaml", told)
    return source.data, [str(each).removeprefix("flow.yaml:") for each in sorted(told)]


def in_node(*lines: str) -> str:
    """Return a flow with these lines, from line 4 on, in a node, and another node after it."""
    inside = "".join(f"    {line}\n" if line[:1] != "\t" else f"{line}\n" for line in lines)
    return f"{NODES}{inside}  b: {{type: hangup}}\n"


@pytest.mark.parametrize(
    ("line", "told", "value"),
    [
        ('text: "Hello.', '4:11: the quote that opens here is not closed (put `"` at', "Hello."),
        ("text: 'Hello.", "4:11: the quote that opens here is not closed", "Hello."),
        (
            "text: 'Don't go.'",
            "4:16: the text goes on after `'Don'`, where it is closed (an apostrophe within single",
            "Don't go.",
        ),
        (
            'text: "She said "yes"."',
            '4:22: the text goes on after `"She said "`, where it is closed (a quote within double',
            'She said "yes".',
        ),
        ('text: "C:\\dir"', "4:14: `\\d` means nothing within double quotes", "C:\\dir"),
        ("text:Hello", "4:9: a space is missing after the colon (write `text: Hello`)", "Hello"),
        ("text Hello", "4:5: no colon follows `text` (write `text: Hello`)", "Hello"),
        ("text = Hello", "4:5: `=` stands for the colon (write `text: Hello`)", "Hello"),
        (
            "text: Press: one",
            "4:16: a second colon, within the value (put the value in quotes: `text: "
            '"Press: one"`)',
            "Press: one",
        ),
        ("text: Wait:", "4:15: a second colon, within the value", "Wait:"),
        (
            "text: @home",
            '4:11: a text that begins with `@` must stand in quotes (write `"@home"`)',
            "@home",
        ),
        ("text: %d  # all", "4:11: a text that begins with `%` must stand in quotes", "%d"),
        (
            "text: {{ vars.x }} it is",
            '4:11: a text that begins with `{` must stand in quotes (write `"{{ vars.x }} it is"`)',
            "{{ vars.x }} it is",
        ),
        ("text: *x", "4:11: `*x` refers to an anchor that is not there", None),
        ("text: !x y", "4:11: the tag !x means nothing here", "y"),
        (
            "text: {en: A, hi: B",
            "4:11: the brace that opens here is not closed",
            {"en": "A", "hi": "B"},
        ),
        (
            "text: [A, B",
            "4:11: the bracket that opens here is not closed (put `]` at its end)",
            ["A", "B"],
        ),
        ("text: {en: A]", "4:17: `]` cannot close `{` (write `}`)", {"en": "A"}),
        ("text: {en: A}}", "4:18: `}` closes nothing (leave it out)", {"en": "A"}),
        (
            "text: {en: [A, {b: c]}",
            "4:20: the brace that opens here is not closed",
            {"en": ["A", {"b": "c"}]},
        ),
        ("text: {en: A hi: B}", "4:18: a comma is missing before `hi`", {"en": "A", "hi": "B"}),
        ('text: {en: "A" hi: B}', "4:20: a comma is missing before `hi`", {"en": "A", "hi": "B"}),
        (
            "text: {en:A, hi: B}",
            "4:14: a space is missing after the colon (write `en: A`)",
            {"en": "A", "hi": "B"},
        ),
        (
            "text: {en: Press: it}",
            '4:16: a text with `: ` in it must stand in quotes (write `"Press: it"`)',
            {"en": "Press: it"},
        ),
        ('text: {en: "A, hi: B}', "4:16: the quote that opens here is not closed", None),
        ('text: {en: "A" B, hi: B}', '4:20: the text goes on after `"A"`', None),
        (
            "text: {en: {{ vars.x }}, hi: B}",
            "4:16: a text that begins with `{` must",
            {"en": "{{ vars.x }}", "hi": "B"},
        ),
        ("text: [A] B", "4:15: something follows `]`, by which the value is closed", None),
        ("text: - A", "4:11: a list begins in the line below its key", None),
        ("text: a\x01b", "4:12: the character U+0001 may not stand in a file", "a b"),
        (
            "\ttext: Hello",
            "4:1: a tab stands at the beginning of the line (indent with spaces",
            "Hello",
        ),
        ("\N{NO-BREAK SPACE}text: Hello", "4:1: a no-break space stands at the beginning", "Hello"),
        (
            "  text: Hello",
            "4:7: is indented by 6 spaces, but is not part of line 3, which is by 4",
            "Hello",
        ),
    ],
)
def test_a_slip_in_a_setting(line: str, told: str, value: object) -> None:
    """What was meant is read; and all that stands around it, in any case."""
    data, problems = read(in_node(line, "next: b"))
    assert len(problems) == 1, problems
    assert problems[0].startswith(told)
    assert data["nodes"]["a"] == {"type": "say", "text": value, "next": "b"}
    assert data["nodes"]["b"] == {"type": "hangup"}


def test_a_line_less_indented_than_its_neighbours() -> None:
    data, problems = read(f"{NODES}   text: Hello\n    next: b\n  b: {{type: hangup}}\n")
    assert problems == ["4:4: is indented by 3 spaces, its neighbours by 4 (indent it like those)"]
    assert data["nodes"]["a"] == {"type": "say", "text": "Hello", "next": "b"}


def test_a_node_more_indented_than_its_neighbours() -> None:
    data, problems = read(f"{NODES}   b:\n    type: hangup\n  c: {{type: hangup}}\n")
    assert problems == ["4:4: is indented by 3 spaces, its neighbours by 2 (indent it like those)"]
    assert list(data["nodes"]) == ["a", "b", "c"]


def test_a_whole_file_indented_with_tabs() -> None:
    data, problems = read("nodes:\n\ta:\n\t\ttype: say\n\t\tnext: b\n\tb:\n\t\ttype: hangup\n")
    assert problems == [
        "2:1: a tab stands at the beginning of the line (indent with spaces, like the lines around)"
    ]
    assert data["nodes"] == {"a": {"type": "say", "next": "b"}, "b": {"type": "hangup"}}


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("  b", "4:3: no colon follows `b` (write `b:`)"),
        ('  "b:', '4:3: the quote that opens here is not closed (write `"b":`)'),
        (
            "  b:{type: hangup}\n  c:",
            "4:4: a space is missing after the colon (write `b: {type: hangup}`)",
        ),
    ],
)
def test_a_slip_in_the_name_of_a_node(header: str, told: str) -> None:
    data, problems = read(f"{NODES}{header}\n    type: say\n    text: B\n")
    assert problems == [told]
    assert list(data["nodes"])[:2] == ["a", "b"]


def test_a_text_that_goes_on_without_being_indented() -> None:
    data, problems = read(in_node("text: Welcome to our", "firm of many years", "next: b"))
    assert problems == [
        "5:5: is no setting: those begin with a key and a colon "
        "(to go on with the text above, indent it further than its key)"
    ]
    assert data["nodes"]["a"]["next"] == "b"


def test_a_quote_that_is_not_closed_over_several_lines() -> None:
    data, problems = read(in_node('text: "Welcome to', "  our firm", "next: b"))
    assert problems == [
        '4:11: the quote that opens here is not closed (put `"` where the text ends)'
    ]
    assert data["nodes"]["a"] == {"type": "say", "text": None, "next": "b"}


def test_slips_within_a_list() -> None:
    data, problems = read(
        in_node(
            "cases:", '  - when: "x', "    next: b", "  - {when: y, next: b", "  next: c", "next: b"
        )
    )
    assert [each.partition(" (")[0] for each in problems] == [
        "5:15: the quote that opens here is not closed",
        "7:9: the brace that opens here is not closed",
        "8:7: every member of a list begins with `- `",
    ]
    assert data["nodes"]["a"]["cases"][:2] == [
        {"when": "x", "next": "b"},
        {"when": "y", "next": "b"},
    ]


def test_several_documents() -> None:
    """What follows is a part of the first one, unless it is a flow itself."""
    data, problems = read(in_node("next: b") + "---\nlanguages: [en]\n")
    assert data["languages"] == ["en"]
    assert len(problems) == 1
    data, problems = read(in_node("next: b") + "---\nnodes: {c: {type: hangup}}\n")
    assert list(data["nodes"]) == ["a", "b"]
    (told,) = problems
    assert told.startswith(
        "6:1: a second document begins here (a file holds one: leave out this line"
    )


def test_after_twenty_that_there_is_more() -> None:
    nodes = "".join(f"  n{number}:\n    text: 'Hello\n" for number in range(30))
    data, problems = read(f"nodes:\n{nodes}")
    assert len(problems) == 21
    assert problems[-1] == "42: here and below more is wrong, which is told when the rest is mended"
    assert list(data["nodes"]) == [f"n{number}" for number in range(30)]


def test_text_that_is_no_yaml_at_all_is_refused() -> None:
    for text in ("{", "\x00\x01", "}{", "- a\nb: c\n- [", "'", "'a\n'b\n'c\n", "%\n%\n"):
        told: list[Problem] = []
        try:
            YamlSource.parse(text, "flow.yaml", told)
        except ConfigurationError as error:
            told += error.problems
        assert told, text
