"""Flows to draw, from text."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from switch.drawing.outline import Outline, outline
from switch.ivr.loader import read_in_part

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
    with TemporaryDirectory() as directory:
        (Path(directory) / "sounds").symlink_to(SOUNDS)
        path = Path(directory) / "small.yaml"
        path.write_text(text)
        file, source, problems = read_in_part(path)
    assert file is not None
    assert source is not None
    return outline("small", file, source, problems)


def broken(path: Path) -> str:
    """Return a flow with mistakes: a node that is not there, a type and a key misspelt, a quote and
    a brace that are not closed, and a name that can be none."""
    text = path.read_text()
    text = re.sub(r"next: \w+", "next: nowhere_at_all", text, count=1)
    third = re.findall(r"^  (\w+):\n", text, re.MULTILINE)[2]
    text = text.replace(f"\n  {third}:\n", '\n  <"&third>:\n')
    for old, new in (("type: queue", "type: qeue"), ("    into: ", "    itno: ")):
        text = text.replace(old, new, 1)
    text = re.sub(r'^    text: "?(.*?)"?$', r'    text: "\1', text, count=1, flags=re.MULTILINE)
    head, brace, rest = text.rpartition("    exits: {")
    return head + brace + rest.replace("}", "", 1)


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
