"""Calls in SRTP, G.722 and Opus with baresip on both sides, proved by what each one heard."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from switch.phone.tone import find_tone
from tests.integration.conftest import StartSwitch
from tests.support.baresip import Baresip, BaresipFactory
from tests.support.ports import PortBlock
from tests.support.site import NUMBER, headset_agent
from tests.support.switch_process import SwitchProcess

pytestmark = [
    pytest.mark.skipif(shutil.which("baresip") is None, reason="baresip is not installed"),
    pytest.mark.interop(peer="baresip", role="caller and headset", over="UDP"),
]


FORMATS = [
    *(f"module {each}.so" for each in ("g722", "opus", "srtp", "dtls_srtp", "ice")),
    "ausrc_channels 1",
    "auplay_channels 1",
]


@pytest.fixture
def baresip(tmp_path: Path, ports: PortBlock) -> Iterator[BaresipFactory]:
    factory = BaresipFactory(tmp_path / "baresip", ports)
    yield factory
    factory.stop()


def headset(
    baresip: BaresipFactory, switch: SwitchProcess, *options: str, settings: Sequence[str] = ()
) -> Baresip:
    """Start an agent's headset, and wait until it is registered."""
    account = f"<sip:asha@{switch.sip}>;auth_user=asha;auth_pass=secret-asha;regint=60"
    account = ";".join((account, "answermode=auto", *options))
    phone = baresip.start("asha", account, hertz=1000, settings=[*FORMATS, *settings])
    phone.wait_for("[1 binding]")
    return phone


def caller(
    baresip: BaresipFactory, switch: SwitchProcess, *options: str, settings: Sequence[str] = ()
) -> Baresip:
    """Start a caller that dials the number."""
    return baresip.start(
        "caller",
        ";".join(("<sip:caller@127.0.0.1>", "regint=0", *options)),
        commands=[f"/dial sip:{NUMBER}@{switch.sip}"],
        hertz=440,
        settings=[*FORMATS, *settings],
    )


def talk(
    switch: SwitchProcess, caller: Baresip, headset: Baresip, seconds: float = 4
) -> dict[str, Any]:
    """Let them be connected, and hear each other for a while; return the record."""
    headset.wait_for("Call established")
    time.sleep(seconds)
    caller.command("hangup")
    record = switch.record()
    for phone, hertz in ((caller, 1000), (headset, 440)):
        phone.process.stop()
        heard = find_tone(phone.heard())
        assert abs(heard.hertz - hertz) < 3
        assert heard.seconds > 2
    assert record["result"] == "completed"
    assert all(leg["packets_lost"] == 0 for leg in record["media"])
    return record


def on_line(
    start_switch: StartSwitch,
    *codecs: str,
    trunk: str = "offered",
    agent: str = "offered",
    **media: object,
) -> SwitchProcess:
    """Start a switch with these codecs and policies for SRTP."""
    return start_switch(
        agents=[headset_agent("asha", srtp=agent)],
        trunk={"srtp": trunk},
        settings={"media": {"codecs": list(codecs) or ["PCMU", "PCMA"], **media}},
    )


def connected(
    switch: SwitchProcess,
    baresip: BaresipFactory,
    ours: str,
    theirs: str,
    settings: Sequence[str] = (),
) -> tuple[Baresip, Baresip]:
    """Start a headset and a caller with these account options; the caller presses 1."""
    asha = headset(baresip, switch, *ours.split(";"))
    phone = caller(baresip, switch, *theirs.split(";"), settings=settings)
    phone.wait_for("Call established")
    phone.command("sndcode", "1")
    return phone, asha


def codecs_of(record: dict[str, Any]) -> dict[str, str]:
    return {leg["leg"]: leg["codec"] for leg in record["media"]}


class TestSrtp:
    @pytest.mark.interop(over="UDP, SRTP", proves="SRTP required of the caller, taken by both")
    @pytest.mark.parametrize("mode", ["srtp-mand", "srtp-mandf", "srtp"])
    def test_a_caller_with_srtp_and_a_headset_that_is_required_to(
        self, start_switch: StartSwitch, baresip: BaresipFactory, mode: str
    ) -> None:
        """RTP/SAVP, RTP/SAVPF, and keys beside RTP/AVP (RFC 8643)."""
        switch = on_line(start_switch, agent="required", srtp_keys_in_clear=True)
        phone, asha = connected(
            switch, baresip, "mediaenc=srtp;audio_codecs=pcmu", f"mediaenc={mode}"
        )
        talk(switch, phone, asha)
        for each in (phone, asha):
            assert "SRTP is Enabled" in each.process.output()
        assert "inline:" not in switch.process.output()

    @pytest.mark.interop(over="UDP, SRTP", proves="one leg in SRTP, the other in plain RTP")
    def test_an_encrypted_caller_and_a_plain_headset(
        self, start_switch: StartSwitch, baresip: BaresipFactory
    ) -> None:
        switch = on_line(start_switch)
        phone, asha = connected(
            switch, baresip, "audio_codecs=pcma", "mediaenc=srtp-mand;audio_codecs=pcmu"
        )
        record = talk(switch, phone, asha)
        assert codecs_of(record) == {"inbound": "PCMU", "outbound": "PCMA"}
        assert "SRTP is Enabled" in phone.process.output()

    @pytest.mark.interop(over="UDP, SRTP", proves="hold and resume in SRTP keep the keys")
    def test_hold_in_srtp(self, start_switch: StartSwitch, baresip: BaresipFactory) -> None:
        """baresip 1.0.0 writes down nothing that it hears after a hold; it tells what it cannot
        decrypt, and what it says is heard."""
        switch = on_line(start_switch, agent="required", srtp_keys_in_clear=True)
        phone, asha = connected(
            switch, baresip, "mediaenc=srtp", "mediaenc=srtp-mand;audio_codecs=pcmu"
        )
        asha.wait_for("Call established")
        asha.command("hold")
        asha.wait_for("call: hold")
        time.sleep(1.5)
        asha.command("resume")
        asha.wait_for("call: resume")
        time.sleep(4)
        phone.command("hangup")
        record = switch.record()
        phone.process.stop()
        asha.process.stop()
        assert find_tone(phone.heard()).seconds > 2
        assert abs(find_tone(phone.heard()).hertz - 1000) < 3
        (headset_leg,) = [leg for leg in record["media"] if leg["leg"] == "outbound"]
        assert headset_leg["packets_sent"] > 100
        assert headset_leg["remote_lost"] == 0
        assert "decrypt" not in asha.process.output()

    @pytest.mark.interop(
        role="caller", over="UDP", proves="plain RTP gets 488 where SRTP is a must"
    )
    def test_plain_rtp_is_refused_where_srtp_is_required(
        self, start_switch: StartSwitch, baresip: BaresipFactory
    ) -> None:
        switch = on_line(start_switch, trunk="required")
        phone = caller(baresip, switch)
        phone.wait_for("488")
        assert switch.record()["sip_code"] == 488


class TestDtls:
    """Keys by DTLS, with ICE, from who is no browser."""

    OPTIONS = "mediaenc=dtls_srtp;medianat=ice"
    MUX = ("rtcp_mux yes",)

    @pytest.mark.interop(
        over="UDP, DTLS-SRTP", proves="DTLS-SRTP offered by the caller, and by us to the headset"
    )
    def test_both_parties(self, start_switch: StartSwitch, baresip: BaresipFactory) -> None:
        switch = on_line(start_switch, agent="dtls", browser_codecs=["PCMU"])
        asha = headset(baresip, switch, self.OPTIONS, settings=self.MUX)
        phone = caller(baresip, switch, self.OPTIONS, settings=self.MUX)
        phone.wait_for("Call established")
        phone.command("sndcode", "1")
        record = talk(switch, phone, asha)
        assert codecs_of(record) == {"inbound": "PCMU", "outbound": "PCMU"}

    @pytest.mark.interop(
        role="caller", over="UDP, DTLS-SRTP", proves="DTLS-SRTP without ICE gets 488"
    )
    def test_without_ice_it_is_refused_with_its_reason(
        self, start_switch: StartSwitch, baresip: BaresipFactory
    ) -> None:
        switch = on_line(start_switch)
        phone = caller(baresip, switch, "mediaenc=dtls_srtp")
        phone.wait_for("488")
        assert "DTLS-SRTP and no ICE" in str(switch.record()["detail"])


class TestCodecs:
    @pytest.mark.interop(over="UDP, G.722", proves="G.722 from end to end")
    def test_g722(self, start_switch: StartSwitch, baresip: BaresipFactory) -> None:
        switch = on_line(start_switch, "G722", "PCMU")
        both = "audio_codecs=g722/16000/1"
        record = talk(switch, *connected(switch, baresip, both, both))
        assert codecs_of(record) == {"inbound": "G722", "outbound": "G722"}
        assert abs(find_tone(Path(record["recording"]), 0).hertz - 440) < 3
        assert abs(find_tone(Path(record["recording"]), 1).hertz - 1000) < 3

    @pytest.mark.interop(over="UDP, Opus, SRTP", proves="Opus from end to end, keys at 48 kHz")
    def test_opus(self, start_switch: StartSwitch, baresip: BaresipFactory) -> None:
        switch = on_line(start_switch, "opus", "G722", "PCMU")
        both = "audio_codecs=opus/48000/2;mediaenc=srtp"
        record = talk(switch, *connected(switch, baresip, both, both))
        assert codecs_of(record) == {"inbound": "opus", "outbound": "opus"}

    @pytest.mark.interop(over="UDP, Opus, G.722", proves="transcoding between different codecs")
    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [("pcma", "opus/48000/2"), ("opus/48000/2", "g722/16000/1"), ("g722/16000/1", "pcmu")],
    )
    def test_parties_of_different_codecs(
        self,
        start_switch: StartSwitch,
        baresip: BaresipFactory,
        ours: str,
        theirs: str,
    ) -> None:
        switch = on_line(start_switch, "opus", "G722", "PCMU", "PCMA")
        record = talk(
            switch,
            *connected(switch, baresip, f"audio_codecs={ours}", f"audio_codecs={theirs}"),
        )
        found = {leg: codec.lower() for leg, codec in codecs_of(record).items()}
        assert found == {"inbound": theirs.split("/")[0], "outbound": ours.split("/")[0]}

    @pytest.mark.interop(over="UDP", proves="RTCP on the port of RTP (RFC 5761)")
    def test_rtcp_mux(self, start_switch: StartSwitch, baresip: BaresipFactory) -> None:
        switch = on_line(start_switch)
        both = "audio_codecs=pcmu"
        phone, asha = connected(switch, baresip, both, both, ["rtcp_mux yes"])
        record = talk(switch, phone, asha, seconds=12)  # RTCP comes every five
        (inbound,) = [leg for leg in record["media"] if leg["leg"] == "inbound"]
        assert inbound["round_trip_ms"] is not None, "its reports came"

    @pytest.mark.interop(over="UDP", proves="packets of 10, 40 and 60 ms")
    @pytest.mark.parametrize("ptime", [10, 40, 60])
    def test_other_packet_times(
        self, start_switch: StartSwitch, baresip: BaresipFactory, ptime: int
    ) -> None:
        switch = on_line(start_switch, "PCMU", "G722")
        options = f"audio_codecs=pcmu;ptime={ptime}"
        talk(
            switch,
            *connected(switch, baresip, "audio_codecs=g722/16000/1", options),
        )
