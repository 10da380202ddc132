"""What of a flow survives a restart of the switch while its caller talks, and goes on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import msgspec
import pytest

from switch.errors import CallOver
from switch.ivr.call import QueueEnd, QueueOutcome, QueueRequest, TransferEnd, TransferRequest
from switch.ivr.interpreter import Interpreter
from switch.ivr.loader import load_flow
from switch.ivr.memory import FlowMemory
from switch.ivr.models import Flow
from tests.ivr.steps import write
from tests.support.fake_call import Act, FakeCall, Listen

QUEUE = "{type: queue, queue: orders, next: after, exits: {timeout: late, no_agents: late}}"
MAIN = """
languages: [en, mr]
on_hangup: lost
nodes:
  first: {type: language, language: mr, next: keep}
  keep: {type: set, values: {names: "{{ ['Ana', 3, none, [1.5]] }}"}, next: sub}
  sub: {type: call, flow: other, arguments: {tries: 2}, into: {said: said}, next: tell}
  tell: {type: tag, tags: {said: "{{ vars.said }} {{ vars.names[0] }}"}, next: end}
  lost: {type: tag, tags: {lost: "{{ (vars.names | default([0, 0]))[1] }}"}, next: end}
  end: {type: hangup}
"""
OTHER = """
languages: [en, mr]
arguments: [tries]
results: [said]
nodes:
  begin: {type: set, values: {said: ""}, next: wait}
  wait: WAIT
  after:
    type: menu
    prompts: {en: 'Well?', mr: 'बरं?'}
    options: {"5": note}
    exits: {no_input: note, no_match: note}
  late: {type: set, values: {said: late}, next: back}
  note:
    type: set
    values: {said: "{{ result.end or vars.tries }} {{ call.queue.agent }}"}
    next: back
  back: {type: return, values: {said: "{{ vars.said }}"}}
"""


class Talking(FakeCall):
    """A caller who is connected, and then the switch falls."""

    def __init__(self, *acts: Act) -> None:
        super().__init__(*acts)
        self.interpreter: Interpreter | None = None
        self.memory: FlowMemory | str = ""

    async def queue(self, request: QueueRequest) -> QueueOutcome:
        return self._fall()

    async def transfer(self, request: TransferRequest) -> TransferEnd:
        return self._fall()

    def _fall(self) -> NoReturn:
        assert self.interpreter is not None
        self.memory = self.interpreter.remember()
        raise _Fallen


class _Fallen(Exception):
    """The switch is gone."""


def load(directory: Path, wait: str = QUEUE, main: str = MAIN) -> dict[str, Flow]:
    write(directory, OTHER.replace("WAIT", wait), "other")
    flow = load_flow(write(directory, main, "main"))
    return {"main": flow, **flow.others}


async def remembered(flow: Flow) -> FlowMemory | str:
    """Run a flow until its caller talks; return what the journal would give back."""
    call = Talking()
    call.interpreter = Interpreter(flow, call)
    with suppress(_Fallen):
        await call.interpreter.run()
    if isinstance(call.memory, str):
        return call.memory
    return msgspec.json.decode(msgspec.json.encode(call.memory), type=FlowMemory)


async def memory_of(flow: Flow) -> FlowMemory:
    memory = await remembered(flow)
    assert isinstance(memory, FlowMemory), memory
    return memory


async def go_on(
    flows: dict[str, Flow], memory: FlowMemory, talk: Callable[[], QueueOutcome], *acts: Act
) -> FakeCall:
    """Go on as the next switch does; return the call."""
    call = FakeCall(*acts)
    interpreter = Interpreter.anew(flows, memory, call)
    assert interpreter is not None

    async def talking() -> QueueOutcome:
        return talk()

    with suppress(CallOver):
        await interpreter.go_on(talking())
    return call


def hangs_up() -> QueueOutcome:
    return QueueOutcome(QueueEnd.CONNECTED, "asha", 3.0)


async def test_it_goes_on_by_the_exit_of_the_queue_with_all_that_it_knew(tmp_path: Path) -> None:
    flows = load(tmp_path)
    call = await go_on(flows, await memory_of(flows["main"]), hangs_up, Listen("5"))
    assert call.path == ["after", "note", "back", "tell", "end"]
    assert call.left[0].node == "wait"
    assert call.tags == {"said": "connected asha Ana"}
    assert {prompt.language for prompt in call.played} == {"mr"}


async def test_an_agent_who_sent_the_caller_to_a_queue_in_vain_leads_to_its_exit(
    tmp_path: Path,
) -> None:
    flows = load(tmp_path)
    memory = await memory_of(flows["main"])
    call = await go_on(flows, memory, lambda: QueueOutcome(QueueEnd.TIMEOUT))
    assert call.path == ["late", "back", "tell", "end"]


@pytest.mark.parametrize("to", ["agent: asha", "queue: orders"])
async def test_after_a_transfer_it_goes_on_too(tmp_path: Path, to: str) -> None:
    flows = load(tmp_path, f"{{type: transfer, {to}, next: after, exits: {{failed: late}}}}")
    call = await go_on(flows, await memory_of(flows["main"]), hangs_up, Listen("5"))
    assert call.path[:2] == ["after", "note"]
    assert str(call.tags["said"]).startswith("connected")


async def test_a_caller_who_hangs_up_during_the_talk_leads_to_on_hangup(tmp_path: Path) -> None:
    flows = load(tmp_path)

    def gone() -> QueueOutcome:
        raise CallOver("the caller has gone")

    call = await go_on(flows, await memory_of(flows["main"]), gone)
    assert call.path == ["lost", "end"]
    assert call.tags == {"lost": 3}
    assert [(each.node, each.exit) for each in call.left][:2] == [("wait", "gone"), ("sub", "gone")]


@pytest.mark.parametrize(
    ("main", "wait"),
    [
        (MAIN.replace("sub", "sub2"), QUEUE),
        (MAIN.replace("flow: other", "flow: third"), QUEUE),
        (
            MAIN,
            "{type: menu, prompts: Hm, options: {'1': late}, "
            "exits: {no_input: after, no_match: after}}",
        ),
    ],
    ids=["no_such_node", "another_sub_flow", "no_queue_any_more"],
)
async def test_a_flow_that_is_not_what_it_was_does_not_go_on(
    tmp_path: Path, main: str, wait: str
) -> None:
    memory = await memory_of(load(tmp_path)["main"])
    write(tmp_path, OTHER.replace("WAIT", QUEUE), "third")
    changed = load(tmp_path, wait, main)
    assert Interpreter.anew(changed, memory, FakeCall()) is None
    assert Interpreter.anew({}, memory, FakeCall()) is None


@pytest.mark.parametrize("value", [float("inf"), {1: 2}, object(), [("a", "b")], {"a": {3}}])
async def test_what_is_no_json_is_not_written_down(tmp_path: Path, value: object) -> None:
    flow = load(tmp_path)["main"]
    interpreter = Interpreter(flow, FakeCall())
    interpreter.first.variables["names"] = value
    why = "`vars.names` of the flow main cannot be written as JSON"
    assert interpreter.remember() == why


async def test_secrets_are_not_written_down(tmp_path: Path) -> None:
    text = f"""
  ask: {{type: collect, prompts: 'PIN?', into: pin, max_digits: 1, sensitive: true, next: wait,
         exits: {{no_input: wait, no_match: wait}}}}
  wait: {QUEUE.replace("after", "end").replace("late", "end")}
"""
    flow = load_flow(write(tmp_path, text))
    for key, why in (("7", "the flow flow holds a secret in `vars.pin`"), ("", "")):
        call = Talking(Listen(key))
        call.interpreter = Interpreter(flow, call)
        with suppress(_Fallen):
            await call.interpreter.run()
        assert (call.memory if isinstance(call.memory, str) else "") == why


async def test_a_recording_stays_silent_where_a_secret_may_follow(tmp_path: Path) -> None:
    pin = """
  pin: {type: collect, prompts: 'PIN?', into: pin, max_digits: 1, sensitive: true, next: tell,
    exits: {no_input: tell, no_match: tell}}
"""
    asks = MAIN.replace("into: {said: said}, next: tell}", "into: {said: said}, next: pin}") + pin
    flows = load(tmp_path, main=asks.replace("'PIN?'", "{en: 'PIN?', mr: 'PIN?'}"))
    call = await go_on(flows, await memory_of(flows["main"]), hangs_up, Listen("5"), Listen("1"))
    assert call.path == ["after", "note", "back", "pin", "tell", "end"]
    assert call.secret_ahead == [True, False]
