"""Where a key may belong to a secret that is asked for later: recordings are silent there."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from switch.errors import CallOver
from switch.ivr.interpreter import run_flow
from switch.ivr.loader import load_flows
from tests.ivr.steps import write
from tests.support.fake_call import FakeCall, Keys

PIN = """
  pin:
    type: collect
    prompts: PIN?
    into: pin
    max_digits: 1
    sensitive: true
    retries: 0
    next: after
    exits: {no_input: after, no_match: after}
  after: {type: say, text: Thank you., next: end}
  end: {type: hangup}
"""


def ahead(directory: Path, **texts: str) -> dict[str, set[str]]:
    for name, text in texts.items():
        write(directory, text, name)
    return {name: set(flow.ahead) for name, flow in load_flows(directory).items()}


def test_keys_wait_through_all_that_does_not_forget_them(tmp_path: Path) -> None:
    start = """
nodes:
  hello: {type: say, text: Hello., next: kind}
  kind: {type: menu, prompts: Pay now., options: {"1": note}, exits: {no_input: end, no_match: end}}
  note: {type: set, values: {a: 1}, next: pin}
"""
    assert ahead(tmp_path, main=start + PIN) == {"main": {"hello", "kind", "note", "pin"}}


def test_who_talks_or_leaves_a_message_has_no_keys_left(tmp_path: Path) -> None:
    start = """
nodes:
  hello: {type: say, text: Hello., next: wait}
  wait: {type: queue, queue: orders, next: leave, exits: {timeout: leave, no_agents: leave}}
  leave: {type: record, prompts: Speak., box: main, next: pin, exits: {nothing_said: number}}
  number: {type: transfer, number: "+18005550100", trunk: out, next: pin, exits: {failed: pin}}
"""
    assert ahead(tmp_path, main=start + PIN) == {"main": {"pin"}}


def test_a_failure_may_lead_there_from_anywhere(tmp_path: Path) -> None:
    start = "on_error: pin\nnodes:\n  hello: {type: say, text: Hello., next: end}\n"
    assert ahead(tmp_path, main=start + PIN) == {
        "main": {"hello", "pin", "after", "end"},
    }


def test_other_flows_may_ask_for_it(tmp_path: Path) -> None:
    main = """
nodes:
  hello: {type: menu, prompts: Pay., options: {"1": over}, exits: {no_input: end, no_match: end}}
  over: {type: transfer, flow: pay}
  end: {type: hangup}
"""
    pay = """
nodes:
  welcome: {type: say, text: Welcome., next: ask}
  ask: {type: call, flow: pin, next: end}
  end: {type: hangup}
"""
    pin = "nodes:\n" + PIN.replace("end: {type: hangup}", "end: {type: return}")[1:]
    assert ahead(tmp_path, main=main, pay=pay, pin=pin) == {
        "main": {"hello", "over"},
        "pay": {"welcome", "ask"},
        "pin": {"pin"},
    }


async def test_a_flow_that_comes_back_to_the_question_is_silent_for_this_caller_only(
    tmp_path: Path,
) -> None:
    greet = """
nodes:
  welcome: {type: say, text: Welcome., next: back}
  back: {type: return}
"""
    pays = "nodes:\n  greet: {type: call, flow: greet, next: pin}\n" + PIN[1:]
    asks = """
nodes:
  greet: {type: call, flow: greet, next: end}
  end: {type: hangup}
"""
    texts = {"greet": greet, "pays": pays, "asks": asks}
    assert ahead(tmp_path, **texts) == {"greet": set(), "pays": {"greet", "pin"}, "asks": set()}
    flows = load_flows(tmp_path)
    paying, asking = FakeCall(Keys("1")), FakeCall()
    for name, call in (("pays", paying), ("asks", asking)):
        with suppress(CallOver):
            await run_flow(flows[name], call)
    assert paying.path == ["greet", "welcome", "back", "pin", "after", "end"]
    assert paying.secret_ahead == [True, False]
    assert asking.secret_ahead == []
