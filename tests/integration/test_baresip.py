"""baresip as headset: hold and blind transfer for real, judged by what everyone heard.

Attended transfer is in `test_phones.py`: Debian's baresip has no command for it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from switch.phone.tone import strongest, write_tone
from tests.integration.conftest import StartSwitch
from tests.support.baresip import Baresip, BaresipFactory
from tests.support.phones import PhoneFactory
from tests.support.ports import PortBlock
from tests.support.processes import wait_until
from tests.support.site import NUMBER, headset_agent
from tests.support.switch_process import SwitchProcess

pytest.importorskip("pjsua2", reason="the extra `phone` is not installed")
pytestmark = [
    pytest.mark.interop(peer="baresip", role="headset", over="UDP"),
    pytest.mark.skipif(shutil.which("baresip") is None, reason="baresip is not installed"),
]


@pytest.fixture
def headsets(tmp_path: Path, ports: PortBlock) -> Iterator[BaresipFactory]:
    factory = BaresipFactory(tmp_path / "baresip", ports)
    yield factory
    factory.stop()


def tone(directory: Path, hertz: float) -> Path:
    """Return a minute of a tone."""
    path = directory / f"{hertz}.wav"
    write_tone(path, hertz, 60)
    return path


def assert_heard(recording: Path, hertz: float, *, last_seconds: int = 2) -> None:
    """Assert that a tone was heard at the end."""
    samples, rate = soundfile.read(recording, always_2d=True)
    heard = strongest(samples[-last_seconds * rate :, 0], rate)
    assert abs(heard.hertz - hertz) < 3, f"{recording}: {heard}"


def headset(headsets: BaresipFactory, switch: SwitchProcess, name: str, hertz: float) -> Baresip:
    """Start a headset that answers by itself and says a tone."""
    account = f"<sip:{name}@{switch.sip}>;auth_user={name};auth_pass=secret-{name}"
    phone = headsets.start(name, f"{account};answermode=auto;audio_codecs=PCMU", hertz=hertz)
    phone.wait_for("200 OK")
    return phone


def call(phones: PhoneFactory, switch: SwitchProcess, says: Path, script: str) -> Path:
    """Start a caller, and return what it will have heard."""
    return phones.start(
        *("caller", "--id", "sip:+12125550123@127.0.0.1"),
        *("--call", f"sip:{NUMBER}@{switch.sip}", "--play", str(says), "--script", script),
    ).recording


@pytest.mark.interop(proves="registers, is called, both hear each other")
def test_is_called(
    start_switch: StartSwitch, headsets: BaresipFactory, phones: PhoneFactory, tmp_path: Path
) -> None:
    switch = start_switch(agents=[headset_agent("asha")])
    asha = headset(headsets, switch, "asha", 1000)
    heard = call(phones, switch, tone(tmp_path, 440), "wait 0.5; dtmf 1; wait 5; hangup")
    phones.phones[0].finish()
    assert switch.record()["agent"] == "asha"
    assert_heard(heard, 1000)
    assert_heard(asha.heard(), 440)


@pytest.mark.interop(proves="holds the caller, who hears music, and takes it back")
def test_holds(
    start_switch: StartSwitch, headsets: BaresipFactory, phones: PhoneFactory, tmp_path: Path
) -> None:
    switch = start_switch(
        agents=[headset_agent("asha")],
        settings={"media": {"music_on_hold": {"file": str(tone(tmp_path, 600))}}},
    )
    asha = headset(headsets, switch, "asha", 1000)
    heard = call(phones, switch, tone(tmp_path, 440), "wait 0.5; dtmf 1; wait 14; hangup")
    switch.wait_for_metric("freeline_agents", 1, state="talking")
    wait_until(lambda: _seconds(asha.heard()) > 1, "the caller's voice")
    asha.command("hold")
    before = _seconds(heard)
    wait_until(lambda: _seconds(heard) > before + 4, "music", within_seconds=15)
    asha.command("resume")
    phones.phones[0].finish(40)
    samples, rate = soundfile.read(heard)
    begun = round((before + 1) * rate)
    assert abs(strongest(samples[begun : begun + 2 * rate], rate).hertz - 600) < 3
    assert_heard(heard, 1000)
    assert 2 < switch.record()["hold_seconds"] < 8


def _seconds(recording: Path) -> float:
    """Return how long a recording is by now: 16 bits a sample, 8000 a second."""
    return recording.stat().st_size / 16_000 if recording.exists() else 0.0


@pytest.mark.interop(proves="blind transfer by REFER; caller and new agent hear each other")
def test_transfers(
    start_switch: StartSwitch, headsets: BaresipFactory, phones: PhoneFactory, tmp_path: Path
) -> None:
    switch = start_switch(
        agents=[headset_agent("asha"), headset_agent("ravi", skills={"helpdesk": 5})]
    )
    asha = headset(headsets, switch, "asha", 1000)
    ravi = headset(headsets, switch, "ravi", 1500)
    heard = call(phones, switch, tone(tmp_path, 440), "wait 0.5; dtmf 1; wait 9; hangup")
    switch.wait_for_metric("freeline_agents", 1, state="talking")
    asha.command("transfer", f"sip:ravi@{switch.sip}")
    phones.phones[0].finish()
    assert_heard(heard, 1500)
    assert_heard(ravi.heard(), 440)
    record = switch.record()
    (transfer,) = record["transfers"]
    assert (record["agent"], transfer["agent"], transfer["by"]) == ("asha", "ravi", "asha")
    assert transfer["outcome"] == "connected"
