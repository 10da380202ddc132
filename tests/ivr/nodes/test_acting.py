"""Nodes that act on the call or on the world: messages, services, tables, queues, transfers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from switch.errors import CallOver, FlowRunError
from switch.ivr.call import (
    CallbackEnd,
    Facts,
    HttpFailure,
    HttpResult,
    QueueEnd,
    QueueOutcome,
    RecordEnd,
    TransferEnd,
)
from switch.ivr.interpreter import run_flow
from switch.ivr.loader import load_flow
from tests.ivr.steps import problems, run, write
from tests.support.fake_call import FakeCall, Speak

RECORD = """
  leave:
    type: record
    prompts: Please speak.
    box: orders
    max_seconds: 60
    silence_seconds: 3
    terminators: ["#", "*"]
    mail_to: desk@example.com
    subject: "Message from {{ call.from }}"
    next: thanks
    exits: {nothing_said: nothing}
  thanks: {type: hangup}
  nothing: {type: hangup}
"""


class TestRecord:
    @pytest.mark.parametrize(
        ("act", "path", "seconds"),
        [
            (Speak(12), ["leave", "thanks"], 12),
            (Speak(90), ["leave", "thanks"], 60),
            (Speak(5, RecordEnd.TERMINATED), ["leave", "thanks"], 5),
            (Speak(5, RecordEnd.HUNG_UP), ["leave"], 5),
            (Speak(0.4), ["leave", "nothing"], None),
            (Speak(0), ["leave", "nothing"], None),
        ],
    )
    async def test_what_is_delivered(
        self, tmp_path: Path, act: Speak, path: list[str], seconds: float | None
    ) -> None:
        text = RECORD.replace("  end", "")
        call = await run(tmp_path, "nodes:\n" + text, FakeCall(act))
        assert call.path == path
        assert [each.seconds for each in call.delivered] == ([seconds] if seconds else [])

    async def test_how_it_is_taken_and_where_it_goes(self, tmp_path: Path) -> None:
        call = await run(tmp_path, "nodes:\n" + RECORD, FakeCall(Speak(9)))
        (how,), (delivery,) = call.recorded, call.delivered
        assert (how.max_seconds, how.silence_seconds, how.beep) == (60, 3, True)
        assert how.terminators == {"#", "*"}
        assert (delivery.box, delivery.mail_to) == ("orders", ("desk@example.com",))
        assert delivery.subject == "Message from +12125550123"


HTTP = """
  ask:
    type: http
    method: PUT
    url: "https://orders.example/v1/{{ call.from }}?q={{ 'a b/c' }}"
    headers: {X-Call: "{{ call.id }}"}
    json: {tries: "{{ 1 + 1 }}", nested: [{lang: "{{ call.language }}"}], fixed: true}
    timeout_seconds: 2
    retries: 1
    into: {status: result.json.order.status, first: "result.json.items[0]"}
    next: good
    exits: {failed: bad, not_found: nobody, rejected: refused}
  good: {type: hangup}
  bad: {type: hangup}
  nobody: {type: hangup}
  refused: {type: hangup}
"""
BODY = {"order": {"status": "packed"}, "items": [7]}


class TestHttp:
    @pytest.mark.parametrize(
        ("answer", "end"),
        [
            (HttpResult(200, BODY), "good"),
            (HttpResult(200, {"order": 3}), "bad"),
            (HttpResult(200, None), "bad"),
            (HttpResult(404, None), "nobody"),
            (HttpResult(409, {}), "refused"),
            (HttpResult(503, None), "bad"),
            *((HttpResult(failure=each), "bad") for each in HttpFailure if each),
        ],
    )
    async def test_each_answer_has_its_exit(
        self, tmp_path: Path, answer: HttpResult, end: str
    ) -> None:
        variables: dict[str, Any] = {}
        call = await run(tmp_path, "nodes:\n" + HTTP, FakeCall(answers=[answer]), variables)
        assert call.path == ["ask", end]
        wanted = {"status": "packed", "first": 7} if end == "good" else {"status": "", "first": ""}
        assert variables == wanted

    async def test_what_is_sent(self, tmp_path: Path) -> None:
        call = await run(tmp_path, "nodes:\n" + HTTP, FakeCall())
        (request,) = call.requested
        assert request.url == "https://orders.example/v1/%2B12125550123?q=a%20b%2Fc"
        assert request.json == {"tries": 2, "nested": [{"lang": "en"}], "fixed": True}
        assert dict(request.headers) == {"X-Call": "call-1"}
        assert (request.method, request.timeout_seconds, request.retries) == ("PUT", 2, 1)

    async def test_it_needs_no_answered_call(self, tmp_path: Path) -> None:
        assert not (await run(tmp_path, "nodes:\n" + HTTP, FakeCall())).answered

    @pytest.mark.parametrize(
        "url",
        ["ftp://x.example/", "https://{{ call.from }}/", "https://x.example{{ call.from }}/", "/x"],
    )
    def test_the_host_stands_there_as_it_is(self, tmp_path: Path, url: str) -> None:
        text = f"  a: {{type: http, url: '{url}', next: end, exits: {{failed: end}}}}\n"
        assert len(problems(tmp_path, text)) == 1


class TestLookup:
    TEXT = """
  find:
    type: lookup
    table: vip
    key: "{{ call.from }}"
    into: {name: Name, level: level}
    next: greet
    exits: {not_found: end}
  greet: {type: say, text: "Hello {{ vars.name }}, {{ result.level }}.", next: end}
"""

    async def test_a_row_fills_variables(self, tmp_path: Path) -> None:
        tables = {"vip": {"+12125550123": {"Name": "Ms. Rao", "level": 3}}}
        call = await run(tmp_path, self.TEXT, FakeCall(tables=tables))
        assert call.heard == ["Hello", "Ms. Rao", "3"]

    async def test_no_row_has_its_exit(self, tmp_path: Path) -> None:
        variables: dict[str, Any] = {}
        call = await run(tmp_path, self.TEXT, FakeCall(), variables)
        assert call.path == ["find", "end"]
        assert variables == {"name": "", "level": ""}


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
        assert (request.leave_keys, request.callback_key) == ({"1", "3"}, "2")
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
            (("", "skills: {orders: 1, any: [{a: 1}]}"), "mixes skills"),
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
        assert (call.transferred[0].number, call.transferred[0].trunk) == (
            "+442079460000",
            "carrier",
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


HOURS = """
  open:
    type: hours
    schedule:
      zone: Asia/Kolkata
      weekly: {mon-fri: "09:00-18:00"}
      holidays: {country: IN}
    next: end
    exits: {closed: shut, holiday: feast}
  shut: {type: tag, tags: {why: "{{ result.why }}"}, next: end}
  feast: {type: tag, tags: {why: "{{ result.why }}"}, next: end}
"""


@pytest.mark.parametrize(
    ("at", "node", "why"),
    [
        (datetime(2026, 10, 12, 6, tzinfo=UTC), "end", None),
        (datetime(2026, 10, 12, 20, tzinfo=UTC), "shut", "closed"),
        (datetime(2026, 1, 26, 6, tzinfo=UTC), "feast", "holiday: Republic Day"),
    ],
)
async def test_hours(tmp_path: Path, at: datetime, node: str, why: str | None) -> None:
    call = await run(tmp_path, HOURS, FakeCall(now=lambda: at))
    assert call.path[1] == node
    assert call.tags.get("why") == why


async def test_events_and_tags_carry_values(tmp_path: Path) -> None:
    text = """
  note: {type: tag, tags: {vip: true, day: "{{ now.weekday }}"}, next: tell}
  tell: {type: event, name: arrived, payload: {at: "{{ now.time }}", n: 3}, next: end}
"""
    call = await run(tmp_path, text, FakeCall())
    assert call.tags == {"vip": True, "day": "mon"}
    assert call.events == [("arrived", {"at": "12:00", "n": 3})]


class TestRepeat:
    TEXT = """
  round: {type: repeat, times: 3, next: count, exits: {done: DONE}}
  count: {type: event, name: round, next: round}
"""

    async def test_it_goes_round_so_often(self, tmp_path: Path) -> None:
        call = await run(tmp_path, self.TEXT.replace("DONE", "end"), FakeCall())
        assert len(call.events) == 3

    def test_rounds_within_rounds_have_a_bound(self, tmp_path: Path) -> None:
        text = """
  a: {type: repeat, times: 100, next: b, exits: {done: end}}
  b: {type: repeat, times: 100, next: c, exits: {done: a}}
  c: {type: goto, next: b}
"""
        (found,) = problems(tmp_path, text)
        assert "a caller who does nothing could pass" in found


LANGUAGE = """
languages: [en, hi, mr]
nodes:
  a: {type: say, text: {en: Hello., hi: नमस्ते।}, next: b}
  b: {type: language, language: LANGUAGE, next: c, exits: {unknown: end}}
  c: {type: say, text: {en: "Number {{ 5 | spoken_ordinal }}", hi: नमस्ते।}, next: end}
  end: {type: hangup}
"""


class TestLanguage:
    @pytest.mark.parametrize(
        ("language", "heard", "voices"),
        [
            ("hi", ["Hello.", "नमस्ते।"], ["en-us", "hi"]),
            ("mr", ["Hello.", "Number", "5th"], ["en-us", "en-us", "en-us"]),
        ],
    )
    async def test_what_is_missing_is_said_in_the_first(
        self, tmp_path: Path, language: str, heard: list[str], voices: list[str]
    ) -> None:
        call = await run(tmp_path, LANGUAGE.replace("LANGUAGE", language), FakeCall())
        assert [each.voice for each in call.played] == voices
        assert call.heard[:2] == heard[:2]
        assert call.languages == [language]

    async def test_a_computed_one_may_be_unknown(self, tmp_path: Path) -> None:
        text = LANGUAGE.replace("LANGUAGE", '"{{ call.trunk }}"')
        assert (await run(tmp_path, text, FakeCall())).path == ["a", "b", "end"]

    async def test_the_number_may_have_a_language(self, tmp_path: Path) -> None:
        facts = Facts("c", "", "+18005550100", "carrier", "hi")
        call = await run(tmp_path, LANGUAGE.replace("LANGUAGE", "en"), FakeCall(facts=facts))
        assert call.heard[0] == "नमस्ते।"


async def test_a_table_that_cannot_be_read_leads_to_on_error(tmp_path: Path) -> None:
    class NoTables(FakeCall):
        async def lookup(self, table: str, key: str) -> None:
            raise FlowRunError("the table is away")

    text = "on_error: sorry\nnodes:\n" + TestLookup.TEXT
    text += "  sorry: {type: play, prompts: Sorry., next: end}\n  end: {type: hangup}\n"
    call = NoTables()
    with pytest.raises(CallOver):
        await run_flow(load_flow(write(tmp_path, text)), call)
    assert call.path == ["find", "sorry", "end"]
    assert call.left[0].exit == "error"
