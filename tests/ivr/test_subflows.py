"""Flows in several files: arguments, results, depth, recursion; errors and hang-ups in them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from switch.errors import CallOver, FlowError, FlowRunError, PromptError
from switch.ivr.interpreter import run_flow
from switch.ivr.loader import load_flow, load_flows
from tests.ivr.steps import write
from tests.support.fake_call import FakeCall, Fax, HangUp, Keys

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
nodes:
  get: {type: call, flow: ask, arguments: {length: "{{ 2 + 2 }}"}, into: {order: digits}, next: say}
  say: {type: say, text: "{{ vars.order | spoken_digits }}", next: end}
  end: {type: hangup}
"""


async def run(directory: Path, call: FakeCall, name: str = "main", **texts: str) -> FakeCall:
    for each, text in texts.items():
        write(directory, text, each)
    with suppress(CallOver):
        await run_flow(load_flow(directory / f"{name}.yaml"), call)
    return call


def problems(directory: Path, **texts: str) -> list[str]:
    for each, text in texts.items():
        write(directory, text, each)
    with pytest.raises(FlowError) as caught:
        load_flows(directory)
    return [str(problem).replace(f"{directory}/", "") for problem in caught.value.problems]


class TestCall:
    async def test_arguments_go_in_and_results_come_back(self, tmp_path: Path) -> None:
        call = await run(tmp_path, FakeCall(Keys("1234")), main=MAIN, ask=ASK)
        assert call.path == ["get", "ask", "back", "say", "end"]
        assert call.heard == ["1 2 3 4"]

    async def test_the_callers_node_is_left_after_those_of_the_other_flow(
        self, tmp_path: Path
    ) -> None:
        call = await run(tmp_path, FakeCall(Keys("1234")), main=MAIN, ask=ASK)
        assert [(each.node, each.exit) for each in call.left] == [
            *(("ask", "next"), ("back", "end"), ("get", "next"), ("say", "next")),
            ("end", "hangup"),
        ]

    async def test_variables_are_the_flows_own(self, tmp_path: Path) -> None:
        variables: dict[str, Any] = {}
        write(tmp_path, ASK, "ask")
        flow = load_flow(write(tmp_path, MAIN, "main"))
        with suppress(CallOver):
            await run_flow(flow, FakeCall(Keys("1234")), variables)
        assert variables == {"order": "1234"}

    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            (("flow: ask", "flow: aks"), "main.yaml:3:27: there is no flow `aks` beside this one"),
            (("length: ", "size: "), "`size` is not one of the `arguments` of `ask`"),
            (("length: ", "size: "), "`length` is missing, one of the `arguments`"),
            (("order: digits", "order: digit"), "`ask` has no result `digit` (did you mean"),
        ],
    )
    def test_what_does_not_fit_is_refused(
        self, tmp_path: Path, change: tuple[str, str], complaint: str
    ) -> None:
        found = problems(tmp_path, main=MAIN.replace(*change), ask=ASK)
        assert any(complaint in each for each in found), found

    def test_a_return_gives_all_results(self, tmp_path: Path) -> None:
        found = problems(tmp_path, main=MAIN, ask=ASK.replace("[digits]", "[digits, ok]"))
        assert "`ok` is missing, one of the flow's `results`" in found[0]

    def test_a_flow_that_never_returns_is_not_called(self, tmp_path: Path) -> None:
        other = "nodes:\n  end: {type: hangup}\n"
        text = "nodes:\n  a: {type: call, flow: b, next: end}\n  end: {type: hangup}\n"
        assert "`b` never returns" in problems(tmp_path, a=text, b=other)[0]


def calling(flow: str) -> str:
    return f"nodes:\n  go: {{type: call, flow: {flow}, next: back}}\n  back: {{type: return}}\n"


class TestRecursion:
    def test_a_flow_that_calls_itself_is_refused(self, tmp_path: Path) -> None:
        found = problems(tmp_path, a=calling("b"), b=calling("c"), c=calling("a"))
        assert any("would call itself" in each for each in found)

    def test_flows_are_not_called_too_deep(self, tmp_path: Path) -> None:
        texts = {f"f{n}": calling(f"f{n + 1}") for n in range(8)}
        texts["f8"] = "nodes:\n  back: {type: return}\n"
        found = problems(tmp_path, **texts)
        assert found == ["f0.yaml:2:26: flows are called more than 8 deep here"]

    def test_flows_that_hand_over_in_a_circle_are_refused(self, tmp_path: Path) -> None:
        text = "nodes:\n  go: {{type: transfer, flow: {}}}\n"
        found = problems(tmp_path, a=text.format("b"), b=text.format("a"))
        assert all("go round for ever" in each for each in found)

    async def test_a_caller_may_choose_to_go_back(self, tmp_path: Path) -> None:
        text = """
nodes:
  ask:
    type: menu
    prompts: Press 1.
    options: {{"1": go}}
    exits: {{no_input: end, no_match: end}}
  go: {{type: transfer, flow: {}}}
  end: {{type: hangup}}
"""
        call = FakeCall(Keys("1"), Keys("1"))
        await run(tmp_path, call, "a", a=text.format("b"), b=text.format("a"))
        assert call.path == ["ask", "go", "ask", "go", "ask", "end"]

    def test_a_circle_through_a_flow_that_returns_by_itself_is_refused(
        self, tmp_path: Path
    ) -> None:
        text = "nodes:\n  a: {type: call, flow: b, next: a}\n"
        found = problems(tmp_path, a=text, b="nodes:\n  back: {type: return}\n")
        assert "go round for ever: a -> a" in found[0]


HANDLED = """
on_error: sorry
on_hangup: note
nodes:
  go: {type: GO, next: end}
  sorry: {type: play, prompts: Sorry., next: end}
  note: {type: event, name: gone, next: over}
  over: {type: hangup}
  end: {type: hangup}
"""
BROKEN = 'set, values: {x: "{{ 1 / 0 }}"}'
SUB = """
nodes:
  go: {type: set, values: {x: "{{ 1 / 0 }}"}, next: back}
  back: {type: return}
"""


class TestOnError:
    async def test_a_node_that_fails_leads_there(self, tmp_path: Path) -> None:
        call = await run(tmp_path, FakeCall(), main=HANDLED.replace("GO", BROKEN))
        assert call.path == ["go", "sorry", "end"]
        assert (call.left[0].exit, call.left[0].error) == (
            "error",
            "`{{ 1 / 0 }}` cannot be computed: division by zero",
        )

    async def test_a_prompt_that_cannot_be_made_leads_there_too(self, tmp_path: Path) -> None:
        class Mute(FakeCall):
            async def play(self, prompts: Any, *, barge_in: bool) -> None:
                if prompts[0].title == "Hello.":
                    raise PromptError("no voice")

        text = HANDLED.replace("GO", "play, prompts: Hello.")
        assert (await run(tmp_path, Mute(), main=text)).path == ["go", "sorry", "end"]

    async def test_from_a_sub_flow_to_its_caller(self, tmp_path: Path) -> None:
        text = HANDLED.replace("GO", "call, flow: sub")
        call = await run(tmp_path, FakeCall(), main=text, sub=SUB)
        assert call.path == ["go", "go", "sorry", "end"]
        assert [each.exit for each in call.left] == ["error", "error", "next", "hangup"]
        assert [bool(each.error) for each in call.left] == [True, False, False, False]

    async def test_it_is_tried_once(self, tmp_path: Path) -> None:
        text = HANDLED.replace("GO", BROKEN).replace("play, prompts: Sorry.", BROKEN)
        with pytest.raises(FlowRunError, match="flow main, node sorry: "):
            await run(tmp_path, FakeCall(), main=text)


FAX = """
on_fax: machine
nodes:
  go: {type: GO, next: end}
  machine: {type: set, values: {x: 1}, next: end}
  end: {type: hangup}
"""


class TestOnFax:
    async def test_a_fax_machine_leads_there(self, tmp_path: Path) -> None:
        call = await run(tmp_path, FakeCall(Fax()), main=FAX.replace("GO", "play, prompts: Hello."))
        assert call.path == ["go", "machine", "end"]
        assert call.left[0].exit == "fax"

    async def test_nobody_listens_where_no_flow_wants_to_know(self, tmp_path: Path) -> None:
        text = FAX.replace("GO", "play, prompts: Hello.").replace("on_fax: machine", "")
        text = text.replace("  machine: {type: set, values: {x: 1}, next: end}\n", "")
        call = await run(tmp_path, FakeCall(Fax()), main=text)
        assert call.path == ["go", "end"]
        assert not call.hears_fax

    async def test_from_a_sub_flow_to_its_caller(self, tmp_path: Path) -> None:
        sub = "nodes:\n  hi: {type: say, text: Hi., next: back}\n  back: {type: return}\n"
        text = FAX.replace("GO", "call, flow: sub")
        call = await run(tmp_path, FakeCall(Fax()), main=text, sub=sub)
        assert call.path == ["go", "hi", "machine", "end"]
        assert [each.exit for each in call.left] == ["fax", "fax", "next", "hangup"]

    async def test_a_flow_that_is_called_may_listen_as_well(self, tmp_path: Path) -> None:
        sub = FAX.replace("GO", "play, prompts: Hi.").replace(
            "end: {type: hangup}", "end: {type: return}"
        )
        main = "nodes:\n  go: {type: call, flow: sub, next: end}\n  end: {type: hangup}\n"
        call = await run(tmp_path, FakeCall(Fax()), main=main, sub=sub)
        assert call.path == ["go", "go", "machine", "end", "end"]

    def test_it_must_be_there(self, tmp_path: Path) -> None:
        text = FAX.replace("GO", "goto").replace("on_fax: machine", "on_fax: machines")
        found = problems(tmp_path, main=text)
        assert any("there is no node `machines`" in each for each in found)


class TestOnHangup:
    async def test_a_caller_who_goes(self, tmp_path: Path) -> None:
        text = HANDLED.replace("GO", "play, prompts: Hello.").replace("on_error: sorry", "")
        text = text.replace("  sorry: {type: play, prompts: Sorry., next: end}\n", "")
        call = await run(tmp_path, FakeCall(HangUp()), main=text)
        assert call.path == ["go", "note", "over"]
        assert call.events == [("gone", {})]

    async def test_not_when_the_flow_hangs_up(self, tmp_path: Path) -> None:
        call = await run(tmp_path, FakeCall(), main=HANDLED.replace("GO", "goto"))
        assert call.path == ["go", "end"]

    async def test_in_a_sub_flow_the_caller_of_which_wants_it(self, tmp_path: Path) -> None:
        sub = "nodes:\n  hi: {type: say, text: Hi., next: back}\n  back: {type: return}\n"
        text = HANDLED.replace("GO", "call, flow: sub")
        call = await run(tmp_path, FakeCall(HangUp()), main=text, sub=sub)
        assert call.path == ["go", "hi", "note", "over"]
        assert [each.exit for each in call.left] == ["gone", "gone", "next", "hangup"]

    def test_only_what_needs_no_caller_may_follow(self, tmp_path: Path) -> None:
        text = HANDLED.replace("GO", "goto").replace("event, name: gone", "say, text: Bye.")
        (found,) = problems(tmp_path, main=text)
        assert "comes after `on_hangup`, when the caller has gone: `say`" in found
