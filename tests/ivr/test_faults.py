"""All that is wrong with a flow is told in one run, though much of it is no YAML; and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.errors import FlowError
from switch.ivr.loader import load_flow


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
