"""The whole path with pjsua2 phones on both sides, proved by what each one heard."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from switch.phone.tone import find_tone, strongest, write_tone
from tests.integration.conftest import StartSwitch
from tests.support.phones import PhoneFactory, PhoneProcess
from tests.support.site import NUMBER, SHIPPED_FLOWS, TABLES, headset_agent, queue
from tests.support.switch_process import SwitchProcess

pytest.importorskip("pjsua2", reason="the extra `phone` is not installed")
pytestmark = pytest.mark.interop(peer="pjsua2", role="caller and headset", over="UDP")


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


@pytest.mark.parametrize(
    "transport", ["udp", pytest.param("tcp", marks=pytest.mark.interop(over="TCP and UDP"))]
)
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


WHISPERS = """
nodes:
  orders:
    type: queue
    queue: orders
    music: {file: music.wav}
    whisper: [{file: gold.wav}, "From {{ call.from[-4:] | spoken_digits }}."]
    exits: {timeout: end, no_agents: end}
  end: {type: hangup}
"""


@pytest.mark.interop(proves="a whisper is heard by the headset alone, and the caller hears music")
def test_the_agent_alone_hears_who_calls(
    start_switch: StartSwitch, phones: PhoneFactory, tmp_path: Path
) -> None:
    flows = tmp_path / "flows"
    flows.mkdir()
    (flows / "whispers.yaml").write_text(WHISPERS)
    write_tone(flows / "music.wav", 600, 20)
    write_tone(flows / "gold.wav", 1700, 6)
    switch = start_switch(agents=[headset_agent("asha")], flows=flows, numbers={NUMBER: "whispers"})
    asha = headset(phones, switch, "asha", 1000, "--script", "wait 18; hangup")
    phone = caller(phones, switch, 440, "wait 30; hangup")
    phone.finish()

    def at_first(recording: Path) -> float:
        samples, rate = soundfile.read(recording)
        return strongest(samples[: 6 * rate], rate).hertz

    assert abs(at_first(asha.recording) - 1700) < 5
    assert abs(at_first(phone.recording) - 600) < 5
    assert abs(find_tone(asha.recording).hertz - 440) < 3, "afterwards they hear each other"
    assert abs(find_tone(phone.recording).hertz - 1000) < 3
    assert switch.record()["agent"] == "asha"


def test_a_wrong_password_is_refused(start_switch: StartSwitch, phones: PhoneFactory) -> None:
    switch = start_switch(agents=[headset_agent("asha")])
    phone = phones.start(
        *("asha", "--id", "sip:asha@127.0.0.1", "--registrar", switch.sip),
        *("--password", "wrong", "--duration", "20"),
    )
    assert phone.process.wait(25) == 1
    assert phone.events("failed")[0]["code"] == 401
    assert switch.metric("freeline_headset_registrations_total") == 0


def transfer_site(start_switch: StartSwitch) -> SwitchProcess:
    """A switch with two agents, of whom one serves the queue."""
    return start_switch(
        agents=[headset_agent("asha"), headset_agent("ravi", skills={"helpdesk": 5})],
    )


def hears(phone: PhoneProcess, hertz: float) -> None:
    """Assert that a tone is what was heard at the end."""
    samples, rate = soundfile.read(phone.recording)
    heard = strongest(samples[-2 * rate :], rate)
    assert abs(heard.hertz - hertz) < 3, f"{phone.name} heard {heard}"
    assert heard.seconds > 1


@pytest.mark.interop(proves="blind transfer by REFER; caller and new agent hear each other")
def test_a_blind_transfer(start_switch: StartSwitch, phones: PhoneFactory) -> None:
    switch = transfer_site(start_switch)
    script = f"wait 1.5; transfer sip:ravi@{switch.sip}; wait 30"
    asha = headset(phones, switch, "asha", 1000, "--script", script)
    ravi = headset(phones, switch, "ravi", 1500)
    phone = caller(phones, switch, 440, "wait 0.5; dtmf 1; wait 6; hangup")
    phone.finish()
    assert [each["code"] for each in asha.events("transfer")][-1] == 200
    hears(phone, 1500)
    hears(ravi, 440)
    record = switch.record()
    assert (record["agent"], record["reason"]) == ("asha", "caller_hung_up")
    (transfer,) = record["transfers"]
    assert (transfer["agent"], transfer["by"], transfer["outcome"]) == ("ravi", "asha", "connected")
    assert transfer["talk_seconds"] > 2


@pytest.mark.interop(
    proves="hold, a call to another agent, attended transfer by REFER with Replaces; caller and "
    "new agent hear each other"
)
def test_an_attended_transfer(start_switch: StartSwitch, phones: PhoneFactory) -> None:
    switch = transfer_site(start_switch)
    script = f"wait 1; hold; wait 0.5; consult sip:ravi@{switch.sip}; wait 2; join; wait 30"
    asha = headset(phones, switch, "asha", 1000, "--script", script)
    ravi = headset(phones, switch, "ravi", 1500)
    phone = caller(phones, switch, 440, "wait 0.5; dtmf 1; wait 9; hangup")
    phone.finish()
    assert [each["code"] for each in asha.events("transfer")][-1] == 200
    hears(phone, 1500)
    hears(ravi, 440)
    consultation = asha.recording.with_name("asha-2.wav")
    assert abs(find_tone(consultation).hertz - 1500) < 3
    records = {each["flow"]: each for each in switch.wait_for_records(2)}
    assert records["headset"]["reason"] == "transferred"
    (transfer,) = records["order_line"]["transfers"]
    assert (transfer["agent"], transfer["by"], transfer["outcome"]) == ("ravi", "asha", "connected")
    assert records["order_line"]["result"] == "completed"


@pytest.mark.interop(proves="calls another agent; both hear each other")
def test_an_agent_calls_another(start_switch: StartSwitch, phones: PhoneFactory) -> None:
    switch = transfer_site(start_switch)
    ravi = headset(phones, switch, "ravi", 1500)
    tone = phones.directory / "asha-says.wav"
    write_tone(tone, 1000)
    asha = phones.start(
        *("asha", "--id", "sip:asha@127.0.0.1", "--registrar", switch.sip),
        *("--password", "secret-asha", "--play", str(tone)),
        *("--call", f"sip:ravi@{switch.sip}", "--script", "wait 3; hangup"),
    )
    asha.finish()
    hears(asha, 1500)
    hears(ravi, 1000)
    record = switch.record()
    assert (record["caller"], record["flow"]) == ("asha", "headset")


@pytest.mark.interop(
    role="caller and headset",
    over="UDP, SRTP, G.722",
    proves="pjsua2 with SRTP, mandatory and optional, and G.722",
)
@pytest.mark.parametrize("srtp", ["mandatory", "optional"])
def test_encrypted_and_wideband(start_switch: StartSwitch, phones: PhoneFactory, srtp: str) -> None:
    switch = start_switch(
        agents=[headset_agent("asha", srtp="required")],
        settings={"media": {"codecs": ["G722", "PCMU"], "srtp_keys_in_clear": True}},
    )
    asha = headset(phones, switch, "asha", 1000, "--srtp", "mandatory", "--codecs", "G722,PCMU")
    phone = caller(
        *(phones, switch, 440, "wait 1; dtmf 1; wait 5; hangup"),
        *("--srtp", srtp, "--codecs", "PCMU,G722" if srtp == "optional" else "G722"),
    )
    phone.finish()
    for recording, hertz in ((phone.recording, 1000), (asha.recording, 440)):
        heard = find_tone(recording)
        assert abs(heard.hertz - hertz) < 3
        assert heard.seconds > 2
    record = switch.record()
    inbound = "PCMU" if srtp == "optional" else "G722"
    assert {leg["leg"]: leg["codec"] for leg in record["media"]} == {
        "inbound": inbound,
        "outbound": inbound,
    }
    assert all(leg["packets_lost"] == 0 for leg in record["media"])


@pytest.mark.interop(role="caller", over="UDP, SRTP", proves="encrypted media that is not wanted")
def test_encrypted_media_that_is_not_wanted(
    start_switch: StartSwitch, phones: PhoneFactory
) -> None:
    switch = start_switch(trunk={"srtp": "never"})
    phone = caller(phones, switch, 440, "wait 1; hangup", "--srtp", "mandatory")
    assert phone.process.wait(30) == 1
    assert switch.record()["sip_code"] == 488
