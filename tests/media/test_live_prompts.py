"""Prompts made during calls, by the real espeak-ng: in the background, once, bounded."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import numpy
import pytest
import soundfile

from switch.errors import PromptError
from switch.media import live_prompts
from switch.media.live_prompts import MAX_TEXT, LivePrompts
from switch.media.prompts import content_name
from switch.speech import language, speak
from tests.support.rtp_party import linear
from tests.support.waiting import until


def bytes_of(path: str) -> bytes:
    """Return a prompt that was made."""
    return Path(path).read_bytes()


def sizes_below(directory: Path) -> list[int]:
    """Return the sizes of all prompts that are kept."""
    return [file.stat().st_size for file in directory.glob("spoken-*/*.ulaw")]


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[LivePrompts]:
    """Closed at the end, which must leave nothing."""
    prompts = LivePrompts(tmp_path / "cache")
    yield prompts
    await prompts.close()
    assert sizes_below(tmp_path / "cache") == []


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("en", "Your balance is", "today."),
        ("es", "Su saldo es de", "hoy."),
        ("hi", "आपका शेष", "है।"),
        ("mr", "तुमची शिल्लक", "आहे."),
    ],
)
async def test_a_sentence_with_a_value_is_heard_in_every_language(
    live: LivePrompts, code: str, before: str, after: str
) -> None:
    text = f"{before} {speak('1250.50', 'currency', code, unit='INR')} {after}"
    path = await live.path_soon(text=text, voice=language(code).voice)
    sound = linear(bytes_of(path))
    assert 2 < len(sound) / 8000 < 10
    assert 0.5 < float(numpy.abs(sound).max()) <= 0.75
    heard = [float(numpy.abs(part).max()) > 0.05 for part in numpy.array_split(sound, 10)]
    assert sum(heard) >= 8, "most of it is speech, not silence"


async def test_what_was_made_is_ready_from_then_on(live: LivePrompts) -> None:
    assert live.path_now("You are number 3.") is None
    path = await live.path_soon(text="You are number 3.")
    assert live.path_now("You are number 3.") == path
    assert live.path_now("You are number 3.", "en-us") == path, "the default voice"
    assert live.path_now("You are number 3.", "es") is None
    assert await live.path_soon(text="You are number 3.") == path


async def test_those_who_wait_for_the_same_share_one_rendering(
    live: LivePrompts, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    real = live._make

    def make(file: str, text: str, voice: str) -> str:
        made.append(text)
        return real(file, text, voice)

    monkeypatch.setattr(live, "_make", make)
    texts = ["You are next.", "You are number 2."] * 20
    paths = await asyncio.gather(*(live.path_soon(text=text) for text in texts))
    assert len(set(paths)) == 2
    assert sorted(made) == ["You are next.", "You are number 2."]
    assert live.waiting == 0


async def test_a_caller_who_leaves_takes_nothing_from_the_others(live: LivePrompts) -> None:
    leaves = asyncio.ensure_future(live.path_soon(text="Please hold."))
    stays = asyncio.ensure_future(live.path_soon(text="Please hold."))
    await asyncio.sleep(0)
    leaves.cancel()
    assert bytes_of(await stays)
    assert leaves.cancelled()


async def test_the_loop_goes_on_meanwhile(live: LivePrompts) -> None:
    waiting = asyncio.ensure_future(live.path_soon(text="One moment, please."))
    turns = 0
    while not waiting.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
    assert bytes_of(waiting.result())


async def test_a_sound_file_is_made_by_its_content(live: LivePrompts, tmp_path: Path) -> None:
    file = tmp_path / "greeting.wav"
    for hertz in (400, 800):
        tone = 0.5 * numpy.sin(2 * numpy.pi * hertz * numpy.arange(16_000) / 16_000)
        soundfile.write(file, tone, 16_000)
        made = bytes_of(await live.path_soon(file=str(file)))
        assert abs(len(made) - 8000) < 10
        crossings = int(numpy.sum(numpy.diff(numpy.signbit(linear(made)).astype(int)) != 0))
        assert abs(crossings - 2 * hertz) < 10


@pytest.mark.parametrize(
    ("file", "text", "voice", "message"),
    [
        ("", "Hello.", "klingonese", "espeak-ng cannot speak 'Hello.' as 'klingonese'"),
        ("/nowhere/x.wav", "", "", "cannot read the prompt /nowhere/x.wav: No such file"),
        ("", "x" * (MAX_TEXT + 1), "", "a prompt of 4001 characters is too long"),
    ],
)
async def test_what_cannot_be_made_is_told_each_time(
    live: LivePrompts, file: str, text: str, voice: str, message: str
) -> None:
    for _ in range(2):
        with pytest.raises(PromptError, match=message):
            await live.path_soon(file, text, voice)


async def test_an_error_that_nobody_waits_for_any_more_is_quiet(live: LivePrompts) -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    leaves = asyncio.ensure_future(live.path_soon(text="Hello.", voice="klingonese"))
    await asyncio.sleep(0)
    leaves.cancel()
    await live.close()
    gc.collect()
    assert live.waiting == 0
    assert complaints == []


async def test_more_than_can_be_spoken_in_time_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_prompts, "MAX_WAITING", 3)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    live = LivePrompts(tmp_path)
    texts = [f"Number {place}." for place in range(7)]
    found = await asyncio.gather(
        *(live.path_soon(text=text) for text in texts), return_exceptions=True
    )
    two_begun_three_wait = [False] * 5 + [True] * 2
    assert [isinstance(each, PromptError) for each in found] == two_begun_three_wait
    assert str(found[5]) == "3 prompts are waiting to be spoken already"
    assert bytes_of(await live.path_soon(text=texts[6]))
    await live.close()


async def test_files_stay_below_their_size(tmp_path: Path) -> None:
    live = LivePrompts(tmp_path, max_bytes=40_000)
    for place in range(6):
        await live.path_soon(text=f"You are number {place}.")
    sizes = sizes_below(tmp_path)
    assert 1 <= len(sizes) < 6
    assert sum(sizes) <= 40_000
    assert live.path_now("You are number 0.") is None
    assert live.path_now("You are number 5.") is not None
    await live.close()


# Ahead of its turn.


class Rendering:
    """Takes the place of espeak-ng: each text is made when the test lets it be."""

    def __init__(self, live: LivePrompts, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun: list[str] = []
        self.made: list[tuple[bool, bool]] = []
        self._live = live
        self._gates = {text: threading.Event() for text in "abcdefgh"}
        live.on_made = lambda *made: self.made.append(made)
        self._real = live._files.put
        monkeypatch.setattr(live, "_make", self._make)

    def _make(self, file: str, text: str, voice: str) -> str:
        self.begun.append(text)
        self._gates[text].wait()
        if text == "h":
            raise PromptError("no voice")
        return self._real(content_name(text, voice), text.encode())

    async def let(self, *texts: str) -> None:
        for text in texts:
            self._gates[text].set()
        await until(lambda: all(self._live.path_now(each) for each in texts if each != "h"))


@pytest.fixture
async def rendering(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[LivePrompts, Rendering]]:
    """On a machine with two CPUs."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    live = LivePrompts(tmp_path / "cache")
    made = Rendering(live, monkeypatch)
    yield live, made
    for gate in made._gates.values():
        gate.set()
    await live.close()


async def test_what_is_made_ahead_leaves_room_for_those_who_wait(
    rendering: tuple[LivePrompts, Rendering],
) -> None:
    live, made = rendering
    for text in "abc":
        live.prepare(text, owner="ann")
    await until(lambda: made.begun)
    waits = asyncio.ensure_future(live.path_soon(text="d", owner="ben"))
    await until(lambda: len(made.begun) == 2)
    assert made.begun == ["a", "d"]
    await made.let("d")
    assert bytes_of(await waits) == b"d"
    assert made.begun == ["a", "d"], "the second thread is free for who waits next"
    await made.let("a", "b", "c")
    await until(lambda: not live.waiting)
    assert made.made == [(True, True), *[(False, True)] * 3]


async def test_a_flood_of_one_call_does_not_hold_up_another(
    rendering: tuple[LivePrompts, Rendering],
) -> None:
    live, made = rendering
    flood = [asyncio.ensure_future(live.path_soon(text=text, owner="ann")) for text in "abcdef"]
    await asyncio.sleep(0)
    other = asyncio.ensure_future(live.path_soon(text="g", owner="ben"))
    await asyncio.sleep(0)
    await made.let("a", "b", "c", "g")
    assert bytes_of(await other) == b"g"
    await made.let("d", "e", "f")
    await asyncio.gather(*flood)
    assert made.begun.index("g") < made.begun.index("e")


async def test_what_is_made_ahead_is_made_first_when_its_turn_comes(
    rendering: tuple[LivePrompts, Rendering],
) -> None:
    live, made = rendering
    for text in "abc":
        live.prepare(text, owner="ann")
    waits = asyncio.ensure_future(live.path_soon(text="c", owner="ann"))
    await made.let("c")
    assert bytes_of(await waits) == b"c"
    assert "b" not in made.begun


async def test_what_a_call_wanted_ahead_is_not_made_after_its_end(
    rendering: tuple[LivePrompts, Rendering],
) -> None:
    live, made = rendering
    for text in "abc":
        live.prepare(text, owner="ann")
    live.forget("ann")
    assert live.waiting == 1, "one is being made"
    await made.let("a")
    await until(lambda: not live.waiting)
    assert made.begun == ["a"]


async def test_what_fails_ahead_is_tried_again_when_somebody_waits(
    rendering: tuple[LivePrompts, Rendering],
) -> None:
    live, made = rendering
    live.prepare("h", owner="ann")
    await made.let("h")
    await until(lambda: not live.waiting)
    assert made.made == [(False, False)]
    with pytest.raises(PromptError, match="no voice"):
        await live.path_soon(text="h", owner="ann")
    assert made.made == [(False, False), (True, False)]


async def test_nobody_waits_for_ever(
    rendering: tuple[LivePrompts, Rendering], monkeypatch: pytest.MonkeyPatch
) -> None:
    live, made = rendering
    monkeypatch.setattr(live_prompts, "SPEAK_SECONDS", 0.05)
    texts = "abc"  # two hang, and the third waits behind them
    found = await asyncio.gather(
        *(live.path_soon(text=text) for text in texts), return_exceptions=True
    )
    assert [str(each) for each in found] == [
        f"'{text}' was not ready within 0.05 s" for text in texts
    ]
    assert live.waiting == 2, "the third is not made for nobody"
    await made.let("a", "b")
    await until(lambda: not live.waiting)
