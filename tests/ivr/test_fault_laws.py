"""Laws: what goes wrong in a node is told of that node; whatever is done to a file is told."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from switch.errors import FlowError
from switch.ivr.loader import flow_files, load_flow
from tests.ivr.test_laws import flows

ROOT = Path(__file__).parents[2]

Slip = Callable[[list[str]], list[str] | None]


OF_INDENTATION = {"a tab", "deeper", "a name less indented", "a name more indented"}

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
    kinds: set[str] = set()
    for number, kind in slips:
        name = sorted(nodes)[number % len(nodes)]
        changed = SLIPS[kind](nodes[name])
        if name in wrong or changed is None:
            continue
        wrong.add(name)
        kinds.add(kind)
        nodes[name] = changed
        event(kind)
    if not wrong or wrong == nodes.keys():  # indented alike, all of them are right
        return
    begins, text = placed(top, nodes)
    problems = check(text, generated[1])
    blamed = {owner(begins, line) for line in problems}
    shown = "\n".join([text, *(f"{line}: {said}" for line, said in problems.items())])
    assert wrong <= blamed, shown
    if kinds.isdisjoint(OF_INDENTATION):  # of two it may not be plain which is the wrong one
        assert blamed == wrong, shown


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
