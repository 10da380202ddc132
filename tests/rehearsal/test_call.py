"""A rehearsed call: exact time, keys as in a live call, and a trail of all that happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.collect_end import CollectEnd
from switch.errors import CallOver
from switch.ivr.acts import (
    CollectDigits,
    Collected,
    Delivery,
    HttpFailure,
    HttpRequest,
    HttpResult,
    TransferEnd,
    TransferRequest,
)
from switch.ivr.prompt import Prompt
from switch.rehearsal.caller import Faxes, HangsUp, Hears, Presses, Reaches, Waits
from switch.rehearsal.trail import End, Kind
from switch.rehearsal.world import HttpAnswer, TransferAnswer, World
from tests.rehearsal.flows import MENU, NOON, call, flow, run

SECOND = Prompt(text="x" * 15)
"""It takes exactly a second."""
FOUR_DIGITS = CollectDigits(4)


class TestPrompts:
    async def test_they_take_their_time(self) -> None:
        rehearsed = call()
        await rehearsed.play([SECOND, SECOND], barge_in=True)
        assert rehearsed.clock == 2.0
        assert (rehearsed.now() - NOON).total_seconds() == 2.0

    async def test_a_key_stops_them_and_is_kept(self) -> None:
        rehearsed = call(Waits(0.5), Presses("7"))
        await rehearsed.play([SECOND, SECOND], barge_in=True)
        assert rehearsed.clock == 0.5
        assert len(rehearsed.heard) == 1
        assert (await rehearsed.collect([SECOND], CollectDigits(1))).digits == "7"
        assert len(rehearsed.heard) == 1

    async def test_a_key_that_may_not_stop_them_is_thrown_away_and_that_is_told(self) -> None:
        rehearsed = call(Waits(0.5), Presses("7"))
        await rehearsed.play([SECOND], barge_in=False)
        assert rehearsed.clock == 1.0
        assert not rehearsed.typed
        assert "the keys 7 are thrown away" in rehearsed.trail[-1].text

    async def test_a_key_after_a_prompt_keeps_the_next_from_beginning(self) -> None:
        rehearsed = call(Hears("x"), Presses("1"))
        await rehearsed.play([SECOND, Prompt(text="second")], barge_in=True)
        assert rehearsed.heard == [SECOND.title]
        assert rehearsed.clock == 1.0

    async def test_a_caller_who_goes_ends_them(self) -> None:
        rehearsed = call(Waits(0.25), HangsUp())
        with pytest.raises(CallOver):
            await rehearsed.play([SECOND], barge_in=False)
        assert rehearsed.clock == 0.25
        assert rehearsed.end is End.CALLER


class TestDigits:
    @pytest.mark.parametrize(
        ("wait", "end"), [(4.9, CollectEnd.TERMINATED), (5.1, CollectEnd.NO_INPUT)]
    )
    async def test_the_first_digit_timeout_is_exact(self, wait: float, end: CollectEnd) -> None:
        rehearsed = call(Hears("x"), Waits(wait), Presses("1#"))
        collected = await rehearsed.collect([SECOND], FOUR_DIGITS)
        assert collected.end is end
        assert rehearsed.clock == pytest.approx(1 + min(wait, 5.0))

    async def test_who_stops_half_way_is_told_apart(self) -> None:
        rehearsed = call(Presses("12"))
        collected = await rehearsed.collect([SECOND], FOUR_DIGITS)
        assert (collected.digits, collected.end) == ("12", CollectEnd.STOPPED_HALF_WAY)
        assert rehearsed.clock == 3.0

    async def test_a_terminator_after_the_last_digit_is_swallowed(self) -> None:
        rehearsed = call(Presses("1234#5"))
        how = CollectDigits(4, terminator_timeout_seconds=1.0)
        assert (await rehearsed.collect([], how)).end is CollectEnd.TERMINATED
        assert list(rehearsed.typed) == ["5"]

    @pytest.mark.parametrize(
        ("late", "left", "clock"), [((), [], 1.0), ((Presses("5"),), ["5"], 0.5)]
    )
    async def test_without_a_terminator_the_next_key_is_no_part_of_it(
        self, late: tuple[Presses, ...], left: list[str], clock: float
    ) -> None:
        rehearsed = call(Presses("1234"), Waits(0.5), *late)
        how = CollectDigits(4, terminator_timeout_seconds=1.0)
        assert await rehearsed.collect([], how) == Collected("1234", CollectEnd.COMPLETE)
        assert (list(rehearsed.typed), rehearsed.clock) == (left, clock)


class TestTheWorld:
    REQUEST = HttpRequest("GET", "https://crm.example/callers/1", timeout_seconds=2.0, retries=1)

    async def test_the_first_answer_that_fits_is_given(self) -> None:
        answers = [
            HttpAnswer(HttpResult(404), "https://other.example/*"),
            HttpAnswer(HttpResult(200, {"name": "Ana"}), "https://crm.example/*", times=1),
            HttpAnswer(HttpResult(503)),
        ]
        rehearsed = call(world=World(http=answers))
        assert (await rehearsed.http(self.REQUEST)).json == {"name": "Ana"}
        assert (await rehearsed.http(self.REQUEST)).status == 503

    async def test_a_time_out_takes_all_attempts(self) -> None:
        answer = HttpAnswer(HttpResult(failure=HttpFailure.TIMEOUT))
        rehearsed = call(world=World(http=[answer]))
        await rehearsed.http(self.REQUEST)
        assert rehearsed.clock == 4.0

    async def test_a_request_that_nobody_foresaw_is_a_problem(self) -> None:
        rehearsed = call()
        assert (await rehearsed.http(self.REQUEST)).failure is HttpFailure.UNREACHABLE
        assert "GET https://crm.example/callers/1" in rehearsed.problems[0]

    async def test_tables_have_the_rows_that_were_given(self) -> None:
        rehearsed = call(world=World(tables={"vip": {"+1": {"tier": "gold"}}}))
        assert await rehearsed.lookup("vip", "+1") == {"tier": "gold"}
        assert await rehearsed.lookup("vip", "+2") is None

    async def test_transfers_end_as_told_and_connected_ones_last(self) -> None:
        world = World(transfers=[TransferAnswer(TransferEnd.BUSY, "+4*"), TransferAnswer()])
        rehearsed = call(world=world)
        assert await rehearsed.transfer(TransferRequest(number="+44")) is TransferEnd.BUSY
        assert await rehearsed.transfer(TransferRequest(agent="asha")) is TransferEnd.CONNECTED
        assert rehearsed.clock == 60.0

    def test_what_is_told_is_kept(self) -> None:
        rehearsed = call()
        rehearsed.tag("reason", "billing")
        rehearsed.send_event("complaint", {"level": 3})
        rehearsed.set_language("hi")
        rehearsed.deliver_recording(Delivery("/m.wav", 4.0, "night"))
        assert rehearsed.tags == {"reason": "billing"}
        assert rehearsed.events == [("complaint", {"level": 3})]
        assert rehearsed.language == "hi"
        assert [moment.kind for moment in rehearsed.trail] == [
            Kind.TAG,
            Kind.EVENT,
            Kind.LANGUAGE,
            Kind.MESSAGE,
        ]


class TestWholeCalls:
    def test_the_trail_tells_it_all(self, tmp_path: Path) -> None:
        rehearsed = run(flow(tmp_path), call(Hears("Press 1."), Presses("1")))
        told = [(moment.kind, moment.text) for moment in rehearsed.trail]
        assert told == [
            (Kind.ANSWERED, ""),
            (Kind.ENTERS, "hello"),
            (Kind.HEARS, '"Hello there."'),
            (Kind.ENTERS, "menu"),
            (Kind.HEARS, '"Press 1."'),
            (Kind.PRESSES, "1"),
            (Kind.ENTERS, "orders"),
            (Kind.QUEUE, "enters orders"),
            (Kind.QUEUE, "agent answers"),
            (Kind.ENTERS, "thanks"),
            (Kind.HEARS, '"Thanks."'),
            (Kind.ENDS, "hangup"),
        ]

    def test_a_caller_without_a_script_is_silent(self, tmp_path: Path) -> None:
        rehearsed = run(flow(tmp_path), call())
        assert rehearsed.path == ["hello", "menu", "silent"]
        assert rehearsed.heard == ["Hello there.", "Press 1.", "Nothing.", "Press 1.", "Silent."]

    def test_a_hang_up_ends_it_wherever_it_comes(self, tmp_path: Path) -> None:
        rehearsed = run(flow(tmp_path), call(Reaches("menu"), Waits(2), HangsUp()))
        assert rehearsed.path == ["hello", "menu"]
        assert rehearsed.left[-1].exit == "gone"
        assert rehearsed.end is End.CALLER

    def test_a_fax_machine_goes_where_the_flow_wants_it(self, tmp_path: Path) -> None:
        rehearsed = run(flow(tmp_path, "on_fax: thanks\n" + MENU), call(Reaches("menu"), Faxes()))
        assert rehearsed.path == ["hello", "menu", "thanks"]
        assert rehearsed.left[1].exit == "fax"

    def test_a_fax_machine_in_a_flow_that_does_not_listen(self, tmp_path: Path) -> None:
        rehearsed = run(flow(tmp_path), call(Reaches("menu"), Faxes()))
        assert rehearsed.path == ["hello", "menu", "silent"]
        assert "nobody listens" in str(next(m for m in rehearsed.trail if m.kind is Kind.FAXES))
