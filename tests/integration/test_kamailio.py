"""Kamailio in front: as a record-routing proxy, as the headsets' edge, and as a dispatcher."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import StartSwitch
from tests.support.certificates import write_certificate
from tests.support.kamailio_edge import KamailioEdge
from tests.support.phones import PhoneFactory
from tests.support.ports import PortBlock
from tests.support.processes import wait_until
from tests.support.sipp import SippFactory
from tests.support.sipp_scenario import (
    BOTH_CODECS,
    HANGS_UP,
    IS_DROPPED,
    IS_HUNG_UP_ON,
    TALKS,
    ack_refusal,
    bye,
    info,
    invite,
    pause,
    presses_1_and_talks,
    receive,
    receive_invite,
    register,
    reinvite,
    reply,
    sdp,
)
from tests.support.site import headset_agent
from tests.support.switch_process import SwitchProcess

StartKamailio = Callable[..., KamailioEdge]

pytestmark = pytest.mark.interop(peer="Kamailio and SIPp", role="record-routing proxy", over="UDP")


@pytest.fixture
def start_kamailio(tmp_path: Path, ports: PortBlock) -> Iterator[StartKamailio]:
    """Starts Kamailios; ended with the test."""
    running: list[KamailioEdge] = []

    def start(*targets: str, **options: Any) -> KamailioEdge:
        proxy = KamailioEdge(tmp_path / f"kamailio{len(running)}", ports, targets, **options)
        running.append(proxy)
        return proxy

    yield start
    for proxy in running:
        proxy.stop()


def routed(steps: Sequence[str]) -> list[str]:
    """Let requests of the caller within the call take the route that the answer has told."""
    return [
        step.replace("Max-Forwards: 70", "[routes]\nMax-Forwards: 70")
        if "[next_url]" in step
        else step
        for step in steps
    ]


class TestRecordRoutingProxy:
    @pytest.mark.parametrize(
        "transport",
        [
            "udp",
            pytest.param("tcp", marks=pytest.mark.interop(over="TCP")),
            pytest.param("tls", marks=pytest.mark.interop(over="TLS")),
        ],
    )
    @pytest.mark.interop(proves="a call, changed by a re-INVITE and ended by the caller, passes it")
    def test_the_callers_requests_pass_it(
        self,
        start_switch: StartSwitch,
        start_kamailio: StartKamailio,
        sipp: SippFactory,
        tmp_path: Path,
        transport: str,
    ) -> None:
        """The transport is that between proxy and switch; over TLS each verifies the other."""
        files = write_certificate(tmp_path / "certificate")
        tls = {
            "certificate": str(files.certificate),
            "key": str(files.key),
            "client_certificates": "required",
            "client_ca": str(files.ca),
            "trust": str(files.ca),
        }
        listen = [{"transport": transport, "address": "127.0.0.1", "port": 0}]
        switch = start_switch(settings={"sip": {"listen": listen, "tls": tls}})
        proxy = start_kamailio(
            str(switch.ready[f"sip_{transport}"]),
            transport=transport,
            certificate=files if transport == "tls" else None,
        )
        steps = [*TALKS, *reinvite(BOTH_CODECS, cseq=2), bye(cseq=3), receive(200)]
        caller = sipp.caller(proxy.sip, routed(steps))
        caller.finish()
        answer = caller.received("SIP/2.0 200")[0]
        assert f"Record-Route: <sip:127.0.0.1:{proxy.port}" in answer.text
        assert switch.record()["reason"] == "caller_hung_up"

    @pytest.mark.interop(proves="the switch's BYE to the caller takes the route through it")
    def test_our_requests_pass_it(
        self, start_switch: StartSwitch, start_kamailio: StartKamailio, sipp: SippFactory
    ) -> None:
        switch = start_switch()
        proxy = start_kamailio(switch.sip)
        caller = sipp.caller(
            proxy.sip, routed([*TALKS, info("1", cseq=2), receive(200), *IS_DROPPED])
        )
        caller.finish()
        (message,) = caller.received("BYE")
        assert f"127.0.0.1:{proxy.port}" in message.header("Via")


@pytest.mark.interop(role="edge for headsets, with Path")
class TestHeadsetsBehindIt:
    def log_in(
        self, sipp: SippFactory, proxy: KamailioEdge, port: int, transport: str = "udp"
    ) -> None:
        contact = f"<sip:asha@127.0.0.1:{port};transport={transport}>"
        steps = [
            register(expires=300, cseq=1, credentials=False, contact=contact),
            '<recv response="401" auth="true" timeout="5000"/>',
            register(expires=300, cseq=2, credentials=True, contact=contact).replace(
                "Max-Forwards: 70", "Max-Forwards: 70\nSupported: path"
            ),
            receive(200),
        ]
        options = ["-au", "asha", "-ap", "secret-asha"]
        caller = sipp.caller(proxy.sip, steps, number="asha", options=options)
        caller.finish()
        assert f"127.0.0.1:{proxy.port}" in caller.received("SIP/2.0 200")[0].header("Path")

    @pytest.mark.interop(
        proves="a headset registers through it, is called along the Path, and hangs up"
    )
    def test_are_called_along_their_path(
        self, start_switch: StartSwitch, start_kamailio: StartKamailio, sipp: SippFactory
    ) -> None:
        switch = start_switch(agents=[headset_agent("asha")])
        proxy = start_kamailio(switch.sip)
        route = ["[last_Record-Route:]"]
        headset = sipp.headset(
            [
                receive_invite(),
                reply(180, "Ringing", headers=route),
                reply(200, "OK", sdp(0), headers=route),
                receive("ACK"),
                *IS_HUNG_UP_ON,
            ]
        )
        self.log_in(sipp, proxy, headset.port)
        switch.wait_for_metric("freeline_agents", 1, state="ready")
        steps = presses_1_and_talks(2)
        sipp.caller(switch.sip, steps).finish()
        headset.finish()
        (called,) = headset.received("INVITE")
        assert f"127.0.0.1:{proxy.port}" in called.header("Via")
        assert called.text.startswith(f"INVITE sip:asha@127.0.0.1:{headset.port}")
        assert switch.record()["agent"] == "asha"

    @pytest.mark.interop(
        peer="Kamailio and pjsua2",
        proves="pjsua2 registers through it, callers come through it, both sides talk",
    )
    def test_and_callers_before_it_talk(
        self,
        start_switch: StartSwitch,
        start_kamailio: StartKamailio,
        phones: PhoneFactory,
    ) -> None:
        pytest.importorskip("pjsua2", reason="the extra `phone` is not installed")
        switch = start_switch(agents=[headset_agent("asha")])
        proxy = start_kamailio(switch.sip, nat=True)
        asha = phones.start(
            *("asha", "--id", "sip:asha@127.0.0.1", "--registrar", proxy.sip),
            *("--password", "secret-asha", "--auto-answer"),
        )
        asha.wait_for("registered")
        caller = phones.start(
            *("caller", "--call", f"sip:+18005550100@{proxy.sip}"),
            *("--script", "wait 1; dtmf 1; wait 5; hangup"),
        )
        caller.finish()
        assert asha.events("hears")
        assert switch.record()["agent"] == "asha"


@pytest.mark.interop(role="dispatcher")
class TestDispatcher:
    @pytest.mark.interop(
        proves="its OPTIONS find a switch that drains: new calls go to the other, old ones go on"
    )
    def test_sees_a_switch_drain(
        self, start_switch: StartSwitch, start_kamailio: StartKamailio, sipp: SippFactory
    ) -> None:
        first = start_switch(settings={"limits": {"drain_seconds": 60}})
        second = start_switch()
        proxy = start_kamailio(first.sip, second.sip)
        for switch in (first, second):
            proxy.wait_for_target(switch.sip, "AP")
        begun = sipp.caller(proxy.sip, routed([*TALKS, pause(60), *HANGS_UP]))
        draining, other = self.taker(first, second)
        draining.terminate()
        proxy.wait_for_target(draining.sip, "IP")
        assert proxy.target_flags()[other.sip] == "AP"

        sipp.caller(proxy.sip, routed([*TALKS, *HANGS_UP])).finish()
        assert other.record()["reason"] == "caller_hung_up"
        assert draining.metric("freeline_calls_live") == 1
        begun.stop()
        draining.terminate()
        assert draining.process.wait(15) == 0

    def taker(self, *switches: SwitchProcess) -> tuple[SwitchProcess, SwitchProcess]:
        """Return who has got the call, and the other one."""
        one, other = switches
        wait_until(
            lambda: sum(each.metric("freeline_calls_live") for each in switches) == 1, "a call"
        )
        return (one, other) if one.metric("freeline_calls_live") else (other, one)

    @pytest.mark.interop(proves="a switch that is gone is found out, and callers get 503")
    def test_tells_callers_when_no_switch_is_up(
        self, start_switch: StartSwitch, start_kamailio: StartKamailio, sipp: SippFactory
    ) -> None:
        switch = start_switch()
        proxy = start_kamailio(switch.sip)
        proxy.wait_for_target(switch.sip, "AP")
        switch.terminate()
        assert switch.process.wait(15) == 0
        proxy.wait_for_target(switch.sip, "IP")
        steps = [invite(), receive(100, optional=True), receive(503), ack_refusal()]
        sipp.caller(proxy.sip, steps).finish()
