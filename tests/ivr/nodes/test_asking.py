"""Menus and digits: escalation, half-way stops, checks, read-back, secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from switch.errors import FlowRunError
from switch.ivr.call import HttpResult
from tests.ivr.steps import problems, run
from tests.support.fake_call import Act, FakeCall, HangUp, Keys, Listen

ASK = """
  ask:
    type: collect
    prompts: [{count: 1, text: "Your number?"}, {count: 2, text: "Number again?"}]
    into: number
    min_digits: 3
    max_digits: 4
    retries: 3
    no_input_prompts: [{count: 1, text: Nothing.}, {count: 2, text: Still nothing.}]
    no_match_prompts: [{count: 1, text: Wrong.}, {count: 2, text: Wrong again.}]
    incomplete_prompts: Half-way.
    next: end
    exits: {no_input: end, no_match: lost, incomplete: slow}
  lost: {type: hangup}
  slow: {type: hangup}
"""


class TestEscalation:
    async def test_each_kind_of_misunderstanding_counts_for_itself(self, tmp_path: Path) -> None:
        acts: list[Act] = [Listen(), Listen("1#"), Listen(), Listen("12#"), Listen("123#")]
        call = await run(tmp_path, ASK, FakeCall(*acts))
        assert call.heard == [
            *("Your number?", "Nothing.", "Number again?", "Wrong.", "Number again?"),
            *("Still nothing.", "Number again?", "Wrong again.", "Number again?"),
        ]
        assert call.path[-1] == "end"

    @pytest.mark.parametrize(
        ("acts", "way"),
        [
            ([Listen()] * 4, "end"),
            ([Listen()] * 3 + [Listen("1#")] * 3 + [Listen("1")] * 3 + [Listen("1#")], "lost"),
            ([Listen()] * 3 + [Listen("1#")] * 3 + [Listen("1")] * 3 + [Listen("1")], "slow"),
            ([Listen("1#"), Listen()] * 3 + [Listen("1#")], "lost"),
        ],
    )
    async def test_a_caller_is_given_up_after_too_much_of_one_kind(
        self, tmp_path: Path, acts: list[Act], way: str
    ) -> None:
        call = await run(tmp_path, ASK, FakeCall(*acts))
        assert (call.path, len(call.asked)) == (["ask", way], len(acts))

    @pytest.mark.parametrize(
        ("own", "acts", "way"),
        [
            ("no_input_retries: 0", [Listen()], "end"),
            ("no_match_retries: 1", [Listen("1#"), Listen(), Listen("1#")], "lost"),
            ("incomplete_retries: 1", [Listen("1"), Listen("1#"), Listen("1")], "slow"),
        ],
    )
    async def test_a_kind_may_have_a_limit_of_its_own(
        self, tmp_path: Path, own: str, acts: list[Act], way: str
    ) -> None:
        text = ASK.replace("retries: 3", f"retries: 3\n    {own}")
        call = await run(tmp_path, text, FakeCall(*acts))
        assert (call.path, len(call.asked)) == (["ask", way], len(acts))

    async def test_stopping_half_way_is_neither_silence_nor_wrong(self, tmp_path: Path) -> None:
        call = await run(tmp_path, ASK, FakeCall(*[Listen("1")] * 4))
        assert call.heard.count("Half-way.") == 3
        assert call.path == ["ask", "slow"]

    async def test_counters_are_told_to_the_metrics(self, tmp_path: Path) -> None:
        acts: list[Act] = [Listen(), Listen("1"), Listen("1#"), Keys("1234")]
        (left, _) = (await run(tmp_path, ASK, FakeCall(*acts))).left
        assert (left.exit, left.no_input, left.incomplete, left.no_match) == ("next", 1, 1, 1)

    async def test_counters_begin_anew_when_the_node_is_entered_again(self, tmp_path: Path) -> None:
        text = """
  ask:
    type: menu
    prompts: [{count: 1, text: First.}, {count: 2, text: Second.}]
    options: {"1": ask, "2": end}
    exits: {no_input: end, no_match: end}
"""
        call = await run(tmp_path, text, FakeCall(Listen(), Listen("1"), Listen("2")))
        assert call.heard == ["First.", "Second.", "First."]
        limited = text.replace("options", "retries: 1\n    options")
        acts = [Listen(), Listen("1")] * 3
        call = await run(tmp_path, limited, FakeCall(*acts, Listen(), Listen("2")))
        assert [each.no_input for each in call.left[:-1]] == [1, 1, 1, 1]

    async def test_an_event_may_ask_the_question_itself(self, tmp_path: Path) -> None:
        text = """
  ask:
    type: menu
    prompts: Press 1.
    options: {"1": end}
    no_input_prompts: Do press 1!
    reprompt: false
    exits: {no_input: end, no_match: end}
"""
        call = await run(tmp_path, text, FakeCall(Listen(), Listen("7"), Listen("1")))
        assert call.heard == ["Press 1.", "Do press 1!", "Press 1."]


class TestBargeIn:
    TEXT = """
  ask:
    type: menu
    prompts: [{text: Legal notice., barge_in: false}, Press 1.]
    options: {"1": end}
    exits: {no_input: end, no_match: end}
"""

    async def test_a_prompt_that_must_be_heard_is_heard(self, tmp_path: Path) -> None:
        call = await run(tmp_path, self.TEXT, FakeCall(Keys("1")))
        assert call.heard == ["Legal notice."]
        assert call.asked[0].barge_in


def digits(check: str, size: int = 8) -> str:
    return f"""
  ask:
    type: collect
    prompts: Digits?
    into: value
    max_digits: {size}
    retries: 0
    check: {check}
    next: end
    exits: {{no_input: lost, no_match: lost}}
  lost: {{type: hangup}}
"""


class TestCheck:
    @pytest.mark.parametrize(
        ("check", "keys", "value"),
        [
            ("{pattern: 4XXXXX}", "412345#", "412345"),
            ("{pattern: 4XXXXX}", "512345#", None),
            ("{pattern: ['4.', 'N1']}", "31#", "31"),
            ("{pattern: '[2-46]X'}", "51#", None),
            ("{luhn: true}\n    sensitive: false", "79927398713#", "79927398713"),
            ("{luhn: true}\n    sensitive: false", "79927398714#", None),
            ("{date: DDMMYYYY}", "29022028", "2028-02-29"),
            ("{date: DDMMYYYY}", "29022027", None),
            ("{date: MMYY}", "1228#", "2028-12"),
            ("{date: MMYY}", "1328#", None),
            ("{amount: {max: 500}}", "12*5#", "12.50"),
            ("{amount: {max: 500}}", "501#", None),
            ("{amount: {decimals: 0}}", "12*5#", None),
        ],
    )
    async def test_what_digits_mean(
        self, tmp_path: Path, check: str, keys: str, value: str | None
    ) -> None:
        variables: dict[str, Any] = {}
        call = await run(tmp_path, digits(check, 11), FakeCall(Keys(keys)), variables)
        assert variables["value"] == (value or "")
        assert call.path[-1] == ("end" if value else "lost")

    @pytest.mark.parametrize(
        ("check", "complaint"),
        [
            ("{pattern: 4(1}", "is not a pattern of digits"),
            ("{date: DDMM}", "is not one of"),
            ("{amount: {}, luhn: true}", "an amount is neither"),
            ("{luhn: true}", "the number of a payment card would be in logs"),
        ],
    )
    def test_what_cannot_be_checked_is_refused(
        self, tmp_path: Path, check: str, complaint: str
    ) -> None:
        assert complaint in "\n".join(problems(tmp_path, digits(check)))

    def test_a_date_that_can_never_be_read_is_refused(self, tmp_path: Path) -> None:
        found = problems(tmp_path, digits("{date: DDMMYYYY}", 6))
        assert "DDMMYYYY has 8 digits, which are never read" in found[0]


CONFIRM = """
  ask:
    type: collect
    prompts: Number?
    into: number
    max_digits: 4
    retries: 2
    confirm: {prompts: "{{ vars.number | spoken_digits }}. Right?"}
    next: end
    exits: {no_input: lost, no_match: lost}
  lost: {type: hangup}
"""


class TestConfirm:
    @pytest.mark.parametrize(
        ("acts", "end", "number"),
        [
            ([Keys("1234"), Listen("1")], "end", "1234"),
            ([Keys("1234"), Listen("2"), Keys("5678"), Listen("1")], "end", "5678"),
            ([Keys("1234"), Listen(), Listen("9"), Listen("1")], "end", "1234"),
            ([Keys("1234"), *[Listen(), Listen("9")] * 2, Listen("1")], "end", "1234"),
            ([Keys("1234"), Listen("2")] * 3, "lost", ""),
        ],
    )
    async def test_the_caller_has_the_last_word(
        self, tmp_path: Path, acts: list[Act], end: str, number: str
    ) -> None:
        variables: dict[str, Any] = {}
        call = await run(tmp_path, CONFIRM, FakeCall(*acts), variables)
        assert (call.path[-1], variables["number"]) == (end, number)

    async def test_it_is_read_back_digit_by_digit(self, tmp_path: Path) -> None:
        call = await run(tmp_path, CONFIRM, FakeCall(Keys("1234"), Listen("1")))
        assert call.heard == ["1 2 3 4", "Right?"]


CARD = """
  ask:
    type: collect
    prompts: Card?
    into: card
    max_digits: 16
    sensitive: true
    check: {luhn: true}
    confirm: {prompts: "It ends in {{ vars.card | last4 | spoken_digits }}."}
    next: copy
    exits: {no_input: end, no_match: end}
  copy: {type: set, values: {copied: "{{ vars.card ~ '' }}"}, next: charge}
  charge:
    type: http
    method: POST
    url: https://pay.example/charge
    json: {card: ["{{ vars.copied }}"]}
    next: LAST
    exits: {failed: end}
"""


class TestSensitive:
    async def test_digits_go_to_the_service_alone(self, tmp_path: Path) -> None:
        acts: list[Act] = [Keys("4111111111111111"), Listen("1")]
        call = await run(
            tmp_path, CARD.replace("LAST", "end"), FakeCall(*acts, answers=[HttpResult(200)])
        )
        assert call.sensitive == [True, False]
        assert call.asked[0].sensitive
        assert call.requested[0].json == {"card": ["4111111111111111"]}
        assert call.heard == ["It ends in", "1 1 1 1"]

    async def test_recording_goes_on_after_a_caller_who_hangs_up(self, tmp_path: Path) -> None:
        call = await run(tmp_path, CARD.replace("LAST", "end"), FakeCall(HangUp()))
        assert call.sensitive == [True, False]

    @pytest.mark.parametrize(
        "leak",
        [
            "{type: tag, tags: {card: '{{ vars.card }}'}, next: end}",
            "{type: event, name: paid, payload: {card: '{{ vars.copied }}'}, next: end}",
            "{type: say, text: 'Card {{ vars.card | spoken_digits }}', next: end}",
            "{type: lookup, table: cards, key: '{{ vars.card }}', next: end, "
            "exits: {not_found: end}}",
            "{type: http, url: 'https://x.example/?c={{ vars.card }}', next: end, "
            "exits: {failed: end}}",
            "{type: transfer, number: '{{ vars.card }}', trunk: t, exits: {failed: end}}",
        ],
    )
    def test_whatever_would_show_them_is_refused(self, tmp_path: Path, leak: str) -> None:
        found = problems(tmp_path, CARD.replace("LAST", "leak") + f"  leak: {leak}\n")
        assert len(found) == 1
        assert "is a secret" in found[0]

    async def test_an_error_does_not_tell_them(self, tmp_path: Path) -> None:
        text = CARD.replace("LAST", "sum") + (
            "  sum: {type: set, values: {x: '{{ 1 / (vars.card | int - 4111111111111111) }}'},"
            " next: end}\n"
        )
        call = FakeCall(Keys("4111111111111111"), Listen("1"), answers=[HttpResult(200)])
        with pytest.raises(FlowRunError) as failure:
            await run(tmp_path, text, call)
        assert "division" not in str(failure.value)
