"""Flows and calls of these tests, from text."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from switch.ivr.call import Facts
from switch.ivr.loader import load_flow
from switch.ivr.models import Flow
from switch.rehearsal.call import RehearsedCall
from switch.rehearsal.caller import Caller, Step
from switch.rehearsal.performance import Performance
from switch.rehearsal.world import World

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FACTS = Facts("rehearsal", "+12125550123", "+18005550100", "carrier")

MENU = """
nodes:
  hello: {type: play, prompts: [Hello there.], next: menu}
  menu:
    type: menu
    prompts: Press 1.
    options: {"1": orders, "2": ask}
    timeout_seconds: 5
    retries: 1
    no_input_prompts: Nothing.
    exits: {no_input: silent, no_match: lost}
  ask:
    type: collect
    prompts: Number?
    into: number
    max_digits: 3
    retries: 0
    next: thanks
    exits: {no_input: silent, no_match: lost}
  orders:
    type: queue
    queue: orders
    max_wait_seconds: 30
    next: thanks
    exits: {timeout: late, no_agents: nobody}
  thanks: {type: hangup, prompts: Thanks.}
  late: {type: hangup, cause: busy}
  nobody: {type: hangup}
  silent: {type: hangup, prompts: Silent.}
  lost: {type: hangup}
"""


def flow(tmp_path: Path, text: str = MENU, name: str = "flow") -> Flow:
    """Return a flow in text, loaded."""
    file = tmp_path / f"{name}.yaml"
    file.write_text(text)
    return load_flow(file)


def call(*steps: Step, world: World | None = None, asks: bool = False) -> RehearsedCall:
    """Return a call by a caller with this script."""
    return RehearsedCall(Caller(list(steps)), world or World(), FACTS, NOON, asks=asks)


def run(of: Flow, rehearsed: RehearsedCall) -> RehearsedCall:
    """Run a flow to its end."""
    assert Performance(of, rehearsed).go_on() is None
    return rehearsed
