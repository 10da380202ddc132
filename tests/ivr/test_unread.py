"""What cannot be read of a flow hides nothing else that is wrong, and makes nothing else so."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.errors import FlowError
from switch.ivr.loader import load_flow
from tests.ivr.test_loader import END, KNOWN, flow, problems


class TestNodesThatCannotBeRead:
    """What is wrong with the others is told all the same, and nothing that may be right."""

    def test_the_others_are_checked(self, tmp_path: Path) -> None:
        text = "on_error: sory\n" + flow(
            "a: {type: play, promts: A., next: b}",
            "b: {type: queue, queue: order, exits: {timeout: end, no_agents: edn}}",
            "c: {type: say, text: C., next: end}",
            END,
        )
        told = problems(tmp_path, text)
        assert len(told) == 5
        for expected in ("`sory`", "`promts`", "queue `order`", "`edn`", "node `c`"):
            assert any(expected in each for each in told), told

    def test_their_own_ways_and_names_are_checked(self, tmp_path: Path) -> None:
        text = flow(
            'a: {type: menu, prompts: A., options: {"1": edn, x: end}, exits: {no_input: end}}',
            "b: {type: branch, cases: [{when: a b, next: nowhere}], otherwise: c}",
            "c: {type: queue, queue: order, prioriti: 1, exits: {timeout: a, no_agents: b}}",
            END,
        )
        told = problems(tmp_path, text)
        assert any("2:47: there is no node `edn` (did you mean `end`?)" in each for each in told)
        assert any("there is no node `nowhere`" in each for each in told), told
        assert any("there is no queue `order`" in each for each in told), told

    def test_where_they_may_lead_and_what_they_may_give_is_not_complained_about(
        self, tmp_path: Path
    ) -> None:
        text = flow(
            "a: {type: collect, prompts: A., into: x, max_digits: no, nxt: b, exits: {}}",
            'b: {type: say, text: "{{ vars.x }}", next: c}',
            "c: {type: retrun, next: a}",
        )
        told = problems(tmp_path, text)
        assert told
        assert not any("nothing leads" in each or "vars.x" in each for each in told), told
        assert not any("go round" in each for each in told), told

    def test_a_flow_that_calls_one_is_not_blamed(self, tmp_path: Path) -> None:
        (tmp_path / "other.yaml").write_text(
            flow(
                'a: {type: menu, prompts: A, options: {"1": b}, exits: {no_input: c, no_match: c}}',
                "b: {type: retrun}",
                "c: {type: hangup}",
            )
        )
        file = tmp_path / "flow.yaml"
        file.write_text(flow("a: {type: call, flow: other, next: a}"))
        with pytest.raises(FlowError) as caught:
            load_flow(file, KNOWN)
        (told,) = caught.value.problems
        assert "`type: retrun` is not known" in told.message


class TestKeysThatAreRepeated:
    """They are told, and hide nothing; what stands twice may be meant either way."""

    def test_a_node_that_stands_twice(self, tmp_path: Path) -> None:
        text = flow(
            "a: {type: say, text: A., next: b}",
            "b: {type: set, values: {x: 1}, next: c}",
            "b: {type: set, values: {y: 1}, next: d}",
            'c: {type: say, text: "{{ vars.x }}", next: d}',
            'd: {type: say, text: "{{ vars.y }}", next: edn}',
            END,
        )
        told = problems(tmp_path, text)
        assert len(told) == 2, told
        assert told[0].startswith("flow.yaml:4:3: `b` is given twice; it stands already in line 3")
        assert "there is no node `edn` (did you mean `end`?)" in told[1]

    def test_a_key_of_a_node(self, tmp_path: Path) -> None:
        text = flow(
            "a: {type: say, text: A., next: b, next: c}",
            "b: {type: say, text: B., next: edn}",
            "c: {type: hangup}",
        )
        told = problems(tmp_path, text)
        assert len(told) == 2, told
        assert told[0].startswith("flow.yaml:2:37: `next` is given twice")
        assert "there is no node `edn`" in told[1]

    @pytest.mark.parametrize("settings", ["on_error: end\non_error: end\n", "<<: {}\n"])
    def test_a_key_of_the_flow(self, tmp_path: Path, settings: str) -> None:
        told = problems(tmp_path, settings + flow("a: {type: say, text: A., next: edn}", END))
        assert any("twice" in each or "merge keys" in each for each in told), told
        assert any("there is no node `edn`" in each for each in told), told

    def test_nodes_that_are_not_known_are_not_complained_about(self, tmp_path: Path) -> None:
        (told,) = problems(tmp_path, flow("a: {type: goto, next: b}") + flow("b: {type: hangup}"))
        assert "`nodes` is given twice" in told
        many = flow("a: {type: goto, next: b}", *["c: {type: hangup}"] * 60)
        assert len(problems(tmp_path, many)) == 59
        merged = flow("<<: {b: {type: hangup}}", "a: {type: goto, next: b}")
        (told,) = problems(tmp_path, merged)
        assert "merge keys" in told


class TestSettingsThatCannotBeRead:
    """What is wrong beside the nodes does not hide what is wrong with them, nor makes it so."""

    def test_a_misspelt_key_is_taken_for_what_was_meant(self, tmp_path: Path) -> None:
        text = "on_eror: sorry\nlanguage: [en, hi]\nargumnts: [who]\n" + flow(
            'a: {type: say, text: {en: "Hello {{ vars.who }}.", hi: Namaste.}, next: edn}',
            "sorry: {type: queue, queue: order, exits: {timeout: end, no_agents: end}}",
            END,
        )
        told = problems(tmp_path, text)
        assert len(told) == 5, told
        assert told[0].startswith("flow.yaml:1:1: unknown key `on_eror` (did you mean `on_error`?)")
        for expected in ("key `language`", "key `argumnts`", "node `edn`", "queue `order`"):
            assert any(expected in each for each in told), told

    def test_a_key_that_is_the_value_of_another_one(self, tmp_path: Path) -> None:
        text = "type: play\nplay: x\n" + flow(END)
        told = [each.partition(" (")[0] for each in problems(tmp_path, text)]
        assert told[:2] == [
            "flow.yaml:1:1: unknown key `type`",
            "flow.yaml:2:1: unknown key `play`",
        ]

    def test_where_it_leads_is_checked_and_told_in_its_place(self, tmp_path: Path) -> None:
        text = "on_eror: edn\n" + flow("a: {type: say, text: A., next: end}", END)
        told = problems(tmp_path, text)
        assert told[1:] == ["flow.yaml:1:10: there is no node `edn` (did you mean `end`?)"]

    def test_a_key_that_is_like_none_hides_nothing_either(self, tmp_path: Path) -> None:
        told = problems(tmp_path, "xyz: 1\n" + flow("a: {type: say, text: A., next: b}"))
        assert len(told) == 2, told
        assert "unknown key `xyz`" in told[0]
        assert "there is no node `b`" in told[1]

    @pytest.mark.parametrize(
        ("setting", "expected"),
        [
            ("languages: {en: en-gb, hi: 5}", "1:28: should be text"),
            ("languages: [en, hi, x-]", "`x-` is not a language"),
            ("results: [done, 1st]", "`1st` cannot be a name"),
            ("start: [a]", "1:8: should be text"),
            ("description: 5", "1:14: should be text"),
            ("early_media: perhaps", "should be `true` or `false`"),
        ],
    )
    def test_a_wrong_value_alone_is_told(self, tmp_path: Path, setting: str, expected: str) -> None:
        """And the one mistake of the nodes; what was right of the value counts."""
        settings = setting if "languages" in setting else f"languages: [en, hi]\n{setting}"
        values = "{done: 1}" if "results" in setting else "{}"
        nodes = flow(
            "a: {type: say, text: {en: A., hi: B.}, next: b}",
            "b: {type: branch, cases: [{when: call.withheld, next: edn}], otherwise: c}",
            f"c: {{type: return, values: {values}}}",
        )
        told = problems(tmp_path, f"{settings}\n{nodes}")
        assert len(told) == 2, told
        line = expected.replace("1:", "2:", 1) if "languages" not in setting else expected
        assert line in told[0]
        assert "there is no node `edn`" in told[1]

    def test_a_start_by_a_name_that_cannot_be(self, tmp_path: Path) -> None:
        text = "start: good-day\n" + flow(
            END, "good-day: {type: say, text: A., next: end}", "c: {type: hangup}"
        )
        told = problems(tmp_path, text)
        assert len(told) == 3, told
        assert told[0].startswith("flow.yaml:1:8: `good-day` cannot be a name")
        assert told[1].startswith("flow.yaml:4:3: `good-day` cannot be a name")
        assert "nothing leads to the node `c`" in told[2]

    def test_where_no_node_is_right_either(self, tmp_path: Path) -> None:
        text = "on_eror: edn\n" + flow("a: {type: say, txt: A., next: b}")
        told = problems(tmp_path, text)
        for expected in ("`on_eror`", "`txt`", "no node `edn`", "no node `b`"):
            assert any(expected in each for each in told), told
