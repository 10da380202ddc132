"""Prompts made during calls, by the real espeak-ng: in the background, once, bounded."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from pathlib import Path

import numpy
import pytest
import soundfile

from switch.errors import PromptError
from switch.media import live_prompts
from switch.media.live_prompts import MAX_TEXT, LivePrompts
from switch.speech import language, speak
from tests.support.rtp_party import linear


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
    live: LivePrompts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_prompts, "MAX_WAITING", 3)
    texts = [f"Number {place}." for place in range(5)]
    found = await asyncio.gather(
        *(live.path_soon(text=text) for text in texts), return_exceptions=True
    )
    assert [isinstance(each, PromptError) for each in found] == [False] * 3 + [True] * 2
    assert str(found[3]) == "3 prompts are waiting to be spoken already"
    assert bytes_of(await live.path_soon(text=texts[4]))


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
