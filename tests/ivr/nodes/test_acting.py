"""Nodes that act on the call or on the world: messages, services, tables, queues, transfers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from switch.errors import CallOver, FlowRunError
from switch.ivr.call import (
    Facts,
    HttpFailure,
    HttpResult,
    RecordEnd,
    Scalar,
)
from switch.ivr.interpreter import run_flow
from switch.ivr.loader import load_flow
from tests.ivr.steps import problems, run, write
from tests.support.fake_call import FakeCall, Speak

Tables = dict[str, dict[str, dict[str, Scalar]]]

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
        tables: Tables = {"vip": {"+12125550123": {"Name": "Ms. Rao", "level": 3}}}
        call = await run(tmp_path, self.TEXT, FakeCall(tables=tables))
        assert call.heard == ["Hello", "Ms. Rao", "3"]

    async def test_no_row_has_its_exit(self, tmp_path: Path) -> None:
        variables: dict[str, Any] = {}
        call = await run(tmp_path, self.TEXT, FakeCall(), variables)
        assert call.path == ["find", "end"]
        assert variables == {"name": "", "level": ""}


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


async def test_a_flow_says_whether_the_call_may_be_recorded(tmp_path: Path) -> None:
    text = "  no: {type: recording, on: false, next: yes_}\n"
    text += "  yes_: {type: recording, on: true, next: end}\n"
    assert (await run(tmp_path, text, FakeCall())).set_to_record == [False, True]
