"""Sentences with values are asked for before their turn: which, when, and how many."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from switch.ivr.ahead import LIKELY_MINUTES, LIKELY_PLACES, MAX_SENTENCES
from switch.ivr.call import Facts, HttpResult
from switch.ivr.interpreter import run_flow
from switch.ivr.loader import load_flow
from switch.ivr.models import Flow
from tests.support.fake_call import FakeCall, Keys, Listen


def flow(directory: Path, text: str) -> Flow:
    (directory / "line.yaml").write_text(textwrap.dedent(text))
    return load_flow(directory / "line.yaml")


async def prepared(directory: Path, text: str, *acts: Keys | Listen) -> list[str]:
    """Return what was asked for ahead of its time, in order."""
    call = FakeCall(*acts, answers=[HttpResult(200, {"name": "Asha"})])
    with pytest.raises(Exception, match="hung up"):
        await run_flow(flow(directory, text), call)
    return call.prepared


async def test_while_a_greeting_is_heard_what_follows_is_made(tmp_path: Path) -> None:
    found = await prepared(
        tmp_path,
        """\
        nodes:
          begin: {type: set, values: {name: Asha}, next: welcome}
          welcome: {type: say, text: Welcome., next: noted}
          noted: {type: tag, tags: {seen: "yes"}, next: greet}
          greet: {type: say, text: "Good day, {{ vars.name }}. Your number ends in
            {{ call.from | last4 }}.", next: end}
          end: {type: hangup}
        """,
    )
    assert found == ["Asha", "0123"], "once: at the greeting, not before it"


async def test_each_branch_after_a_question_is_made_while_it_is_asked(tmp_path: Path) -> None:
    found = await prepared(
        tmp_path,
        """\
        nodes:
          begin: {type: set, values: {a: Ann, b: Ben, c: Cid, d: Dan}, next: ask}
          ask:
            type: menu
            prompts: Press 1 or 2.
            no_match_prompts: "No, {{ vars.c }}."
            options: {"1": one, "2": two}
            exits: {no_input: end, no_match: end}
          one: {type: say, text: "It is {{ vars.a }}.", next: later}
          two: {type: branch, cases: [{when: vars.b == "x", next: end}], otherwise: three}
          three: {type: say, text: "It is {{ vars.b }}.", next: end}
          later: {type: say, text: "And {{ vars.d }}.", next: end}
          end: {type: hangup}
        """,
        Keys("1"),
    )
    assert found == ["Cid", "Ann", "Ben", "Dan"], "what `one` has time for waits for it"


async def test_what_changes_on_the_way_is_not_made(tmp_path: Path) -> None:
    found = await prepared(
        tmp_path,
        """\
        nodes:
          begin: {type: set, values: {name: nobody, count: 1}, next: welcome}
          welcome: {type: say, text: Welcome., next: more}
          more: {type: set, values: {count: "{{ vars.count + 1 }}"}, next: told}
          told: {type: say, text: "{{ vars.count }} times, at {{ now.second }}.", next: ask}
          ask:
            type: http
            url: https://service.example/who
            into: {name: result.json.name}
            wait_prompts: One moment.
            next: greet
            exits: {failed: end}
          greet: {type: say, text: "Good day, {{ vars.name }}, {{ result.status }}.", next: end}
          end: {type: hangup}
        """,
    )
    assert found == []


async def test_what_has_no_value_yet_or_none_at_all_is_left_out(tmp_path: Path) -> None:
    found = await prepared(
        tmp_path,
        """\
        nodes:
          welcome:
            type: menu
            prompts: Press 1.
            options: {"1": begin}
            exits: {no_input: bad, no_match: bad}
          bad: {type: say, text: "{{ 1 / (call.from | length - 12) }}", next: end}
          begin: {type: set, values: {name: Asha}, next: greet}
          greet: {type: say, text: "Good day, {{ vars.name }}.", next: end}
          end: {type: hangup}
        """,
        Keys("1"),
    )
    assert found == []


async def test_a_language_that_is_chosen_on_the_way_is_spoken(tmp_path: Path) -> None:
    text = """\
        languages: [en, es]
        nodes:
          ask:
            type: menu
            prompts: Press 1.
            options: {"1": en, "2": es}
            exits: {no_input: end, no_match: end}
          en: {type: goto, next: tell}
          es: {type: language, language: es, next: told}
          tell: {type: say, text: {en: "{{ 2 | spoken_ordinal }}", es: no}, next: end}
          told: {type: say, text: {en: no, es: "{{ 2 | spoken_ordinal }}"}, next: end}
          end: {type: hangup}
        """
    assert await prepared(tmp_path, text, Keys("1")) == ["2nd", "2º"]


async def test_no_more_than_some_are_made_at_one_node(tmp_path: Path) -> None:
    says = [f'"{{{{ call.from[{n}] }}}}."' for n in range(12)]
    text = f"""\
        nodes:
          welcome: {{type: say, text: Welcome., next: long}}
          long: {{type: play, prompts: [{", ".join(says)}], next: end}}
          end: {{type: hangup}}
        """
    assert len(await prepared(tmp_path, text)) == MAX_SENTENCES


async def test_a_flow_without_values_asks_for_nothing(tmp_path: Path) -> None:
    text = """\
        nodes:
          welcome: {type: say, text: Welcome., next: end}
          end: {type: hangup, prompts: Good bye.}
        """
    fixed = flow(tmp_path, text)
    assert not fixed.has_values
    call = FakeCall(facts=Facts("call-1", "+1", "+2", "carrier"))
    with pytest.raises(Exception, match="hung up"):
        await run_flow(fixed, call)
    assert call.prepared == []
    assert fixed.upcoming == {}, "nothing was even looked at"


def test_places_and_waits_in_queues_are_ready_before_any_call(tmp_path: Path) -> None:
    line = flow(
        tmp_path,
        """\
        languages: [en, hi]
        nodes:
          wait:
            type: queue
            queue: orders
            announce:
              - messages:
                  - en: "You are the {{ call.queue.position | spoken_ordinal }} caller,
                      {{ vars.name | default('') }}."
                    hi: "आपका स्थान {{ call.queue.position }} है।"
                  - en: "It takes {{ call.queue.expected_wait_seconds // 60 + 1 }} minutes."
                    hi: "{{ call.queue.expected_wait_seconds | spoken_duration }}"
            exits: {timeout: end, no_agents: end}
          end: {type: hangup}
        """,
    )
    said = {(prompt.language, prompt.text) for prompt in line.prompts()}
    places, minutes = LIKELY_PLACES[-1], LIKELY_MINUTES[-1]
    assert {("en", "1st"), ("en", f"{places}th"), ("hi", f"{places}")} <= said
    assert {("en", f"{minutes + 1}"), ("hi", f"{minutes} मिनट")} <= said
