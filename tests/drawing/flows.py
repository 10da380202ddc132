"""Flows to draw, from text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from switch.drawing.outline import Outline, outline
from switch.errors import FlowError, Problem
from switch.ivr.loader import load_flow
from switch.ivr.models import FlowFile
from switch.yaml_source import YamlSource

SOUNDS = Path(__file__).parents[2] / "ivr_flows" / "sounds"

FLOW = """
description: Small & "quoted" <flow>
start: hello
nodes:
  end: {type: hangup}
  hello:
    type: play
    prompts: [{file: sounds/welcome.wav}, Hello there.]
    next: ask
  ask:
    type: menu
    prompts: For orders, press 1.
    options: {"1": orders, "2": hello}
    exits: {no_input: end, no_match: judge}
  judge:
    type: branch
    note: By country.
    cases:
      - {when: call.from.startswith('+1'), next: orders}
    otherwise: end
  orders: {type: queue, queue: orders, exits: {timeout: end, no_agents: end}}
"""


def drawn(text: str = FLOW) -> Outline:
    """Return the outline of a flow in text, with what the checker found."""
    problems: Sequence[Problem] = ()
    with TemporaryDirectory() as directory:
        (Path(directory) / "sounds").symlink_to(SOUNDS)
        path = Path(directory) / "small.yaml"
        path.write_text(text)
        source = YamlSource.load(path)
        file = FlowFile.model_validate(source.data)
        try:
            load_flow(path)
        except FlowError as error:
            problems = error.problems
    return outline("small", file, source, problems)


def tree(nodes: int, branches: int) -> str:
    """Return a flow of menus that lead to menus, and at last to queues."""
    lines = []
    for here in range(nodes):
        below = range(branches * here + 1, min(nodes, branches * here + branches + 1))
        options = ", ".join(f'"{key}": n{each}' for key, each in enumerate(below, 1))
        menu = (
            f"{{type: menu, prompts: Press a key., options: {{{options}}}, "
            "exits: {no_input: end, no_match: end}}"
        )
        queue = "{type: queue, queue: orders, exits: {timeout: end, no_agents: end}}"
        lines.append(f"  n{here}: {menu if below else queue}")
    return "nodes:\n" + "\n".join(lines) + "\n  end: {type: hangup}\n"
