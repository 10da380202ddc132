"""Agents talk from a page in Chromium, by DTLS-SRTP and ICE; the callers are phones of pjsua2."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from switch.phone.tone import find_tone
from tests.integration.conftest import StartSwitch
from tests.integration.test_phones import caller, headset, hears
from tests.support.browser import Tab
from tests.support.centre import Centre, fall
from tests.support.certificates import CertificateFiles
from tests.support.phones import PhoneFactory, PhoneProcess
from tests.support.ports import PortBlock
from tests.support.processes import wait_until
from tests.support.site import NUMBER, headset_agent
from tests.support.switch_process import SwitchProcess
from tests.support.web_desk import (
    LIBRARIES,
    TRANSPORTS,
    connects,
    registers,
    sip_for,
    switch_for,
)

pytestmark = pytest.mark.interop(
    peer="Chromium and JsSIP", role="headset", over="WSS, DTLS-SRTP, Opus"
)

CALLER, PAGE, COLLEAGUE = 440, 1000, 1500
"""What each of them says, in hertz."""
TALKS_ON = "wait 0.5; dtmf 1; wait 45; hangup"


@pytest.fixture
def switch(start_switch: StartSwitch, certificate: CertificateFiles, desk: str) -> SwitchProcess:
    agents = [headset_agent("asha"), headset_agent("ravi", skills={"helpdesk": 5})]
    return switch_for(start_switch, certificate, desk, agents=agents)


def page_hears(tab: Tab, hertz: float) -> None:
    """Wait until a tone is what comes out of the page."""

    def heard() -> bool:
        sound = tab.run("return sound(phone.connection, 0.6)")
        return bool(abs(sound["hertz"] - hertz) < 6 and sound["decibels"] > -60)

    wait_until(heard, f"{hertz} Hz in the page", within_seconds=20, every=0.1)


def answers(tab: Tab) -> None:
    tab.run("phone.answerNext()")


def talks(tab: Tab) -> None:
    assert tab.run("return phone.talking")


def takes_a_call(
    tab: Tab, phones: PhoneFactory, switch: SwitchProcess, script: str
) -> PhoneProcess:
    """Have the page answer a caller of the queue; return the caller's phone, which goes on."""
    answers(tab)
    phone = caller(phones, switch, CALLER, script)
    talks(tab)
    return phone


class TestTalking:
    @pytest.mark.interop(
        proves="answers a caller of the queue; both hear each other, and are recorded"
    )
    @pytest.mark.parametrize("transport", TRANSPORTS)
    @pytest.mark.parametrize("library", LIBRARIES)
    def test_answers_a_caller_of_the_queue(
        self, switch: SwitchProcess, tab: Tab, phones: PhoneFactory, library: str, transport: str
    ) -> None:
        registers(tab, switch, library, transport)
        phone = takes_a_call(tab, phones, switch, "wait 0.5; dtmf 1; wait 5; hangup")
        page_hears(tab, CALLER)
        phone.finish()
        assert tab.run("return phone.called")
        hears(phone, PAGE)
        record = switch.record()
        assert (record["result"], record["agent"]) == ("completed", "asha")
        assert record["reason"] == "caller_hung_up"
        assert (record["inbound_codec"], record["outbound_codec"]) == ("PCMU", "opus")
        assert all(leg["packets_lost"] == 0 for leg in record["media"])
        for channel, hertz in ((0, CALLER), (1, PAGE)):
            assert abs(find_tone(Path(record["recording"]), channel).hertz - hertz) < 3

    @pytest.mark.interop(over="WSS, DTLS-SRTP, PCMU", proves="speaks G.711 where that is wanted")
    def test_g711(
        self,
        start_switch: StartSwitch,
        certificate: CertificateFiles,
        desk: str,
        tab: Tab,
        phones: PhoneFactory,
    ) -> None:
        media = {"browser_codecs": ["PCMU", "PCMA"]}
        switch = switch_for(start_switch, certificate, desk, media=media)
        registers(tab, switch)
        phone = takes_a_call(tab, phones, switch, "wait 0.5; dtmf 1; wait 4; hangup")
        page_hears(tab, CALLER)
        phone.finish()
        hears(phone, PAGE)
        assert switch.record()["outbound_codec"] == "PCMU"

    @pytest.mark.interop(proves="hangs up")
    @pytest.mark.parametrize("library", LIBRARIES)
    def test_hangs_up(
        self, switch: SwitchProcess, tab: Tab, phones: PhoneFactory, library: str
    ) -> None:
        registers(tab, switch, library)
        phone = takes_a_call(tab, phones, switch, TALKS_ON)
        tab.run("phone.hangUp()")
        phone.finish()
        assert switch.record()["reason"] == "agent_hung_up"

    @pytest.mark.interop(proves="calls a colleague; both hear each other")
    @pytest.mark.parametrize("library", LIBRARIES)
    def test_calls_a_colleague(
        self, switch: SwitchProcess, tab: Tab, phones: PhoneFactory, library: str
    ) -> None:
        ravi = headset(phones, switch, "ravi", COLLEAGUE)
        registers(tab, switch, library, ready=2)
        tab.run("phone.call('ravi')")
        talks(tab)
        page_hears(tab, COLLEAGUE)
        time.sleep(2)
        tab.run("phone.hangUp()")
        record = switch.record()
        hears(ravi, PAGE)
        assert (record["caller"], record["flow"]) == ("asha", "headset")
        assert record["inbound_codec"] == "opus"

    @pytest.mark.interop(proves="sets its agent's state by a feature code, and hears it said")
    def test_a_feature_code(self, switch: SwitchProcess, tab: Tab) -> None:
        registers(tab, switch)
        ended = tab.run("return phone.call('*72')")
        assert ended["code"] == 0
        switch.wait_for_metric("freeline_agents", 1, state="not_ready")
        record = switch.record()
        assert record["reason"] == "feature_code"
        (leg,) = record["media"]
        assert leg["packets_sent"] > 20


class TestDuringTheCall:
    @pytest.mark.interop(proves="holds the caller, who hears music, and takes it back")
    @pytest.mark.parametrize("library", LIBRARIES)
    def test_hold(
        self, switch: SwitchProcess, tab: Tab, phones: PhoneFactory, library: str
    ) -> None:
        registers(tab, switch, library)
        phone = takes_a_call(tab, phones, switch, TALKS_ON)
        page_hears(tab, CALLER)
        assert tab.run("return phone.hold()")
        time.sleep(2)
        assert tab.run("return phone.unhold()")
        page_hears(tab, CALLER)
        time.sleep(2.5)
        tab.run("phone.hangUp()")
        phone.finish()
        hears(phone, PAGE)
        record = switch.record()
        assert record["hold_seconds"] > 1.5
        assert all(leg["packets_lost"] == 0 for leg in record["media"])

    @pytest.mark.interop(proves="hands the caller on by REFER to a colleague's phone")
    @pytest.mark.parametrize("library", LIBRARIES)
    def test_transfer(
        self, switch: SwitchProcess, tab: Tab, phones: PhoneFactory, library: str
    ) -> None:
        ravi = headset(phones, switch, "ravi", COLLEAGUE)
        registers(tab, switch, library, ready=2)
        phone = takes_a_call(tab, phones, switch, "wait 0.5; dtmf 1; wait 8; hangup")
        assert tab.run("return phone.refer('ravi')") == 200
        assert tab.run("return phone.called")
        phone.finish()
        hears(phone, COLLEAGUE)
        hears(ravi, CALLER)
        (transfer,) = switch.record()["transfers"]
        assert (transfer["by"], transfer["agent"], transfer["outcome"]) == (
            *("asha", "ravi", "connected"),
        )

    @pytest.mark.interop(proves="restarts ICE, and is heard on")
    def test_restarts_ice(self, switch: SwitchProcess, tab: Tab, phones: PhoneFactory) -> None:
        registers(tab, switch)
        phone = takes_a_call(tab, phones, switch, TALKS_ON)
        page_hears(tab, CALLER)
        fragment = "return phone.connection.remoteDescription.sdp.match(/ice-ufrag:(.*)/)[1].trim()"
        before = tab.run(fragment)
        assert tab.run("return phone.restartIce()")
        assert tab.run(fragment) != before
        time.sleep(1)
        page_hears(tab, CALLER)
        time.sleep(2.5)
        tab.run("phone.hangUp()")
        phone.finish()
        hears(phone, PAGE)
        states = tab.run("return phone.connection.connectionState")
        assert states in ("connected", "closed")

    @pytest.mark.interop(proves="its call goes on while the switch is killed and started again")
    def test_the_switch_falls(
        self,
        centre: Centre,
        certificate: CertificateFiles,
        desk: str,
        ports: PortBlock,
        tab: Tab,
        phones: PhoneFactory,
    ) -> None:
        """The new switch has the certificate of the old one: or the page would hear no more."""
        agents = [headset_agent("asha")]
        sip = sip_for(certificate, desk, port=ports.take())
        sip["listen"][0]["port"] = centre.sip_port
        first = centre.start(agents, sip=sip)
        registers(tab, first, register=True)
        phone = takes_a_call(tab, phones, first, "wait 0.5; dtmf 1; wait 25; hangup")
        page_hears(tab, CALLER)
        fall(first, talking=1)
        second = centre.start(agents, sip=sip)
        assert second.wait_for_log("calls_taken_over")["calls"] == 1
        page_hears(tab, CALLER)
        back = "return phone.ua.isRegistered()"
        wait_until(
            lambda: tab.run(back), "the page at the new switch", within_seconds=40, every=0.3
        )
        assert tab.run("return phone.hold()")
        time.sleep(1.5)
        assert tab.run("return phone.unhold()")
        page_hears(tab, CALLER)
        phone.finish()
        hears(phone, PAGE)
        record = second.record()
        assert (record["result"], record["agent"]) == ("completed", "asha")
        assert record["hold_seconds"] > 1
        second.finish()


class TestCaller:
    @pytest.mark.interop(
        role="caller",
        proves="a page that calls is led by its keys to an agent; both hear each other",
    )
    @pytest.mark.parametrize("library", LIBRARIES)
    def test_presses_keys_and_talks(
        self,
        start_switch: StartSwitch,
        certificate: CertificateFiles,
        desk: str,
        tab: Tab,
        phones: PhoneFactory,
        library: str,
    ) -> None:
        switch = switch_for(start_switch, certificate, desk)
        asha = headset(phones, switch, "asha", COLLEAGUE)
        assert connects(tab, switch, library, password="", user="visitor") == "connected"
        tab.run("phone.call(a)", NUMBER)
        talks(tab)
        time.sleep(1)
        tab.run("phone.press('1')")
        asha.wait_for("hears")
        page_hears(tab, COLLEAGUE)
        time.sleep(2.5)
        tab.run("phone.hangUp()")
        record = switch.record()
        hears(asha, PAGE)
        assert (record["agent"], record["keys"]) == ("asha", 1)
        assert record["inbound_codec"] == "opus"


class TestNoWay:
    @pytest.mark.interop(proves="another certificate than the described one: no sound, and an end")
    def test_another_fingerprint(
        self, switch: SwitchProcess, tab: Tab, phones: PhoneFactory
    ) -> None:
        registers(tab, switch)
        tab.run("phone.liesAboutItself = true")
        phone = takes_a_call(tab, phones, switch, TALKS_ON)
        assert tab.run("return phone.called")
        phone.finish()
        record = switch.record()
        assert "not the one that the description names" in record["detail"]
        (told,) = switch.log("media_link_lost")
        assert "a=fingerprint" in told["why"]
        (page,) = [leg for leg in record["media"] if leg["leg"] == "outbound"]
        assert page["packets_received"] == 0
        assert "received" not in [
            each["direction"] for each in record["audio"] if each["leg"] == "outbound"
        ]

    @pytest.mark.interop(proves="a page that is closed in mid-call ends it when its consent does")
    def test_a_page_that_is_closed(
        self, switch: SwitchProcess, tab: Tab, phones: PhoneFactory
    ) -> None:
        """RFC 7675: 30 s after the last check."""
        registers(tab, switch)
        phone = takes_a_call(tab, phones, switch, "wait 0.5; dtmf 1; wait 60; hangup")
        page_hears(tab, CALLER)
        tab.leave()
        switch.wait_for_metric("freeline_sip_connections", 0, transport="wss")
        phone.process.wait(50)
        record = switch.record()
        assert "no check (ICE) came from it for 30 s" in record["detail"]
        assert (record["result"], record["agent"]) == ("completed", "asha")
