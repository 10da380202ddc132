"""What is refused although each part is right: names, variables, ways, languages, sizes."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.errors import FlowError
from switch.ivr.loader import Known, load_flow
from tests.ivr.steps import problems, write

KNOWN = Known(
    frozenset({"orders"}),
    frozenset({"spanish"}),
    agents=frozenset({"asha"}),
    sites=frozenset({"pune"}),
    tables=frozenset({"vip"}),
    columns=frozenset({"vip.name"}),
    hosts=frozenset({"api.example.com", "127.0.0.1:8080"}),
    trunks=frozenset({"carrier"}),
    mailboxes=frozenset({"desk"}),
)


@pytest.mark.parametrize(
    ("node", "complaint"),
    [
        (
            "{type: lookup, table: vipp, key: x, next: end, exits: {not_found: end}}",
            "2:28: there is no table `vipp` (did you mean `vip`?)",
        ),
        (
            "{type: lookup, table: vip, key: x, into: {n: nam}, next: end, "
            "exits: {not_found: end}}",
            "there is no column `nam` (did you mean `name`?)",
        ),
        (
            "{type: http, url: 'https://api.exmaple.com/x', next: end, exits: {failed: end}}",
            "the host `api.exmaple.com` is not one that flows may ask (did you mean `api.example",
        ),
        (
            "{type: transfer, number: '+442079460000', trunk: carier, exits: {failed: end}}",
            "no trunk `carier` that flows may dial out through (did you mean `carrier`?)",
        ),
        ("{type: transfer, agent: ash, exits: {failed: end}}", "there is no agent `ash`"),
        (
            "{type: record, prompts: A., box: dsk, next: end, exits: {nothing_said: end}}",
            "there is no mailbox `dsk`",
        ),
        (
            "{type: queue, queue: orders, sites: [puen], exits: {timeout: end, no_agents: end}}",
            "there is no site `puen`",
        ),
        (
            "{type: queue, queue: orders, preferred: {spansh: 3}, "
            "exits: {timeout: end, no_agents: end}}",
            "has the skill `spansh`",
        ),
        (
            "{type: queue, queue: orders, skills: {any: [{spanish: 3}, {not: {french: 1}}]}, "
            "exits: {timeout: end, no_agents: end}}",
            "has the skill `french`",
        ),
        (
            "{type: callback, queue: order, next: end, exits: {refused: end}}",
            "there is no queue `order`",
        ),
        ("{type: language, language: fr, next: end}", "this flow does not speak `fr`"),
        (
            "{type: language, language: '{{ call.trunk }}', next: end}",
            "a computed language may be one that the flow does not speak",
        ),
        ("{type: say, text: {en: A., hi: B.}, next: end}", "`languages: [en, hi]`"),
        ("{type: say, text: {named: hello}, next: end}", "the prompt set has no `hello`"),
        (
            "{type: play, prompts: [{count: 2, text: A.}], next: end}",
            "nothing is heard the first time",
        ),
        (
            "{type: hours, schedule: {zone: Asia/Kolkatta}, next: end, exits: {closed: end}}",
            "Asia/Kolkata",
        ),
    ],
)
def test_names_that_are_not_there(tmp_path: Path, node: str, complaint: str) -> None:
    found = problems(tmp_path, f"  a: {node}\n", KNOWN)
    assert any(complaint in each for each in found), found


def test_what_the_configuration_has_is_known(tmp_path: Path) -> None:
    text = """
  a: {type: http, url: 'http://127.0.0.1:8080/x?y', next: b, exits: {failed: end}}
  b: {type: lookup, table: vip, key: x, into: {n: name}, next: c, exits: {not_found: end}}
  c: {type: transfer, agent: asha, exits: {failed: end}}
"""
    assert len(load_flow(write(tmp_path, text), KNOWN).nodes) == 4


class TestVariables:
    TEXT = """
  ask:
    type: menu
    prompts: 1 or 2.
    options: {"1": one, "2": join}
    exits: {no_input: end, no_match: end}
  one: {type: set, values: {x: 1}, next: join}
  join: {type: say, text: "X is READ.", next: end}
"""

    def test_one_that_only_some_ways_give_is_refused(self, tmp_path: Path) -> None:
        (found,) = problems(tmp_path, self.TEXT.replace("READ", "{{ vars.x }}"))
        assert "`vars.x` may have no value yet here (set it before, or write" in found

    def test_with_a_default_it_is_right(self, tmp_path: Path) -> None:
        text = self.TEXT.replace("READ", "{{ vars.x | default('none') }}")
        assert load_flow(write(tmp_path, text)).start == "ask"

    def test_a_set_sees_those_above_it(self, tmp_path: Path) -> None:
        text = "  a: {type: set, values: {x: VALUE, y: '{{ vars.x }}'}, next: end}\n"
        assert load_flow(write(tmp_path, text.replace("VALUE", "1"))).start == "a"
        (found,) = problems(tmp_path, text.replace("VALUE", "'{{ vars.y }}'"))
        assert "`vars.y` may have no value yet here" in found


class TestWays:
    def test_a_repeat_lets_a_circle_end(self, tmp_path: Path) -> None:
        text = """
  a: {type: repeat, times: 5, next: b, exits: {done: end}}
  b: {type: say, text: Again., next: a}
"""
        assert load_flow(write(tmp_path, text)).start == "a"

    def test_a_circle_beside_it_does_not(self, tmp_path: Path) -> None:
        text = """
  a: {type: repeat, times: 5, next: b, exits: {done: b}}
  b: {type: say, text: Again., next: a}
"""
        (found,) = problems(tmp_path, text)[:1]
        assert "go round for ever: " in found

    def test_on_error_and_on_hangup_are_ways_in(self, tmp_path: Path) -> None:
        text = "on_error: b\non_hangup: c\nnodes:\n  a: {type: hangup}\n  b: {type: hangup}\n"
        assert load_flow(write(tmp_path, text + "  c: {type: hangup}\n")).on_error == "b"
        (found,) = problems(tmp_path, text.replace("on_hangup: c", "on_hangup: d"))
        assert "there is no node `d`" in found


class TestPromptSet:
    def test_what_a_language_lacks_is_heard_in_the_first(self, tmp_path: Path) -> None:
        (tmp_path / "prompts" / "en").mkdir(parents=True)
        (tmp_path / "prompts" / "hi").mkdir()
        for file in ("en/hello.wav", "en/bye.wav", "hi/hello.wav"):
            (tmp_path / "prompts" / file).write_bytes(b"RIFF")
        text = """
languages: [en, hi]
nodes:
  a: {type: play, prompts: [{named: hello}, {named: bye}], next: end}
  end: {type: hangup}
"""
        found = {each.file for each in load_flow(write(tmp_path, text)).prompts()}
        assert {Path(file).relative_to(tmp_path).as_posix() for file in found} == {
            "prompts/en/hello.wav",
            "prompts/en/bye.wav",
            "prompts/hi/hello.wav",
        }


def test_values_are_not_spoken_in_a_language_that_has_no_words(tmp_path: Path) -> None:
    text = """
languages: [en, xx]
nodes:
  a: {type: say, text: "{{ 3 | spoken_number }}", next: end}
  end: {type: hangup}
"""
    (found,) = problems(tmp_path, text)
    assert found.startswith("flow.yaml:2:")
    assert "cannot be spoken in the language `xx`" in found


class TestSizes:
    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("x" * 1_100_000, "is larger than 1 MiB"),
            ("[" * 5000, "nested more than 64 levels deep"),
            ("nodes: {a: {type: play, prompts: [" + "1," * 1001 + "], next: a}}", "1000 at most"),
            ("nodes:\n" + "".join(f"  a{n}: 1\n" for n in range(1001)), "has 1001 entries"),
            (
                "a: &a [" + "1," * 900 + "]\nb: &b [" + "*a," * 60 + "]\nc: [*b]\n",
                "holds more than 50000 values",
            ),
            (
                "a: &a [x,x,x,x,x,x,x,x,x]\n"
                + "".join(
                    f"{m}: &{m} [{','.join(['*' + n] * 9)}]\n"
                    for n, m in zip("abcdefgh", "bcdefghi", strict=True)
                ),
                "expand to far too much",
            ),
        ],
    )
    def test_what_is_too_large_is_refused(self, tmp_path: Path, text: str, complaint: str) -> None:
        file = tmp_path / "flow.yaml"
        file.write_text(text)
        with pytest.raises(FlowError) as caught:
            load_flow(file)
        assert len(caught.value.problems) == 1
        assert complaint in str(caught.value)


def test_a_node_that_computes_too_much_at_once_is_refused(tmp_path: Path) -> None:
    text = "{{ call.from ~ call.id ~ call.from ~ call.id ~ call.from ~ call.id ~ call.id }}"
    prompts = ", ".join([f'"{text}"'] * 32)
    (found,) = problems(tmp_path, f"  a: {{type: play, prompts: [{prompts}], next: end}}\n")
    assert "computes too much at once" in found
