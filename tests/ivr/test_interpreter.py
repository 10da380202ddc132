"""Flows against a caller in memory: every node, every exit."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from switch.errors import CallOver, FlowRunError
from switch.ivr.call import Facts, HangupCause, QueueEnd, QueueOutcome
from switch.ivr.interpreter import run_flow
from switch.ivr.loader import load_flow
from switch.ivr.run import WORK_BETWEEN_BREATHS
from tests.support.fake_call import Act, FakeCall, HangUp, Keys, Listen


async def run(tmp_path: Path, text: str, call: FakeCall) -> FakeCall:
    """Run a flow; that it hung up, or the caller, is no failure."""
    file = tmp_path / "flow.yaml"
    file.write_text(text)
    with suppress(CallOver):
        await run_flow(load_flow(file), call)
    return call


MENU = """
nodes:
  menu:
    type: menu
    prompts: Press 1.
    options: {"1": one, "*": star}
    retries: 1
    no_input_prompts: Nothing.
    no_match_prompts: Wrong.
    exits: {no_input: silent, no_match: lost}
  one: {type: hangup, prompts: One.}
  star: {type: hangup, cause: busy}
  silent: {type: hangup}
  lost: {type: hangup}
"""


class TestMenu:
    @pytest.mark.parametrize(
        ("acts", "end", "heard"),
        [
            ([Keys("1")], "one", ["One."]),
            ([Listen("*")], "star", ["Press 1."]),
            ([Listen("7"), Listen("1")], "one", ["Press 1.", "Wrong.", "Press 1.", "One."]),
            ([Listen(), Keys("1")], "one", ["Press 1.", "One."]),
            ([], "silent", ["Press 1.", "Nothing.", "Press 1."]),
            ([Keys("7"), Keys("8")], "lost", []),
            (
                [Keys("7"), Listen(), Listen()],
                "silent",
                ["Wrong.", "Press 1.", "Nothing.", "Press 1."],
            ),
        ],
    )
    async def test_where_keys_lead(
        self, tmp_path: Path, acts: list[Act], end: str, heard: list[str]
    ) -> None:
        call = await run(tmp_path, MENU, FakeCall(*acts))
        assert call.path == ["menu", end]
        assert call.heard == heard
        assert call.answered

    async def test_the_cause_is_passed_on(self, tmp_path: Path) -> None:
        assert (await run(tmp_path, MENU, FakeCall(Keys("*")))).hung_up is HangupCause.BUSY

    async def test_a_caller_who_goes_ends_the_flow(self, tmp_path: Path) -> None:
        call = await run(tmp_path, MENU, FakeCall(HangUp()))
        assert call.path == ["menu"]
        assert call.hung_up is None


COLLECT = """
nodes:
  ask:
    type: collect
    prompts: Number?
    into: number
    min_digits: 2
    max_digits: 4
    retries: 1
    no_input_prompts: Nothing.
    no_match_prompts: Too short.
    next: judge
    exits: {no_input: silent, no_match: lost}
  judge:
    type: branch
    cases:
      - {when: vars.number == '12', next: twelve}
      - {when: vars.number | int > 100, next: big}
    otherwise: other
  twelve: {type: hangup}
  big: {type: hangup}
  other: {type: hangup}
  silent: {type: hangup}
  lost: {type: hangup}
"""


class TestCollect:
    @pytest.mark.parametrize(
        ("acts", "path"),
        [
            ([Listen("12#")], ["judge", "twelve"]),
            ([Keys("1234")], ["judge", "big"]),
            ([Keys("13")], ["judge", "other"]),
            ([Listen("1#"), Listen("12#")], ["judge", "twelve"]),
            ([Listen("1#"), Listen("1#")], ["lost"]),
            ([], ["silent"]),
            ([Listen(), Keys("12#")], ["judge", "twelve"]),
        ],
    )
    async def test_where_digits_lead(
        self, tmp_path: Path, acts: list[Act], path: list[str]
    ) -> None:
        assert (await run(tmp_path, COLLECT, FakeCall(*acts))).path == ["ask", *path]

    async def test_how_digits_are_read(self, tmp_path: Path) -> None:
        (how,) = (await run(tmp_path, COLLECT, FakeCall(Keys("1234")))).asked
        assert (how.max_digits, how.terminators) == (4, frozenset("#"))


class TestQueue:
    FLOW = """
nodes:
  wait:
    type: queue
    queue: orders
    skills: {spanish: 5}
    priority: 7
    max_wait_seconds: 60
    music: La la la.
    next: after
    exits: {timeout: late, no_agents: nobody}
  after: {type: hangup}
  late: {type: hangup}
  nobody: {type: hangup}
"""

    @pytest.mark.parametrize(
        ("end", "node"),
        [
            (QueueEnd.CONNECTED, "after"),
            (QueueEnd.TIMEOUT, "late"),
            (QueueEnd.NO_AGENTS, "nobody"),
            (QueueEnd.FAILED, "nobody"),
        ],
    )
    async def test_each_end_has_its_exit(self, tmp_path: Path, end: QueueEnd, node: str) -> None:
        call = await run(tmp_path, self.FLOW, FakeCall(outcomes=[QueueOutcome(end)]))
        assert call.path == ["wait", node]

    async def test_what_is_asked_of_the_router(self, tmp_path: Path) -> None:
        (request,) = (await run(tmp_path, self.FLOW, FakeCall())).queued
        assert (request.queue, dict(request.skills), request.priority) == (
            "orders",
            {"spanish": 5},
            7,
        )
        assert request.max_wait_seconds == 60
        assert request.music is not None
        assert request.music.text == "La la la."

    async def test_without_next_the_call_ends(self, tmp_path: Path) -> None:
        text = self.FLOW.replace("    next: after\n", "").replace("  after: {type: hangup}\n", "")
        call = await run(tmp_path, text, FakeCall())
        assert call.path == ["wait"]


SET = """
nodes:
  note:
    type: set
    values:
      plain: 7
      area: "{{ call.from[2:5] }}"
      text: "area {{ vars.area }}, {{ vars.plain + 1 }}"
      is_new_york: "{{ vars.area == '212' }}"
    next: judge
  judge:
    type: branch
    cases:
      - when: vars.is_new_york and vars.text == 'area 212, 8'
        next: yes_
    otherwise: no_
  yes_: {type: hangup}
  no_: {type: hangup}
"""


class TestSetAndBranch:
    async def test_values_are_computed_in_order_with_their_types(self, tmp_path: Path) -> None:
        call = await run(tmp_path, SET, FakeCall())
        assert call.path == ["note", "judge", "yes_"]

    async def test_they_need_no_answer(self, tmp_path: Path) -> None:
        assert not (await run(tmp_path, SET, FakeCall())).answered

    async def test_what_cannot_be_computed_names_flow_and_node(self, tmp_path: Path) -> None:
        text = SET.replace("{{ call.from[2:5] }}", "{{ 1 / 0 }}")
        with pytest.raises(FlowRunError, match=r"flow flow, node note: .*division by zero"):
            await run(tmp_path, text, FakeCall())

    async def test_a_caller_without_number_is_an_empty_text(self, tmp_path: Path) -> None:
        facts = Facts("c", "", "+18005550100", "carrier")
        call = await run(tmp_path, SET, FakeCall(facts=facts))
        assert call.path[-1] == "no_"


EARLY = """
early_media: true
nodes:
  hello: {type: play, prompts: Hello., next: menu}
  menu:
    type: menu
    prompts: Press 1.
    options: {"1": busy, "2": connect, "3": wait, "4": outside, "5": elsewhere}
    exits: {no_input: busy, no_match: busy}
  busy: {type: hangup, prompts: All are busy., cause: busy}
  connect: {type: answer, next: bye}
  bye: {type: hangup, prompts: Good bye.}
  wait: {type: queue, queue: orders, exits: {timeout: bye, no_agents: bye}}
  outside: {type: transfer, agent: asha, exits: {failed: bye}}
  elsewhere: {type: transfer, queue: orders, exits: {failed: bye}}
"""


class TestEarlyMedia:
    @pytest.mark.parametrize(
        ("key", "answered"), [("1", False), ("2", True), ("3", True), ("4", False), ("5", True)]
    )
    async def test_who_speaks_is_heard_and_the_rest_answers(
        self, tmp_path: Path, key: str, answered: bool
    ) -> None:
        """Who is rung by a transfer answers for us; here that is the fake's doing."""
        call = await run(tmp_path, EARLY, FakeCall(Listen(), Keys(key)))
        assert call.heard[:2] == ["Hello.", "Press 1."]
        assert (call.heard_early, call.answered) == (True, answered)

    async def test_the_cause_is_told_after_the_last_word(self, tmp_path: Path) -> None:
        call = await run(tmp_path, EARLY, FakeCall(Listen(), Keys("1")))
        assert (call.hung_up, call.heard[-1]) == (HangupCause.BUSY, "All are busy.")

    async def test_elsewhere_the_first_word_answers(self, tmp_path: Path) -> None:
        text = EARLY.replace("early_media: true", "")
        call = await run(tmp_path, text, FakeCall(Listen(), Keys("1")))
        assert (call.heard_early, call.answered) == (False, True)


async def test_play_keeps_the_key_that_stops_it_for_the_menu(tmp_path: Path) -> None:
    text = MENU.replace(
        "nodes:\n", "start: hello\nnodes:\n  hello: {type: play, prompts: Hello., next: menu}\n"
    )
    call = await run(tmp_path, text, FakeCall(Keys("1")))
    assert call.path == ["hello", "menu", "one"]
    assert call.heard == ["One."]


async def test_a_flow_that_never_ends_is_ended(tmp_path: Path) -> None:
    """The caller acts each time, so the checker has nothing against it."""
    text = """
nodes:
  again:
    type: menu
    prompts: Again?
    options: {"1": again}
    retries: 0
    exits: {no_input: end, no_match: end}
  end: {type: hangup}
"""
    with pytest.raises(FlowRunError, match="more than 10000 steps"):
        await run(tmp_path, text, FakeCall(*[Keys("1")] * 10_001))


async def test_other_calls_have_their_turn_in_long_stretches(tmp_path: Path) -> None:
    text = """
nodes:
  round: {type: repeat, times: 100, next: count, exits: {done: end}}
  count: {type: set, values: {x: "{{ vars.x | default(0) + 1 }}"}, next: round}
  end: {type: hangup}
"""
    call = await run(tmp_path, text, FakeCall())
    assert len(call.path) == 202
    assert call.breaths >= 202 // WORK_BETWEEN_BREATHS
