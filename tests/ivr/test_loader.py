"""Everything that is wrong with a flow, at once, with its place and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.errors import FlowError
from switch.ivr.loader import Known, load_flow, load_flows

KNOWN = Known(frozenset({"orders", "helpdesk"}), frozenset({"spanish", "english"}))

GOOD = """
nodes:
  hello: {type: play, prompts: Hello., next: end}
  end: {type: hangup}
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    """Return what is wrong, without the file's directory."""
    file = tmp_path / "flow.yaml"
    file.write_text(text)
    with pytest.raises(FlowError) as caught:
        load_flow(file, KNOWN)
    return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]


def flow(*nodes: str) -> str:
    """Return a flow of these nodes, one a line, from line 2 on."""
    return "nodes:\n" + "".join(f"  {node}\n" for node in nodes)


END = "end: {type: hangup}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (flow("a: {type: play, prompts: A., next: ende}", END), "2:38: there is no node `ende`"),
        (flow("a: {type: play, prompts: A., next: ende}", END), "did you mean `end`?"),
        (flow("a: {type: plya, prompts: A., next: end}", END), "did you mean `play`?"),
        (flow("a: {type: play, promts: A., next: end}", END), "unknown key `promts`"),
        (
            flow("a: {type: set, values: {x: '{{ cal.from }}'}, next: end}", END),
            "did you mean `call`, `vars.cal` or the text 'cal'?",
        ),
        (flow("a: {type: play, prompts: A.}"), "`next` is missing"),
        (flow("a: {prompts: A., next: end}", END), "`type` is missing"),
        (flow("a: {type: hangup}", "b: {type: hangup}"), "nothing leads to the node `b`"),
        (
            flow("a: {type: queue, queue: odrers, exits: {timeout: end, no_agents: end}}", END),
            "2:27: there is no queue `odrers` (did you mean `orders`?)",
        ),
        (
            flow(
                "a: {type: queue, queue: orders, skills: {spansih: 5}, "
                "exits: {timeout: end, no_agents: end}}",
                END,
            ),
            "has the skill `spansih` (did you mean `spanish`?)",
        ),
        (
            flow("a: {type: play, prompts: {file: no.wav}, next: end}", END),
            "there is no sound file `no.wav`",
        ),
        (flow("a: {type: play, prompts: 7, next: end}", END), "2:28: should be a prompt, not `7`"),
        (
            flow("a: {type: play, prompts: {txt: A.}, next: end}", END),
            "unknown key `txt` (did you mean `text`?)",
        ),
        (flow("a: {type: say, text: {en: A., x-: B.}, next: end}", END), "`x-` is not a language"),
        (
            flow(
                "a: {type: record, prompts: A., box: b, mail_to: me, next: end, "
                "exits: {nothing_said: end}}",
                END,
            ),
            "`me` is not an e-mail address",
        ),
        (
            flow("a: {type: play, prompts: A., next: b}", "b: {type: play, prompts: B., next: a}"),
            "go round for ever: a -> b -> a",
        ),
        (
            flow("a: {type: branch, cases: [{when: vars.x == 1, next: end}], otherwise: end}", END),
            "no node gives `vars.x` a value",
        ),
        (
            flow(
                "a: {type: branch, cases: [{when: call.form == 1, next: end}], otherwise: end}", END
            ),
            "there is no `call.form` (did you mean `from`?)",
        ),
        (
            flow("a: {type: branch, cases: [{when: foo == 1, next: end}], otherwise: end}", END),
            "`foo` is not known",
        ),
        (
            flow("a: {type: branch, cases: [{when: call.id =, next: end}], otherwise: end}", END),
            "is no expression",
        ),
        (
            flow('a: {type: set, values: {x: "{{ call.id.__class__ }}"}, next: end}', END),
            "`.__class__` is not used here",
        ),
        (
            flow('a: {type: set, values: {x: "{{ call.id.format(1) }}"}, next: end}', END),
            "only methods of texts are called",
        ),
        (
            flow('a: {type: set, values: {x: "{% for y in [1] %}{% endfor %}"}, next: end}', END),
            "`for` is not used in flows",
        ),
        (
            flow(
                'a: {type: menu, prompts: A., options: {"12": end}, '
                "exits: {no_input: end, no_match: end}}",
                END,
            ),
            "`12` is not a key of a telephone",
        ),
        (
            flow('a: {type: menu, prompts: A., options: {"1": end}, exits: {no_input: end}}', END),
            "`no_match` is missing",
        ),
        (
            flow(
                "a: {type: collect, prompts: A., into: x, min_digits: 5, max_digits: 3, "
                "next: end, exits: {no_input: end, no_match: end}}",
                END,
            ),
            "is more than `max_digits`",
        ),
        (flow("1a: {type: hangup}"), "`1a` cannot be a name"),
        ("nodes: {}\n", "1:8:"),
        ("start: b\n" + flow("a: {type: hangup}"), "1:8: there is no node `b`"),
        ("nodes: [\n", "1:8: the bracket that opens here is not closed"),
        ("hello\n", "should be"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, expected: str) -> None:
    found = problems(tmp_path, text)
    assert all(problem.startswith("flow.yaml:") for problem in found)
    assert any(expected in problem for problem in found), found


def test_everything_is_told_at_once(tmp_path: Path) -> None:
    text = flow(
        "a: {type: play, prompts: A., next: nowhere}",
        "b: {type: queue, queue: nothing, exits: {timeout: a, no_agents: gone}}",
    )
    assert len(problems(tmp_path, text)) == 4


def test_a_mistake_elsewhere_makes_no_endless_circle(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(
        flow(
            'a: {type: menu, prompts: A., options: {"1": b}, exits: {no_input: c, no_match: c}}',
            "b: {type: return}",
            "c: {type: hangup}",
        )
    )
    file = tmp_path / "flow.yaml"
    file.write_text(flow("a: {type: call, flow: other, next: a}", "b: {type: hangup}"))
    with pytest.raises(FlowError) as caught:
        load_flow(file, KNOWN)
    (told,) = caught.value.problems
    assert "nothing leads to the node `b`" in told.message


def test_a_node_whose_type_is_one_of_its_keys_is_placed_by_that_key(tmp_path: Path) -> None:
    text = flow(
        "a: {type: queue, queue: orders, priority: high, exits: {timeout: b, no_agents: b}}",
        "b: {type: hangup}",
    )
    (told,) = problems(tmp_path, text)
    assert told.startswith("flow.yaml:2:45: should be a whole number")
    wrong = text.replace("queue: orders, priority: high", "queue: [1]")
    (told,) = problems(tmp_path, wrong)
    assert told.startswith("flow.yaml:2:27: ")


def test_a_caller_who_acts_may_go_round(tmp_path: Path) -> None:
    file = tmp_path / "flow.yaml"
    file.write_text(
        flow(
            'a: {type: menu, prompts: A., options: {"1": a, "2": end}, '
            "exits: {no_input: end, no_match: a}}",
            END,
        )
    )
    assert load_flow(file, KNOWN).start == "a"


def test_files_and_voices_are_resolved(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"RIFF")
    file = tmp_path / "flow.yaml"
    file.write_text(
        "voice: en-gb\nnodes:\n  a:\n    type: hangup\n"
        "    prompts: [{file: x.wav}, Hello., {text: Hola., voice: es}]\n"
    )
    prompts = list(load_flow(file).prompts())
    assert [(each.file, each.text, each.voice) for each in prompts] == [
        (str(tmp_path / "x.wav"), "", ""),
        ("", "Hello.", "en-gb"),
        ("", "Hola.", "es"),
    ]


def test_a_directory_is_loaded_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(GOOD)
    (tmp_path / "two.yaml").write_text(GOOD)
    (tmp_path / "one.scenarios.yaml").write_text("[]")
    assert sorted(load_flows(tmp_path)) == ["one", "two"]
    (tmp_path / "two.yaml").write_text("nodes: {}")
    (tmp_path / "three.yaml").write_text("x")
    with pytest.raises(FlowError) as caught:
        load_flows(tmp_path)
    told = {Path(problem.file).name for problem in caught.value.problems}
    assert told == {"two.yaml", "three.yaml"}
