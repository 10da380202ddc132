"""A flow's prompts on a live call: what is ready is heard while the rest is being made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from switch.app.caller_sounds import PATIENCE_SECONDS
from switch.app.flow_services import FlowServices
from switch.app.ivr_call import IvrCall
from switch.app.queue_visit import Recordings
from switch.calls.session import CallSession
from switch.errors import PromptError
from switch.events import PromptStarted
from switch.ivr.call import CollectDigits, CollectEnd, Facts, HttpRequest, HttpResult, Prompt
from switch.media.messages import Digit, Play, Record, SilenceRecording
from switch.telemetry.speech_metrics import SpeechMetrics
from tests.support.call_desk import CallDesk
from tests.support.fake_sounds import FakeSounds
from tests.support.waiting import until

READY, MADE, LAST = Prompt(text="Welcome."), Prompt(text="You owe 3 euros."), Prompt(text="Bye.")
MADE_FOR_CALL = Prompt(text="Good day, Asha.", made_for_call=True)


class Site:
    """A call, and prompts of which some are made when the test lets them be."""

    def __init__(self) -> None:
        self.desk = CallDesk()
        self.sounds = FakeSounds([MADE, MADE_FOR_CALL])
        registry = CollectorRegistry()
        self._registry = registry
        self.answer: asyncio.Future[HttpResult] = asyncio.get_running_loop().create_future()
        self.services: Any = SimpleNamespace(
            sounds=self.sounds, speech=SpeechMetrics(registry), http=lambda _: self.answer
        )
        self.call: IvrCall
        self.done = False
        self.result: Any = None

    async def hears(
        self,
        *prompts: Prompt,
        barge_in: bool = True,
        collects: bool = False,
        ahead: Sequence[Prompt] = (),
    ) -> None:
        """Have the caller hear prompts."""

        async def act(call: IvrCall) -> Any:
            call.prepare(ahead)
            if collects:
                return await call.collect(prompts, CollectDigits(1, barge_in=barge_in))
            return await call.play(prompts, barge_in=barge_in)

        await self._conduct(act)

    async def asks(self, *wait_prompts: Prompt) -> None:
        """Have a service asked."""
        request = HttpRequest("GET", "http://service/", wait_prompts=wait_prompts)
        await self._conduct(lambda call: call.http(request))

    async def _conduct(self, act: Callable[[IvrCall], Awaitable[Any]]) -> None:
        async def conduct(session: CallSession) -> None:
            self.call = IvrCall(session, Facts("call", "+1", "+2", "carrier"), self.services)
            session.answer()
            try:
                self.result = await act(self.call)
            except PromptError as error:
                self.result = error
            self.done = True

        await self.desk.arrive(conduct)

    @property
    def played(self) -> list[tuple[str, ...]]:
        return [each.prompts for each in self.desk.commands(Play)]  # type: ignore[attr-defined]

    @property
    def told(self) -> list[str]:
        return [each.prompt for each in self.desk.of(PromptStarted)]  # type: ignore[attr-defined]

    def metric(self, name: str, **labels: str) -> float:
        return self._registry.get_sample_value(f"freeline_spoken_{name}", labels) or 0.0

    async def ends(self) -> None:
        """Let what is playing end."""
        self.desk.media.finish_play(self.desk.call.inbound.id)
        await self.desk.settle()

    async def presses(self, key: str) -> None:
        self.desk.media.on_report(Digit(self.desk.call.inbound.id, key))
        await self.desk.settle()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for what a timer of the call brings."""
        await until(true)
        await self.desk.settle()


@pytest.fixture
async def site() -> Site:
    return Site()


async def test_what_is_ready_is_played_at_once_and_together(site: Site) -> None:
    await site.hears(READY, LAST)
    assert site.played == [("Welcome.ulaw", "Bye.ulaw")]
    assert site.told == ["Welcome.", "Bye."]


async def test_the_rest_is_made_meanwhile(site: Site) -> None:
    await site.hears(READY, MADE, LAST)
    assert site.played == [("Welcome.ulaw",)]
    assert list(site.sounds.making) == [MADE], "it is being made before the first one has ended"
    site.sounds.finish(MADE)
    await site.ends()
    assert site.played[1:] == [("You owe 3 euros.ulaw", "Bye.ulaw")]
    assert site.told == ["Welcome.", "You owe 3 euros.", "Bye."]
    await site.ends()
    assert site.done


async def test_a_key_ends_what_is_ready_and_the_rest_does_not_begin(site: Site) -> None:
    await site.hears(READY, MADE, collects=True)
    await site.presses("1")
    assert site.done
    assert (site.result.digits, site.result.end) == ("1", CollectEnd.COMPLETE)
    assert site.played == [("Welcome.ulaw",)]
    assert site.told == ["Welcome."]


async def test_keys_that_may_not_interrupt_do_not(site: Site) -> None:
    await site.hears(READY, MADE, barge_in=False)
    await site.presses("1")
    site.sounds.finish(MADE)
    await site.ends()
    assert site.played == [("Welcome.ulaw",), ("You owe 3 euros.ulaw",)]


async def test_what_cannot_be_made_is_told_after_what_goes_before(site: Site) -> None:
    await site.hears(READY, MADE)
    site.sounds.fail(MADE, PromptError("no voice"))
    await site.desk.settle()
    assert not site.done
    await site.ends()
    assert str(site.result) == "no voice"


async def test_who_hangs_up_meanwhile_leaves_no_error_behind(site: Site) -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    await site.hears(READY, MADE)
    site.desk.caller.end(site.desk.pair.now)
    await site.desk.ended()
    assert not site.done
    assert complaints == []


_SILENT = cast(FlowServices, SimpleNamespace(sounds=FakeSounds(), speech=None))
"""For calls that hear nothing."""


class TestRecording:
    """What a flow says of recordings, on a call whose site records."""

    async def hears(self, *said: bool | str) -> tuple[CallDesk, CallSession]:
        """Let a flow say on (True) or off, and the caller `talk` with somebody."""
        desk = CallDesk()
        kept: list[CallSession] = []

        async def conduct(session: CallSession) -> None:
            kept.append(session)
            call = IvrCall(session, Facts("call", "+1", "+2", "carrier"), _SILENT)
            session.answer()
            for each in said:
                if each == "talk":
                    Recordings("/recordings").begin(session)
                else:
                    call.set_recorded(bool(each))

        await desk.arrive(conduct)
        return desk, kept[0]

    async def test_a_call_that_must_not_be_recorded_has_no_recording(self) -> None:
        desk, session = await self.hears(False, "talk")
        assert (session.recording, desk.commands(Record)) == ("", [])

    async def test_one_that_has_begun_is_silent(self) -> None:
        desk, session = await self.hears("talk", False, True)
        assert session.recording
        silenced: list[Any] = desk.commands(SilenceRecording)
        assert [each.on for each in silenced] == [True, False]

    async def test_it_begins_with_the_next_talk_once_it_may(self) -> None:
        desk, session = await self.hears(False, "talk", True, "talk", "talk")
        assert session.recording
        assert len(desk.commands(Record)) == 1, "one file for each call"

    async def test_a_restart_changes_nothing_of_it(self) -> None:
        _, session = await self.hears(False)
        facts = Facts("call", "+1", "+2", "carrier")
        memory = IvrCall(session, facts, _SILENT).remember()
        session.unrecorded = False
        IvrCall(session, facts, _SILENT).go_on(memory)
        assert session.unrecorded


# Nobody waits in silence.

WAITING = ("waiting.ulaw",)


async def test_until_a_first_sentence_is_ready_the_waiting_sound_is_heard(site: Site) -> None:
    await site.hears(MADE, LAST)
    assert site.played == [], "it may be ready in a moment"
    await site.until(lambda: bool(site.played))
    assert site.played == [WAITING]
    assert site.told == []
    site.sounds.finish(MADE)
    await site.desk.settle()
    assert site.played == [WAITING, ("You owe 3 euros.ulaw", "Bye.ulaw")]
    await site.ends()
    assert site.done
    assert site.metric("prompt_wait_seconds_count") == 1
    assert site.metric("prompt_wait_seconds_sum") >= PATIENCE_SECONDS
    assert site.metric("prompts_total", ready="late") == 1


async def test_what_is_ready_in_a_moment_is_heard_without_a_waiting_sound(site: Site) -> None:
    await site.hears(MADE)
    site.sounds.finish(MADE)
    await site.desk.settle()
    await asyncio.sleep(2 * PATIENCE_SECONDS)
    assert site.played == [("You owe 3 euros.ulaw",)]


@pytest.mark.parametrize("patient", [False, True], ids=["in a moment", "after the sound began"])
async def test_a_key_ends_the_wait_as_it_would_the_sentence(site: Site, patient: bool) -> None:
    await site.hears(MADE, collects=True)
    if patient:
        await site.until(lambda: site.played == [WAITING])
    await site.presses("1")
    assert site.done
    assert (site.result.digits, site.result.end) == ("1", CollectEnd.COMPLETE)
    assert not site.desk.media.playing(site.desk.call.inbound.id)
    assert site.told == []


async def test_keys_that_may_not_interrupt_do_not_end_the_wait(site: Site) -> None:
    await site.hears(MADE, barge_in=False)
    await site.presses("1")
    assert site.played == []
    site.sounds.finish(MADE)
    await site.desk.settle()
    assert site.played == [("You owe 3 euros.ulaw",)]
    await site.ends()
    assert site.done
    assert not site.desk.call.keys


async def test_the_time_for_an_answer_begins_after_the_sentence(site: Site) -> None:
    await site.hears(MADE, collects=True)
    await site.until(lambda: site.played == [WAITING])
    site.desk.pair.now += 60  # longer than any caller may think
    site.sounds.finish(MADE)
    await site.desk.settle()
    assert not site.done
    await site.ends()
    await site.presses("1")
    assert site.result.digits == "1"


async def test_what_cannot_be_made_ends_the_waiting_sound(site: Site) -> None:
    await site.hears(MADE)
    await site.until(lambda: site.played == [WAITING])
    site.sounds.fail(MADE, PromptError("espeak-ng took over 10 s"))
    await site.desk.settle()
    assert str(site.result) == "espeak-ng took over 10 s"
    assert not site.desk.media.playing(site.desk.call.inbound.id)


async def test_who_hangs_up_in_the_wait_is_not_waited_for(site: Site) -> None:
    await site.hears(MADE)
    site.desk.caller.end(site.desk.pair.now)
    await site.desk.ended()
    assert not site.done


async def test_each_part_is_heard_as_soon_as_it_is_ready(site: Site) -> None:
    await site.hears(MADE, READY, MADE_FOR_CALL, LAST)
    site.sounds.finish(MADE)
    await site.desk.settle()
    assert site.played == [("You owe 3 euros.ulaw", "Welcome.ulaw")]
    site.sounds.finish(MADE_FOR_CALL)
    await site.desk.settle()
    await site.ends()
    assert site.played[1:] == [("Good day, Asha.ulaw", "Bye.ulaw")]
    assert site.metric("prompts_total", ready="ahead") == 1


async def test_what_was_made_ahead_is_counted_when_it_is_heard(site: Site) -> None:
    await site.hears(READY, ahead=[MADE_FOR_CALL])
    assert site.sounds.prepared == [MADE_FOR_CALL]
    site.sounds.finish(MADE_FOR_CALL)
    assert site.metric("prompts_total", ready="ahead") == 0
    for ready in ("ahead", "kept"):  # the second time it is there anyway
        await site.call._start([MADE_FOR_CALL], barge_in=True)
        assert site.metric("prompts_total", ready=ready) == 1


async def test_what_is_no_longer_wanted_is_not_made(site: Site) -> None:
    await site.hears(READY)
    site.call.part()
    assert site.sounds.forgotten == [], "there was nothing"
    site.call.prepare([MADE_FOR_CALL])
    site.call.part()
    assert site.sounds.forgotten == ["call"]


async def test_with_a_key_pressed_before_nothing_is_made(site: Site) -> None:
    await site.hears(READY, collects=True)
    await site.presses("1")
    site.desk.call.keys.press("2", "rfc4733")
    files = await site.call._start([MADE], barge_in=True)
    assert list(files) == []
    assert site.sounds.making == {}


# While a service is asked.


async def test_a_service_is_asked_while_the_words_for_the_wait_are_made(site: Site) -> None:
    await site.asks(MADE)
    await site.until(lambda: site.played == [WAITING])
    site.sounds.finish(MADE)
    await site.desk.settle()
    assert site.played == [WAITING, ("You owe 3 euros.ulaw",)]
    site.answer.set_result(HttpResult(200, {}))
    await site.desk.settle()
    assert site.done
    assert not site.desk.media.playing(site.desk.call.inbound.id)


async def test_words_that_cannot_be_made_leave_the_waiting_sound(site: Site) -> None:
    await site.asks(MADE)
    await site.until(lambda: site.played == [WAITING])
    site.sounds.fail(MADE, PromptError("no voice"))
    await site.desk.settle()
    assert site.desk.media.playing(site.desk.call.inbound.id)
    site.answer.set_result(HttpResult(200, {}))
    await site.desk.settle()
    assert site.done


async def test_a_slow_service_without_words_is_waited_for_with_the_sound(site: Site) -> None:
    await site.asks()
    assert site.played == []
    await site.until(lambda: site.played == [WAITING])
    site.answer.set_result(HttpResult(200, {}))
    await site.desk.settle()
    assert not site.desk.media.playing(site.desk.call.inbound.id)


async def test_a_fast_service_is_heard_nothing_of(site: Site) -> None:
    await site.asks()
    site.answer.set_result(HttpResult(200, {}))
    await site.desk.settle()
    assert site.done
    assert site.played == []
