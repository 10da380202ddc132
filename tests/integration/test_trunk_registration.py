"""Our registration with carriers: a real Kamailio, and SIPp that checks every digest."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import StartSwitch
from tests.integration.test_control import freeline, told
from tests.support.kamailio_registrar import KamailioRegistrar
from tests.support.ports import PortBlock
from tests.support.processes import wait_until
from tests.support.sipp import SippFactory
from tests.support.sipp_carrier_steps import CHALLENGED, answer, receive_proved
from tests.support.sipp_scenario import HANGS_UP, TALKS, pause, receive
from tests.support.site import NUMBER, fixed_agent

StartRegistrar = Callable[..., KamailioRegistrar]

PASSWORD = "secret-k"


@pytest.fixture
def registrar(tmp_path: Path, ports: PortBlock) -> Iterator[StartRegistrar]:
    """Starts Kamailios; ended with the test."""
    running: list[KamailioRegistrar] = []

    def start(**options: Any) -> KamailioRegistrar:
        name = tmp_path / f"registrar{len(running)}"
        running.append(KamailioRegistrar(name, ports, PASSWORD, **options))
        return running[-1]

    yield start
    for each in running:
        each.stop()


def site(port: int, **more: Any) -> dict[str, Any]:
    register = {
        "registrar": f"sip:127.0.0.1:{port}",
        "address": "sip:gate@carrier.example",
        "username": "gate",
        "password": PASSWORD,
        "expires_seconds": 60,
        "retry_seconds": 1,
        **more,
    }
    return {
        "agents": [fixed_agent("asha", 9)],
        "numbers": {NUMBER: "order_line"},
        "trunk": {"register": register},
    }


@pytest.mark.interop(peer="Kamailio", role="carrier's registrar", over="UDP")
class TestKamailio:
    @pytest.mark.interop(peer="Kamailio and SIPp", role="carrier's registrar; caller")
    def test_we_register_are_called_and_take_the_registration_back(
        self, start_switch: StartSwitch, sipp: SippFactory, registrar: StartRegistrar
    ) -> None:
        kamailio = registrar()
        switch = start_switch(**site(kamailio.port, contact_user=NUMBER))
        switch.wait_for_metric("freeline_trunk_registered", 1, trunk="carrier")
        assert kamailio.contacts() == [f"sip:{NUMBER}@{switch.sip}"]
        (line,) = told(switch, "trunks")
        assert line["registration"]["standing"] == "registered"
        assert 0 < line["registration"]["expires_in_seconds"] <= 60
        assert "registered" in freeline(switch, "trunks").stdout
        carrier = f"127.0.0.1:{kamailio.port}"
        sipp.caller(carrier, [*TALKS, pause(0.5), *HANGS_UP], number="gate").finish()
        assert switch.record()["dialled"] == NUMBER
        switch.terminate()
        wait_until(lambda: not kamailio.contacts(), "the end of the registration")

    def test_who_hands_over_leaves_the_registration_to_the_successor(
        self, start_switch: StartSwitch, registrar: StartRegistrar
    ) -> None:
        kamailio = registrar()
        switch = start_switch(**site(kamailio.port, contact_user=NUMBER))
        switch.wait_for_metric("freeline_trunk_registered", 1, trunk="carrier")
        switch.process.signal(signal.SIGUSR2)
        switch.process.wait(30)
        assert kamailio.contacts() == [f"sip:{NUMBER}@{switch.sip}"]

    def test_too_short_a_time_is_asked_for_longer(
        self, start_switch: StartSwitch, registrar: StartRegistrar
    ) -> None:
        kamailio = registrar(min_expires=90)
        switch = start_switch(**site(kamailio.port, expires_seconds=30))
        switch.wait_for_metric("freeline_trunk_registered", 1, trunk="carrier")
        (line,) = told(switch, "trunks")
        assert 60 < line["registration"]["expires_in_seconds"] <= 90

    def test_a_wrong_password_is_told_and_not_shown(
        self, start_switch: StartSwitch, registrar: StartRegistrar
    ) -> None:
        kamailio = registrar()
        switch = start_switch(**site(kamailio.port, password="not-this-one"))
        line = wait_until(lambda: switch.log("trunk_not_registered"), "the line in the log")[0]
        assert "401" in line["problem"]
        assert switch.metric("freeline_trunk_registered", trunk="carrier") == 0
        assert kamailio.contacts() == []
        assert "not-this-one" not in switch.process.output()

    def test_a_registrar_that_comes_late_is_found(
        self, start_switch: StartSwitch, registrar: StartRegistrar, ports: PortBlock
    ) -> None:
        port = ports.take()
        switch = start_switch(**site(port))
        wait_until(lambda: switch.log("trunk_not_registered"), "the line in the log")
        kamailio = registrar(port=port)
        switch.wait_for_metric("freeline_trunk_registered", 1, trunk="carrier")
        assert len(kamailio.contacts()) == 1


@pytest.mark.interop(peer="SIPp", role="carrier's registrar", over="UDP")
def test_every_digest_of_a_registration_is_right_and_counted(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    accepts = answer(200, "OK", ["Contact: <sip:gate@127.0.0.1>;expires=3"])
    proved = receive_proved("REGISTER", "gate", PASSWORD)
    steps = [receive("REGISTER"), CHALLENGED, proved, accepts, proved, accepts]
    carrier = sipp.headset([*steps, receive("REGISTER"), answer(200, "OK")])
    switch = start_switch(**site(carrier.port))
    carrier.wait_for("REGISTER", count=3)
    switch.terminate()
    carrier.finish()
    sent = carrier.received("REGISTER")
    assert sent[0].header("Authorization") == ""
    assert "nc=00000001" in sent[1].header("Authorization")
    assert "nc=00000002" in sent[2].header("Authorization")
    assert sent[3].header("Expires") == "0"
    assert len({each.header("Call-ID") for each in sent}) == 1
    assert [each.header("CSeq") for each in sent] == [f"{n} REGISTER" for n in (1, 2, 3, 4)]
