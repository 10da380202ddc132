"""Nodes that lead to people: queues with all they can ask for, callbacks, transfers."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.ivr.call import (
    CallbackEnd,
    Facts,
    QueueEnd,
    QueueFigures,
    QueueOutcome,
    TransferEnd,
)
from switch.ivr.loader import Known
from tests.ivr.steps import problems, run
from tests.support.fake_call import FakeCall

QUEUE = """
  wait:
    type: queue
    queue: orders
    skills: {all: [{orders: 3}, {any: [{spanish: 5}, {hindi: 5}]}], not: {trainee: 1}}
    preferred: {spanish: 8}
    sites: pune
    relax:
      - {after_seconds: 30, skills: {orders: 1}}
      - {after_seconds: 60, sites: [], add_priority: 5}
    sticky: true
    announce:
      - messages: ["You are number {{ call.queue.position }}.", "Thank you for waiting."]
        first_after_seconds: 5
        every_seconds: 30
      - {messages: ["About {{ call.queue.expected_wait_seconds | spoken_duration }}."]}
    leave_keys: ["1", "3"]
    callback_key: "2"
    next: after
    exits: {timeout: late, no_agents: nobody, full: busy, closed: shut, key: left, callback: ring}
  after: {type: hangup}
  late: {type: hangup}
  nobody: {type: hangup}
  busy: {type: hangup}
  shut: {type: hangup}
  left: {type: hangup}
  ring:
    type: callback
    queue: orders
    prompts: We call you back.
    next: after
    exits: {refused: nobody}
"""


class TestQueue:
    @pytest.mark.parametrize(
        ("end", "node"),
        [
            (QueueEnd.CONNECTED, "after"),
            (QueueEnd.TIMEOUT, "late"),
            (QueueEnd.NO_AGENTS, "nobody"),
            (QueueEnd.FULL, "busy"),
            (QueueEnd.CLOSED, "shut"),
            (QueueEnd.KEY, "left"),
            (QueueEnd.CALLBACK, "ring"),
            (QueueEnd.FAILED, "nobody"),
        ],
    )
    async def test_each_end_has_its_exit(self, tmp_path: Path, end: QueueEnd, node: str) -> None:
        call = await run(tmp_path, "nodes:\n" + QUEUE, FakeCall(outcomes=[QueueOutcome(end)]))
        assert call.path[1] == node

    async def test_what_is_asked_of_the_router(self, tmp_path: Path) -> None:
        (request,) = (await run(tmp_path, "nodes:\n" + QUEUE, FakeCall())).queued
        assert request.skills["not"] == {"trainee": 1}
        assert (dict(request.preferred), request.sites) == ({"spanish": 8}, ("pune",))
        assert [(step.after_seconds, step.sites, step.add_priority) for step in request.relax] == [
            (30, None, 0),
            (60, (), 5),
        ]
        assert request.leave_keys == {"1", "3"}
        assert request.callback_key == "2"
        assert request.sticky
        assert request.language == "en"

    async def test_announcements_are_rendered_when_they_are_due(self, tmp_path: Path) -> None:
        (request,) = (await run(tmp_path, "nodes:\n" + QUEUE, FakeCall())).queued
        place, wait = request.announce
        assert [each.text for each in place.messages[0](3, None)] == ["You are number", "3"]
        assert [each.text for each in place.messages[1](3, None)] == ["Thank you for waiting."]
        assert (place.first_after_seconds, place.every_seconds) == (5, 30)
        assert [each.text for each in wait.messages[0](3, 120.0)] == ["About", "2 minutes"]

    async def test_an_expected_wait_that_is_not_known_is_not_said(self, tmp_path: Path) -> None:
        (request,) = (await run(tmp_path, "nodes:\n" + QUEUE, FakeCall())).queued
        assert list(request.announce[1].messages[0](3, None)) == []

    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            (("leave_keys: ['1']", ""), "`leave_keys` and the exit `key`"),
            (("", "skills: {all: 3}"), "should be a list of skills"),
            (("", "skills: {orders: 11}"), "a level from 1 to 10"),
            (("", "relax: [{after_seconds: 9}, {after_seconds: 3}]"), "in the order"),
            (("", "music: '{{ call.from }}'"), "music cannot hold values"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, tmp_path: Path, change: tuple[str, str], complaint: str
    ) -> None:
        text = f"  a: {{type: queue, queue: q, {' '.join(change).strip()}, next: end, "
        text += "exits: {timeout: end, no_agents: end}}\n"
        assert complaint in problems(tmp_path, text)[0]


class TestCallback:
    @pytest.mark.parametrize(
        ("end", "node"),
        [(CallbackEnd.ACCEPTED, "after"), (CallbackEnd.FULL, "nobody")],
    )
    async def test_each_end_has_its_exit(self, tmp_path: Path, end: CallbackEnd, node: str) -> None:
        call = FakeCall(outcomes=[QueueOutcome(QueueEnd.CALLBACK, key="2")], callbacks=[end])
        await run(tmp_path, "nodes:\n" + QUEUE, call)
        assert call.path == ["wait", "ring", node]
        (asked,) = call.called_back
        assert (asked.number, asked.keep_place) == ("+12125550123", True)

    async def test_a_caller_without_number_cannot_be_rung(self, tmp_path: Path) -> None:
        facts = Facts("c", "", "+18005550100", "carrier")
        call = FakeCall(outcomes=[QueueOutcome(QueueEnd.CALLBACK)], facts=facts)
        await run(tmp_path, "nodes:\n" + QUEUE, call)
        assert call.path == ["wait", "ring", "nobody"]
        assert call.called_back == []


class TestTransfer:
    TEXT = """
  go:
    type: transfer
    TO
    next: back
    exits: {failed: bad}
  back: {type: hangup}
  bad: {type: hangup}
"""

    @pytest.mark.parametrize(
        ("end", "node"), [(TransferEnd.CONNECTED, "back"), (TransferEnd.BUSY, "bad")]
    )
    async def test_to_an_outside_number(self, tmp_path: Path, end: TransferEnd, node: str) -> None:
        text = self.TEXT.replace("TO", "number: '+442079460000'\n    trunk: carrier")
        call = await run(tmp_path, "nodes:\n" + text, FakeCall(transfers=[end]))
        assert call.path == ["go", node]
        assert (call.transferred[0].number, call.transferred[0].trunks) == (
            "+442079460000",
            ("carrier",),
        )

    async def test_to_a_queue(self, tmp_path: Path) -> None:
        text = self.TEXT.replace("TO", "queue: orders")
        outcomes = [QueueOutcome(QueueEnd.TIMEOUT)]
        call = await run(tmp_path, "nodes:\n" + text, FakeCall(outcomes=outcomes))
        assert call.path == ["go", "bad"]

    async def test_a_computed_number_that_is_none_is_not_dialled(self, tmp_path: Path) -> None:
        text = self.TEXT.replace("TO", 'number: "{{ call.id }}"\n    trunk: carrier')
        call = await run(tmp_path, "nodes:\n" + text, FakeCall())
        assert (call.path, call.transferred) == (["go", "bad"], [])

    @pytest.mark.parametrize(
        ("to", "complaint"),
        [
            ("number: '5550100'\n    trunk: t", "is not a number in E.164"),
            ("number: '+442079460000'", "`number` and `trunk` need each other"),
            ("agent: asha\n    queue: orders", "give one of"),
        ],
    )
    def test_what_cannot_be_is_refused(self, tmp_path: Path, to: str, complaint: str) -> None:
        assert complaint in problems(tmp_path, "nodes:\n" + self.TEXT.replace("TO", to))[0]


STATUS = """
  look: {type: queue_status, queue: orders, next: choose, exits: {EXITS}}
  choose:
    type: branch
    cases: [{when: "result.expected_wait_seconds | default(0) > 600", next: long}]
    otherwise: told
  long: {type: say, text: "Longer than {{ result.expected_wait_seconds }}.", next: end}
  told:
    type: tag
    tags:
      waits: "{{ result.waiting }} since {{ result.longest_wait_seconds }}"
      agents: "{{ result.agents_free }} of {{ result.agents }}"
      open: "{{ result.open and not result.full }}"
    next: end
  away: {type: hangup, prompts: Nobody is there.}
"""


class TestQueueStatus:
    async def test_what_it_tells_leads_on(self, tmp_path: Path) -> None:
        text = STATUS.replace("EXITS", "closed: away")
        call = FakeCall(figures={"orders": QueueFigures(expected_wait_seconds=900.0, agents=1)})
        assert (await run(tmp_path, text, call)).path == ["look", "choose", "long", "end"]
        assert call.queued == [], "nobody waits there"

    async def test_how_the_queue_stands(self, tmp_path: Path) -> None:
        text = STATUS.replace("EXITS", "closed: away")
        figures = QueueFigures(
            waiting=3, longest_wait_seconds=20.0, expected_wait_seconds=None, agents=4
        )
        call = await run(tmp_path, text, FakeCall(figures={"orders": figures}))
        assert call.tags == {"waits": "3 since 20.0", "agents": "0 of 4", "open": True}

    @pytest.mark.parametrize(
        ("figures", "exits", "led_on"),
        [
            (QueueFigures(is_open=False), "closed: away", False),
            (QueueFigures(is_open=False), "no_agents: away", False),
            (QueueFigures(is_open=False, agents=1), "no_agents: away, full: away", True),
            (QueueFigures(agents=0), "no_agents: away", False),
            (QueueFigures(agents=0), "closed: away", True),
            (QueueFigures(is_full=True, agents=1), "full: away", False),
            (QueueFigures(is_full=True, agents=1), "closed: away", True),
        ],
    )
    async def test_what_would_turn_the_caller_away_has_exits(
        self, tmp_path: Path, figures: QueueFigures, exits: str, led_on: bool
    ) -> None:
        text = STATUS.replace("EXITS", exits)
        call = await run(tmp_path, text, FakeCall(figures={"orders": figures}))
        assert ("choose" in call.path) is led_on

    def test_a_queue_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        known = Known(frozenset({"ordres"}), frozenset())
        (found,) = problems(tmp_path, STATUS.replace("EXITS", "closed: away"), known)
        assert "there is no queue `orders` (did you mean `ordres`?)" in found


async def test_what_is_whispered_holds_values_of_the_call(tmp_path: Path) -> None:
    text = """
  wait:
    type: queue
    queue: orders
    whisper: ["From {{ call.dialled }}.", They are in a hurry.]
    exits: {timeout: end, no_agents: end}
"""
    (request,) = (await run(tmp_path, text, FakeCall())).queued
    told = ["From", "+18005550100", "They are in a hurry."]
    assert [prompt.text for prompt in request.whisper] == told
