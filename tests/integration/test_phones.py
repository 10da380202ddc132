"""The whole path with pjsua2 phones on both sides, proved by what each one heard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from switch.phone.tone import find_tone, write_tone
from tests.integration.conftest import StartSwitch
from tests.support.phones import PhoneFactory, PhoneProcess
from tests.support.site import NUMBER, SHIPPED_FLOWS, TABLES, headset_agent, queue
from tests.support.switch_process import SwitchProcess

pytest.importorskip("pjsua2", reason="the extra `phone` is not installed")
pytestmark = pytest.mark.interop(peer="pjsua2", role="caller and headset", over="UDP")


@pytest.fixture
def phones(tmp_path: Path) -> Iterator[PhoneFactory]:
    factory = PhoneFactory(tmp_path / "phones")
    yield factory
    factory.stop()


def headset(
    phones: PhoneFactory, switch: SwitchProcess, name: str, hertz: float, *options: str
) -> PhoneProcess:
    """Start an agent's headset that says a tone, and wait until it is registered."""
    tone = phones.directory / f"{name}-says.wav"
    tone.parent.mkdir(parents=True, exist_ok=True)
    write_tone(tone, hertz)
    phone = phones.start(
        *(name, "--id", f"sip:{name}@127.0.0.1", "--registrar", switch.sip),
        *("--password", f"secret-{name}", "--auto-answer", "--play", str(tone), *options),
    )
    phone.wait_for("registered")
    return phone


def caller(
    phones: PhoneFactory, switch: SwitchProcess, hertz: float, script: str, *options: str
) -> PhoneProcess:
    """Start a caller that says a tone."""
    tone = phones.directory / "caller-says.wav"
    write_tone(tone, hertz)
    address = switch.sip_tcp if "tcp" in options else switch.sip
    return phones.start(
        *("caller", "--id", "sip:+12125550123@127.0.0.1", "--call", f"sip:{NUMBER}@{address}"),
        *("--play", str(tone), "--script", script, *options),
    )


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_caller_and_agent_hear_each_other(
    start_switch: StartSwitch, phones: PhoneFactory, transport: str
) -> None:
    """SHA-256 digest, the shipped flow, routing by skill, and sound both ways."""
    switch = start_switch(
        agents=[
            headset_agent("asha", skills={"orders": 9, "vip": 5}),
            headset_agent("ravi", skills={"helpdesk": 8}),
        ],
        queues=[
            queue(),
            queue("helpdesk", skills={"helpdesk": 5}),
            queue("operator", skills={"orders": 1}),
        ],
        numbers={NUMBER: "main"},
        flows=SHIPPED_FLOWS,
        settings={
            "sip": {"digest": ["SHA-256", "MD5"]},
            "http": {"allow": ["https://payments.example"]},
            "tables": {
                name: {"csv": str(TABLES / f"{name}.csv"), "key": key}
                for name, key in (("customers", "phone"), ("order_status", "order_number"))
            },
        },
    )
    asha = headset(phones, switch, "asha", 1000)
    ravi = headset(phones, switch, "ravi", 1500)
    options = ["--transport", transport] if transport == "tcp" else []
    phone = caller(phones, switch, 440, "wait 1; dtmf 1; wait 4; hangup", *options)
    phone.finish()

    heard = find_tone(phone.recording)
    assert abs(heard.hertz - 1000) < 3
    assert heard.seconds > 2
    heard = find_tone(asha.recording)
    assert abs(heard.hertz - 440) < 3
    assert heard.seconds > 2
    assert ravi.events("rings") == []

    record = switch.record()
    assert (record["result"], record["agent"]) == ("completed", "asha")
    assert [step["node"] for step in record["path"]] == ["welcome", "main_menu", "orders"]
    assert all(leg["packets_lost"] == 0 for leg in record["media"])
    recording = Path(record["recording"])
    assert abs(find_tone(recording, 0).hertz - 440) < 3
    assert abs(find_tone(recording, 1).hertz - 1000) < 3


def test_a_held_caller_hears_music_and_then_the_agent_again(
    start_switch: StartSwitch, phones: PhoneFactory, tmp_path: Path
) -> None:
    music = tmp_path / "music.wav"
    write_tone(music, 600, 3)
    switch = start_switch(
        agents=[headset_agent("asha")],
        settings={"media": {"music_on_hold": {"file": str(music)}}},
    )
    asha = headset(
        phones,
        switch,
        "asha",
        1000,
        "--script",
        "wait 1.5; hold; wait 4.5; resume; wait 1.5; hangup",
    )
    phone = caller(phones, switch, 440, "wait 0.5; dtmf 1; wait 20; hangup")
    phone.finish()
    heard = find_tone(phone.recording)
    assert abs(heard.hertz - 600) < 3, "music is heard longer than the agent"
    assert heard.seconds > 2
    assert asha.events("holds")
    record = switch.record()
    assert record["reason"] == "agent_hung_up"


def test_a_wrong_password_is_refused(start_switch: StartSwitch, phones: PhoneFactory) -> None:
    switch = start_switch(agents=[headset_agent("asha")])
    phone = phones.start(
        *("asha", "--id", "sip:asha@127.0.0.1", "--registrar", switch.sip),
        *("--password", "wrong", "--duration", "20"),
    )
    assert phone.process.wait(25) == 1
    assert phone.events("failed")[0]["code"] == 401
    assert switch.metric("freeline_headset_registrations_total") == 0
