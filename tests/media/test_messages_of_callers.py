"""A caller's message, and a recording that is silenced: with a real worker and real files."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy
import pytest

from switch.media.messages import (
    MessageTaken,
    Play,
    Record,
    RecordingEnded,
    Released,
    SilenceRecording,
    StopMessage,
    StopRecording,
    TakeMessage,
)
from tests.support.media_core import Core
from tests.support.rtp_party import linear, strongest, tone
from tests.support.waiting import until


def read(path: str | Path) -> tuple[int, numpy.ndarray]:
    """Return channels and samples."""
    with wave.open(str(path), "rb") as file:
        frames = numpy.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return file.getnchannels(), frames.reshape(-1, file.getnchannels())


async def taken(core: Core) -> MessageTaken:
    await until(lambda: core.of(MessageTaken))
    (report,) = core.of(MessageTaken)
    assert isinstance(report, MessageTaken)
    return report


async def test_what_the_party_says_until_it_is_silent(core: Core, tmp_path: Path) -> None:
    party, port = await core.party("one")
    path = str(tmp_path / "box" / "message.wav")
    core.pool.send(TakeMessage("one", path, 30.0, 0.6))
    await party.say(tone(440, 1.0), port)
    report = await taken(core)
    assert (report.end, report.error, report.path) == ("silence", "", path)
    channels, samples = read(path)
    assert channels == 1
    assert len(samples) / 8000 == pytest.approx(1.2, abs=0.5)
    assert report.seconds == pytest.approx(len(samples) / 8000)
    hertz, _ = strongest(samples[:, 0])
    assert hertz == pytest.approx(440, abs=20)


async def test_nothing_said_is_no_file(core: Core, tmp_path: Path) -> None:
    await core.party("one")
    core.pool.send(TakeMessage("one", str(tmp_path / "message.wav"), 30.0, 0.3))
    report = await taken(core)
    assert (report.end, report.path, report.seconds) == ("silence", "", 0.0)
    assert not (tmp_path / "message.wav").exists()


async def test_stopping_and_closing_the_stream_end_it(core: Core, tmp_path: Path) -> None:
    party, port = await core.party("one")
    core.pool.send(TakeMessage("one", str(tmp_path / "a.wav"), 30.0, 5.0))
    await party.say(tone(440, 0.6), port)
    core.pool.send(StopMessage("one"))
    assert (await taken(core)).end == "stopped"
    core.reports.clear()
    core.pool.send(TakeMessage("one", str(tmp_path / "b.wav"), 30.0, 5.0))
    await party.say(tone(440, 0.6), port)
    await core.pool.release("one")
    kinds = [type(report) for report in core.reports]
    assert kinds.index(MessageTaken) < kinds.index(Released)
    assert read(tmp_path / "b.wav")[1].size > 3000


async def test_a_disk_that_refuses_is_told(core: Core, tmp_path: Path) -> None:
    party, port = await core.party("one")
    (tmp_path / "file").write_text("not a directory")
    core.pool.send(TakeMessage("one", str(tmp_path / "file" / "a.wav"), 30.0, 5.0))
    await party.say(tone(440, 0.6), port)
    core.pool.send(StopMessage("one"))
    assert "file/a.wav" in (await taken(core)).error


async def test_a_silenced_recording_keeps_its_time_and_not_a_sound(
    core: Core, tmp_path: Path
) -> None:
    party, port = await core.party("one")
    prompt = tmp_path / "prompt.ulaw"
    prompt.write_bytes(b"\x00\x80" * 80 * 200)
    path = str(tmp_path / "call.wav")
    core.pool.send(Record("one", path))
    await party.say(tone(440, 0.5), port)
    core.pool.send(SilenceRecording("one", True))
    core.pool.send(Play("one", 1, (str(prompt),)))
    await party.say(tone(1700, 0.6), port)
    core.pool.send(SilenceRecording("one", False))
    await party.say(tone(1700, 0.5), port)  # the key that was the last is still pressed
    await party.say(tone(440, 1.0), port)
    core.pool.send(StopRecording("one"))
    await until(lambda: core.of(RecordingEnded))
    _, samples = read(path)
    assert len(samples) / 8000 == pytest.approx(2.6, abs=0.5)
    said = samples[:, 0].astype(float)
    for part in (said[:2000], said[-2000:]):
        assert numpy.abs(part).max() > 3000
    spectrum = numpy.abs(numpy.fft.rfft(said))
    hertz = numpy.fft.rfftfreq(len(said), 1 / 8000)
    near_secret = spectrum[(hertz > 1650) & (hertz < 1750)].max()
    near_said = spectrum[(hertz > 390) & (hertz < 490)].max()
    assert near_secret < near_said / 20
    silence = linear(b"\xff")[0]
    heard = samples[:, 1]
    assert (heard[int(0.7 * 8000) : int(0.9 * 8000)] == silence).all()
