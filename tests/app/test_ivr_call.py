"""A flow's prompts on a live call: what is ready is heard while the rest is being made."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from switch.app.ivr_call import IvrCall
from switch.app.queue_visit import Recordings
from switch.calls.session import CallSession
from switch.errors import PromptError
from switch.events import PromptStarted
from switch.ivr.call import CollectDigits, CollectEnd, Facts, Prompt
from switch.media.messages import Digit, Play, Record, SilenceRecording
from tests.support.call_desk import CallDesk

READY, MADE, LAST = Prompt(text="Welcome."), Prompt(text="You owe 3 euros."), Prompt(text="Bye.")


class Site:
    """A call, and prompts of which one is made when the test lets it be."""

    def __init__(self) -> None:
        self.desk = CallDesk()
        self.made: dict[Prompt, asyncio.Future[str]] = {}
        self.done = False
        self.result: Any = None

    async def hears(self, *prompts: Prompt, barge_in: bool = True, collects: bool = False) -> None:
        """Have the caller hear prompts."""
        services: Any = SimpleNamespace(path_now=self._path_now, path_soon=self._path_soon)

        async def conduct(session: CallSession) -> None:
            call = IvrCall(session, Facts("call", "+1", "+2", "carrier"), services)
            session.answer()
            try:
                if collects:
                    how = CollectDigits(1, barge_in=barge_in)
                    self.result = await call.collect(prompts, how)
                else:
                    await call.play(prompts, barge_in=barge_in)
            except PromptError as error:
                self.result = error
            self.done = True

        await self.desk.arrive(conduct)

    def _path_now(self, prompt: Prompt) -> str | None:
        return f"{prompt.text}ulaw" if prompt is not MADE else None

    def _path_soon(self, prompt: Prompt) -> asyncio.Future[str]:
        if prompt is not MADE:
            ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            ready.set_result(f"{prompt.text}ulaw")
            return ready
        return self.made.setdefault(prompt, asyncio.get_running_loop().create_future())

    @property
    def played(self) -> list[tuple[str, ...]]:
        return [each.prompts for each in self.desk.commands(Play)]  # type: ignore[attr-defined]

    @property
    def told(self) -> list[str]:
        return [each.prompt for each in self.desk.of(PromptStarted)]  # type: ignore[attr-defined]

    async def ends(self) -> None:
        """Let what is playing end."""
        self.desk.media.finish_play(self.desk.call.inbound.id)
        await self.desk.settle()

    async def presses(self, key: str) -> None:
        self.desk.media.on_report(Digit(self.desk.call.inbound.id, key))
        await self.desk.settle()


@pytest.fixture
def site() -> Site:
    return Site()


async def test_what_is_ready_is_played_at_once_and_together(site: Site) -> None:
    await site.hears(READY, LAST)
    assert site.played == [("Welcome.ulaw", "Bye.ulaw")]
    assert site.told == ["Welcome.", "Bye."]


async def test_the_rest_is_made_meanwhile(site: Site) -> None:
    await site.hears(READY, MADE, LAST)
    assert site.played == [("Welcome.ulaw",)]
    assert list(site.made) == [MADE], "it is being made before the first one has ended"
    site.made[MADE].set_result("made.ulaw")
    await site.ends()
    assert site.played[1:] == [("made.ulaw", "Bye.ulaw")]
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
    site.made[MADE].set_result("made.ulaw")
    await site.ends()
    assert site.played == [("Welcome.ulaw",), ("made.ulaw",)]


async def test_what_cannot_be_made_is_told_after_what_goes_before(site: Site) -> None:
    await site.hears(READY, MADE)
    site.made[MADE].set_exception(PromptError("no voice"))
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


class TestRecording:
    """What a flow says of recordings, on a call whose site records."""

    async def hears(self, *said: bool | str) -> tuple[CallDesk, CallSession]:
        """Let a flow say on (True) or off, and the caller `talk` with somebody."""
        desk = CallDesk()
        kept: list[CallSession] = []

        async def conduct(session: CallSession) -> None:
            kept.append(session)
            call = IvrCall(session, Facts("call", "+1", "+2", "carrier"), cast(Any, None))
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
        memory = IvrCall(session, facts, cast(Any, None)).remember()
        session.unrecorded = False
        IvrCall(session, facts, cast(Any, None)).go_on(memory)
        assert session.unrecorded
