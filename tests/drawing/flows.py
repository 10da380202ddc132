"""Flows to draw, from text."""

from __future__ import annotations

from pathlib import Path

from switch.drawing.outline import Outline, outline
from switch.ivr.checker import check_flow
from switch.ivr.models import FlowFile
from switch.yaml_source import YamlSource

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


def drawn(text: str = FLOW, directory: Path = Path("ivr_flows")) -> Outline:
    """Return the outline of a flow in text, with what the checker found."""
    source = YamlSource.parse(text, "small.yaml")
    file = FlowFile.model_validate(source.data)
    return outline("small", file, source, list(check_flow(file, source, directory, None)))
