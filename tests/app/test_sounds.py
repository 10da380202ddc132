"""Where prompts are: those of the start for ever, those of calls when they come up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy
import pytest

from switch.app.sounds import Sounds
from switch.errors import PromptError
from switch.ivr.call import Prompt
from switch.settings import load_settings
from tests.support.rtp_party import linear
from tests.support.waiting import until

CONFIG = Path(__file__).parents[2] / "config"
HOLD = Prompt(text="Thank you for waiting. Please hold the line. We will be with you shortly.")
PLACE = Prompt(text="You are number 3 in the queue.")


def sound(path: str) -> numpy.ndarray:
    """Return a prompt's samples, from -1 to 1."""
    return linear(Path(path).read_bytes())


def size(path: str) -> int:
    """Return the size of a prompt in bytes; 0 when it is not there."""
    file = Path(path)
    return file.stat().st_size if file.exists() else 0


@pytest.fixture
async def sounds(tmp_path: Path) -> AsyncIterator[Sounds]:
    settings = load_settings(CONFIG, overrides=[f"media.prompt_cache={tmp_path}"])
    made = Sounds(settings, [])
    made.render()
    yield made
    await made.close()


async def test_what_is_known_at_the_start_is_ready(sounds: Sounds) -> None:
    path = sounds.path(HOLD)
    assert sounds.path_now(HOLD) == path == await sounds.path_soon(HOLD)
    assert list(sounds.hold_music) == [path]


async def test_what_comes_up_in_a_call_is_made_then(sounds: Sounds) -> None:
    assert sounds.path_now(PLACE) is None
    path = await sounds.path_soon(PLACE)
    assert sounds.path_now(PLACE) == path
    assert size(path) > 8000


async def test_what_will_come_up_is_made_before_it_does(sounds: Sounds) -> None:
    made: list[tuple[bool, bool]] = []
    sounds.count_in(lambda *one: made.append(one))
    assert not sounds.prepare(HOLD, "call"), "it is there"
    assert sounds.prepare(PLACE, "call")
    await until(lambda: sounds.path_now(PLACE))
    assert not sounds.prepare(PLACE, "call")
    await until(lambda: not sounds.being_made)
    assert made == [(False, True)]


async def test_who_waits_for_a_sentence_hears_soft_notes_or_what_the_site_has(
    sounds: Sounds, tmp_path: Path
) -> None:
    notes = sound(sounds.waiting)
    assert len(notes) == 8000
    assert 0.02 < float(numpy.abs(notes).max()) < 0.05
    loud = numpy.abs(notes[:240]).max()
    assert loud > 0.003, "they begin at once"
    overrides = [f"media.prompt_cache={tmp_path}", "media.waiting_sound={text: One moment.}"]
    own = Sounds(load_settings(CONFIG, overrides=overrides), [])
    own.render()
    assert own.waiting == own.path(Prompt(text="One moment."))
    await own.close()


async def test_the_end_removes_what_was_made_in_calls_alone(sounds: Sounds) -> None:
    path = await sounds.path_soon(PLACE)
    await sounds.close()
    assert size(path) == 0
    assert size(sounds.path(HOLD)) > 8000


async def test_what_cannot_be_made_is_told(sounds: Sounds) -> None:
    assert sounds.path_now(Prompt(file="/nowhere/x.wav")) is None
    with pytest.raises(PromptError, match="cannot read the prompt"):
        await sounds.path_soon(Prompt(file="/nowhere/x.wav"))


async def test_what_another_process_has_made_is_known(sounds: Sounds, tmp_path: Path) -> None:
    settings = load_settings(CONFIG, overrides=[f"media.prompt_cache={tmp_path}"])
    other = Sounds(settings, [])
    assert other.path_now(HOLD) is None
    other.learn(sounds.made())
    assert other.path_now(HOLD) == other.path(HOLD) == sounds.path(HOLD)
    await other.close()
