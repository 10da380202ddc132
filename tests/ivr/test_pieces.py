"""Flows that were taken apart for another process run there as they did."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from switch.errors import CallOver
from switch.ivr.interpreter import run_flow
from switch.ivr.loader import load_flows
from switch.ivr.models import Flow
from switch.ivr.pieces import Assembly, pieces
from tests.ivr.steps import write
from tests.support.fake_call import FakeCall, Keys
from tests.support.site import SHIPPED_FLOWS

ASK = """
arguments: [length]
results: [digits]
nodes:
  ask:
    type: collect
    prompts: "{{ vars.length }} digits."
    into: digits
    max_digits: 4
    next: back
    exits: {no_input: back, no_match: back}
  back: {type: return, values: {digits: "{{ vars.digits }}"}}
"""
MAIN = """
languages: [en, hi]
nodes:
  get: {type: call, flow: ask, arguments: {length: "{{ 2 + 2 }}"}, into: {no: digits}, next: known}
  known: {type: branch, cases: [{when: vars.no == '1234', next: say}], otherwise: end}
  say: {type: say, text: "It is {{ vars.no | spoken_digits }}.", next: end}
  end: {type: hangup}
"""


def assembled(flows: dict[str, Flow]) -> dict[str, Flow]:
    assembly = Assembly()
    for piece in pieces(flows):
        assembly.add(piece)
    return assembly.flows()


async def test_they_run_as_they_did(tmp_path: Path) -> None:
    write(tmp_path, ASK, "ask")
    write(tmp_path, MAIN, "main")
    read = load_flows(tmp_path)
    anew = assembled(read)
    calls = []
    for flows in (read, anew):
        call = FakeCall(Keys("1234"))
        with suppress(CallOver):
            await run_flow(flows["main"], call)
        calls.append(call)
    first, second = calls
    assert first.path == second.path == ["get", "ask", "back", "known", "say", "end"]
    assert first.heard == second.heard
    assert anew["main"].others["ask"] is anew["ask"]


def test_nothing_of_them_is_lost() -> None:
    read = load_flows(SHIPPED_FLOWS)
    anew = assembled(read)
    assert list(anew) == list(read)
    for name, flow in read.items():
        other = anew[name]
        for field in ("name", "path", "description", "start", "on_error", "on_hangup", "on_fax"):
            assert getattr(other, field) == getattr(flow, field)
        assert (other.ways, other.secrets, other.ahead) == (flow.ways, flow.secrets, flow.ahead)
        assert other.voices == flow.voices
        assert other.speaks == flow.speaks
        assert list(other.nodes) == list(flow.nodes)
        assert list(other.prompts()) == list(flow.prompts())
        assert len(other.sayings) == len(flow.sayings)
        assert other.others.keys() == flow.others.keys()


def test_each_is_small() -> None:
    assert max(map(len, pieces(load_flows(SHIPPED_FLOWS)))) < 20_000
