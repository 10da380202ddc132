"""All that is wrong with a flow is told in one run, though much of it is no YAML; and no more."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from switch.errors import FlowError
from switch.ivr.loader import flow_files, load_flow
from tests.ivr.test_laws import flows

ROOT = Path(__file__).parents[2]


def told(tmp_path: Path, text: str) -> list[str]:
    """Return what is wrong, each as `line: message (hint)`."""
    file = tmp_path / "flow.yaml"
    file.write_text(text)
    with pytest.raises(FlowError) as caught:
        load_flow(file)
    return [f"{each.line}: {each.message} ({each.hint})" for each in caught.value.problems]


class TestWhatIsNoYaml:
    """It hides nothing else, and makes nothing else wrong."""

    def test_several_slips_and_what_is_wrong_beside_them(self, tmp_path: Path) -> None:
        problems = told(
            tmp_path,
            "on_error: sory\n"
            "nodes:\n"
            "  a:\n"
            "    type: menu\n"
            '    prompts: "Press one.\n'
            '    options: {"1": b, "2": c}\n'
            "    exits: {no_input: end, no_match: edn}\n"
            "  b: {type: say, text: B, next: d\n"
            "  c:\n"
            "    type: say\n"
            "    txet: C\n"
            "    next:d\n"
            "  d: {type: say, text: '{{ vars.x }}', next: end}\n"
            "  end: {type: hangup}\n",
        )
        assert [each.partition(" (")[0] for each in problems] == [
            "1: there is no node `sory`",
            "5: the quote that opens here is not closed",
            "7: there is no node `edn`",
            "8: the brace that opens here is not closed",
            "11: unknown key `txet`",
            "12: a space is missing after the colon",
            "13: no node gives `vars.x` a value",
        ]

    @pytest.mark.parametrize(
        "slip",
        [
            '  b: {type: set, values: {x: "1}, next: end}',
            '  "b: {type: set, values: {x: 1}, next: end}',
            "  b\n    type: set\n    values: {x: 1}\n    next: end",
            "  - b: {type: set, values: {x: 1}, next: end}",
            "  @b: {type: set, values: {x: 1}, next: end}",
        ],
    )
    def test_a_node_that_cannot_be_read_is_there_all_the_same(
        self, tmp_path: Path, slip: str
    ) -> None:
        """And leads somewhere, and gives values."""
        text = (
            "nodes:\n"
            "  a: {type: goto, next: b}\n"
            f"{slip}\n"
            "  end: {type: say, text: '{{ vars.x }}', next: bye}\n"
            "  bye: {type: hangup}\n"
        )
        (problem,) = told(tmp_path, text)
        assert problem.startswith("3: ")

    @pytest.mark.parametrize(
        "setting",
        [
            "languages: [en, hi",
            "languages: en, hi: mr",
            'languages: {en: "en-gb, hi: hi}',
            'on_hangup: "gone\nlanguages: [en, hi]',
            "languages: [en, hi]\non_hangup:gone",
            "languages: [en, hi]\non_hangup gone\non_error: end",
        ],
    )
    def test_a_setting_that_cannot_be_read(self, tmp_path: Path, setting: str) -> None:
        text = (
            f"{setting}\n"
            "nodes:\n"
            "  a: {type: say, text: {en: A, hi: B}, next: edn}\n"
            "  end: {type: hangup}\n"
            "  gone: {type: hangup}\n"
        )
        problems = told(tmp_path, text)
        assert problems[0].startswith(("1: ", "2: "))
        assert any("there is no node `edn` (did you mean `end`?)" in each for each in problems)
        lost = [each for each in problems if "nothing leads to the node `gone`" in each]
        assert len(lost) == ("gone" not in setting)
        assert len(problems) == 2 + len(lost), problems

    def test_text_in_another_encoding(self, tmp_path: Path) -> None:
        file = tmp_path / "flow.yaml"
        file.write_bytes("nodes:\n  a: {type: say, text: Größe, next: b}\n".encode("latin-1"))
        with pytest.raises(FlowError) as caught:
            load_flow(file)
        assert [each.message for each in caught.value.problems] == [
            "is not UTF-8 text",
            "there is no node `b`",
        ]


class TestNodesThatAreAstray:
    """They are told where they are, and checked as if they were in their place."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "node:\n  a: {type: goto, next: bb}\n  b: {type: hangup}\n",
                "1: unknown key `node` (did you mean `nodes`?)",
            ),
            (
                "steps:\n  a: {type: goto, next: bb}\n  b: {type: hangup}\n",
                "1: unknown key `steps` (nodes stand below `nodes:`)",
            ),
            (
                "a: {type: goto, next: bb}\nb: {type: hangup}\n",
                "1: the line `nodes:` is missing (put the line `nodes:` above `a`, and indent the "
                "nodes below it)",
            ),
            (
                "description: x\n  a: \n    type: goto\n    next: bb\n  b: {type: hangup}\n",
                "2: the line `nodes:` is missing (put the line `nodes:` above `a`, and indent the "
                "nodes below it)",
            ),
            (
                "nodes:\na: {type: goto, next: bb}\nb: {type: hangup}\n",
                "1: there is nothing in `nodes` (indent what belongs to it, from `a` on)",
            ),
            (
                "nodes:\n  a: {type: goto, next: bb}\nb: {type: hangup}\n",
                "3: the node `b` stands beside `nodes`, not in it (indent it like the other nodes)",
            ),
            (
                "nodes:\n  a:\n    type: goto\n    next: bb\n    b: {type: hangup}\n",
                "5: the node `b` stands within the node `a` (indent it like `a`)",
            ),
            (
                "nodes:\n  a:\n    type: goto\n  next: bb\n  b: {type: hangup}\n",
                "4: `next` stands beside the node `a`, not in it (indent it like the other "
                "settings of that node)",
            ),
            (
                "nodes:\n  a: {type: goto, next: bb}\nnodes:\n  b: {type: hangup}\n",
                "3: `nodes` is given twice; it stands already in line 1 ()",
            ),
        ],
    )
    def test_of_a_file(self, tmp_path: Path, text: str, expected: str) -> None:
        problems = told(tmp_path, text)
        assert expected in problems
        (other,) = [each for each in problems if each != expected]
        assert "there is no node `bb` (did you mean `b`?)" in other

    def test_a_file_without_any(self, tmp_path: Path) -> None:
        problems = told(tmp_path, "languages: [en, x-]\non_eror: a\n")
        assert [each.partition(" (")[0] for each in problems] == [
            "1: `nodes` is missing",
            "1: `x-` is not a language",
            "2: unknown key `on_eror`",
        ]


class TestNodesThatNothingLeadsTo:
    def test_are_told_once_with_those_after_them(self, tmp_path: Path) -> None:
        text = (
            "nodes:\n"
            "  a: {type: hangup}\n"
            "  b: {type: goto, next: c}\n"
            "  c: {type: goto, next: d}\n"
            "  d: {type: hangup}\n"
        )
        assert told(tmp_path, text) == [
            "3: nothing leads to the node `b`, and so to `c`, `d` only from there "
            "(remove it, or lead to it)"
        ]

    def test_but_not_for_a_name_that_is_not_quite_right(self, tmp_path: Path) -> None:
        text = (
            "on_error: apologize\n"
            "nodes:\n"
            "  a: {type: goto, next: secnd}\n"
            "  second: {type: hangup}\n"
            "  apologise: {type: hangup}\n"
        )
        assert [each.partition(" (")[0] for each in told(tmp_path, text)] == [
            "1: there is no node `apologize`",
            "3: there is no node `secnd`",
        ]


@pytest.mark.parametrize(
    "text",
    [
        "type: queue\nqueue: orders\n",
        "nodes:\n  a: {type: {type: x}, next: [b]}\n",
        "nodes: {a: {type: []}}\n",
    ],
)
def test_a_file_that_is_quite_another_thing_is_told_too(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, text)


class TestWhatOnlyFollows:
    """Of one mistake one thing is told."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "nodes:\n  a: {type: collect, prompts: A, max_digits: 4, next: b, "
                "exits: {no_input: b, no_match: b}}\n"
                "  b: {type: say, text: '{{ vars.code }}', next: c}\n  c: {type: hangup}\n",
                "2: `into` is missing",
            ),
            (
                "nodes:\n  a: {type: callback, queue: q, next: b, exits: {refuse: b}}\n"
                "  b: {type: hangup}\n",
                "2: unknown key `refuse` (did you mean `refused`?)",
            ),
            (
                "nodes:\n  a:\n    type: goto\n    next:\n  b: {type: hangup}\n",
                "4: should be text, not nothing",
            ),
            (
                "languages: [EN, hi]\nnodes:\n  a: {type: say, text: {en: A, hi: B}, next: b}\n"
                "  b: {type: hangup}\n",
                "1: `EN` is not a language",
            ),
            (
                "results: [score]\nnodes:\n  a: {type: return, values: {scroe: 1}}\n",
                "3: `scroe` is not one of the flow's `results` (did you mean `score`?)",
            ),
        ],
    )
    def test_is_not_told(self, tmp_path: Path, text: str, expected: str) -> None:
        (problem,) = told(tmp_path, text)
        assert problem.startswith(expected)

    @pytest.mark.parametrize(
        ("node", "expected"),
        [
            (
                "{type: menu, prompts: A, options: {'1': b}}",
                "`exits: {no_input: ..., no_match: ...}`",
            ),
            ("{type: say, text: 'It is { vars.x }.', next: b}", "stands between `{{` and `}}`"),
            ("{type: say, text: 'It is {{ vars.x }.', next: b}", "stands between `{{` and `}}`"),
            ("{type: say, text: A, barge: true, next: b}", "did you mean `barge_in`?"),
            ("type:hangup", "write `type: hangup`"),
        ],
    )
    def test_the_likely_intention_is(self, tmp_path: Path, node: str, expected: str) -> None:
        problems = told(tmp_path, f"nodes:\n  a: {node}\n  b: {{type: hangup}}\n")
        assert any(expected in each for each in problems), problems


# A law: whatever goes wrong in a node is told of that node

Slip = Callable[[list[str]], list[str] | None]


WITHOUT_SHRINKING = [Phase.explicit, Phase.reuse, Phase.generate]
"""What fails is small, and looking for what is smaller takes long."""


def _on(line: str, old: str, new: str) -> str | None:
    return line.replace(old, new, 1) if old in line else None


def _first(change: Callable[[str], str | None]) -> Slip:
    """Return the slip that changes the first line of a node that it can be made in."""

    def slip(lines: list[str]) -> list[str] | None:
        for number, line in enumerate(lines[1:], 1):
            changed = change(line)
            if changed is not None:
                return [*lines[:number], changed, *lines[number + 1 :]]
        return None

    return slip


SLIPS: dict[str, Slip] = {
    "a tab": _first(lambda line: _on(line, "    type", "\ttype")),
    "no space": _first(lambda line: _on(line, "type: ", "type:")),
    "no colon": _first(lambda line: _on(line, "type: ", "type ")),
    "a quote": _first(lambda line: _on(line, "type: ", 'type: "')),
    "a quote before a key": _first(lambda line: _on(line, "    type", "    'type")),
    "a brace": _first(lambda line: line[:-1] if line.endswith(("}", "]")) else None),
    "a brace too many": _first(lambda line: line + "}" if line.endswith("}") else None),
    "a colon": _first(lambda line: _on(line, "type: ", "type: a: ")),
    "deeper": _first(lambda line: "  " + line if "next:" in line and "{" not in line else None),
    "a key twice": lambda lines: [*lines, "    type: hangup"],
    "an unknown key": lambda lines: [*lines, "    tpye: hangup"],
    "no such node": lambda lines: [*lines, "    exits_: nowhere"],
    "no such type": _first(lambda line: _on(line, "type: ", "type: x")),
    "no type": lambda lines: [line for line in lines if not line.startswith("    type:")],
    "a sign": _first(lambda line: _on(line, "type: ", "type: @")),
    "an alias": _first(lambda line: _on(line, "type: ", "type: *")),
    "a tag": _first(lambda line: _on(line, "type: ", "type: !x ")),
    "a control character": _first(lambda line: _on(line, "type: ", "type: \x07")),
    "no colon after the name": lambda lines: [lines[0].replace(":", ""), *lines[1:]],
    "a quote before the name": lambda lines: [lines[0].replace("  ", '  "', 1), *lines[1:]],
    "a name less indented": lambda lines: [lines[0][1:], *lines[1:]],
    "a name more indented": lambda lines: [" " + lines[0], *lines[1:]],
}


def written(flow: dict[str, Any]) -> tuple[list[str], dict[str, list[str]]]:
    """Return a flow as people write it: its settings, and the lines of each node."""
    top = [f"{key}: {json.dumps(value)}" for key, value in flow.items() if key != "nodes"]
    nodes = {
        name: [
            f"  {name}:",
            *(f"    {key}: {_plain(value)}" for key, value in node.items()),
        ]
        for name, node in flow["nodes"].items()
    }
    return top, nodes


def _plain(value: Any) -> str:
    simple = isinstance(value, str) and value.isidentifier()
    return value if simple else json.dumps(value)


@settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=list(HealthCheck),
    phases=WITHOUT_SHRINKING,
)
@given(
    flows(),
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(sorted(SLIPS))), min_size=1, max_size=6),
)
def test_every_node_with_a_slip_is_told_of_and_no_other(
    generated: tuple[dict[str, Any], dict[str, Any]], slips: list[tuple[int, str]]
) -> None:
    top, nodes = written(generated[0])
    if not right(top, nodes, generated[1]):
        return
    wrong: set[str] = set()
    for number, kind in slips:
        name = sorted(nodes)[number % len(nodes)]
        changed = SLIPS[kind](nodes[name])
        if name in wrong or changed is None:
            continue
        wrong.add(name)
        nodes[name] = changed
        event(kind)
    if not wrong:
        return
    begins, text = placed(top, nodes)
    problems = check(text, generated[1])
    blamed = {owner(begins, line) for line in problems}
    assert blamed == wrong, "\n".join(
        [text, *(f"{line}: {said}" for line, all_ in problems.items() for said in all_)]
    )


SHIPPED = {path.stem: path.read_text() for path in flow_files([ROOT / "ivr_flows"])}
SIGNS = [
    *('"', "'", "{", "}", "[", "]", ":", ": ", ",", "- ", "\t", " ", "  ", "\n", "#", "&a "),
    *("*a", "!", "|", ">", "?", "---\n", "\N{NO-BREAK SPACE}", "\x00", "nodes:", "é"),
]


@settings(deadline=None, max_examples=150, phases=WITHOUT_SHRINKING)
@given(
    st.sampled_from(sorted(SHIPPED)),
    st.lists(
        st.tuples(st.integers(0, 10_000), st.one_of(st.sampled_from(SIGNS), st.integers(1, 200))),
        min_size=1,
        max_size=8,
    ),
)
def test_whatever_is_done_to_a_flow_it_is_checked(
    name: str, changes: list[tuple[int, str | int]]
) -> None:
    """With something put in, or something taken out, here and there."""
    text = SHIPPED[name]
    for at, change in changes:
        at %= len(text) + 1
        text = text[:at] + (change + text[at:] if isinstance(change, str) else text[at + change :])
    problems = check(text, {"nodes": {"end": {"type": "hangup"}}})
    assert all(line >= 0 and said for line, said in problems.items())


def right(top: list[str], nodes: dict[str, list[str]], called: dict[str, Any]) -> bool:
    return not check(placed(top, nodes)[1], called)


def placed(top: list[str], nodes: dict[str, list[str]]) -> tuple[dict[str, int], str]:
    """Return the first line of every node, and the file."""
    lines = [*top, "nodes:"]
    begins: dict[str, int] = {}
    for name, inside in nodes.items():
        begins[name] = len(lines) + 1
        lines += inside
    return begins, "\n".join(lines) + "\n"


def owner(begins: dict[str, int], line: int) -> str:
    """Return the node in whose lines this one is."""
    return max((begin, name) for name, begin in begins.items() if begin <= line)[1]


def check(text: str, called: dict[str, Any]) -> dict[int, list[str]]:
    """Return what is told of a flow, by line."""
    with tempfile.TemporaryDirectory() as directory:
        other_top, other_nodes = written(called)
        (Path(directory) / "called.yaml").write_text(placed(other_top, other_nodes)[1])
        file = Path(directory) / "flow.yaml"
        file.write_text(text)
        try:
            load_flow(file)
        except FlowError as error:
            found: dict[int, list[str]] = {}
            for problem in error.problems:
                found.setdefault(problem.line, []).append(f"{problem.message} ({problem.hint})")
            return found
    return {}
