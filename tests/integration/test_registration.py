"""Headsets register with digest authentication and dial feature codes."""

from __future__ import annotations

import pytest

from tests.integration.conftest import StartSwitch
from tests.support.ports import PortBlock
from tests.support.sipp import Sipp, SippFactory
from tests.support.sipp_scenario import (
    IS_ANSWERED,
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    ack,
    ack_refusal,
    invite,
    presses_1_and_talks,
    receive,
    receive_challenge,
    register,
)
from tests.support.site import headset_agent
from tests.support.switch_process import SwitchProcess

pytestmark = pytest.mark.interop(peer="SIPp", role="headset", over="UDP")


def account(name: str, password: str = "") -> list[str]:
    """SIPp's options for an account."""
    return ["-au", name, "-ap", password or f"secret-{name}"]


def registering(expires: int, *, result: int = 200, contact: str = "") -> list[str]:
    """REGISTER, be challenged, and register again with credentials."""
    return [
        register(expires=expires, cseq=1, credentials=False, contact=contact),
        receive_challenge(),
        register(expires=expires, cseq=2, credentials=True, contact=contact),
        receive(result),
    ]


def log_in(sipp: SippFactory, switch: SwitchProcess, name: str, port: int) -> Sipp:
    """Register a headset that is reached at `port`."""
    contact = f"<sip:{name}@127.0.0.1:{port}>"
    caller = sipp.caller(
        switch.sip, registering(300, contact=contact), number=name, options=account(name)
    )
    caller.finish()
    return caller


def test_a_registered_headset_gets_calls(start_switch: StartSwitch, sipp: SippFactory) -> None:
    switch = start_switch(agents=[headset_agent("asha")])
    headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch.wait_for_metric("freeline_agents", 1, state="logged_out")
    registered = log_in(sipp, switch, "asha", headset.port)
    switch.wait_for_metric("freeline_agents", 1, state="ready")
    answer = registered.received("SIP/2.0 200")[0]
    assert "expires=300" in answer.header("Contact")

    steps = presses_1_and_talks(1)
    sipp.caller(switch.sip, steps).finish()
    headset.finish()
    assert switch.record()["agent"] == "asha"


def test_both_algorithms_are_offered_the_better_first(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    """RFC 8760 2.4: SHA-256 above MD5."""
    both = {"sip": {"digest": ["SHA-256", "MD5"]}}
    switch = start_switch(agents=[headset_agent("asha")], settings=both)
    steps = [register(expires=60, cseq=1, credentials=False), receive(401)]
    caller = sipp.caller(switch.sip, steps, number="asha")
    caller.finish()
    challenge = caller.received("SIP/2.0 401")[0].text
    assert challenge.index("SHA-256") < challenge.index("MD5")
    assert challenge.count('realm="freeline"') == 2


@pytest.mark.parametrize(("name", "password"), [("asha", "wrong"), ("ravi", "secret-asha")])
def test_wrong_credentials_get_no_binding(
    start_switch: StartSwitch, sipp: SippFactory, name: str, password: str
) -> None:
    switch = start_switch(agents=[headset_agent("asha")])
    steps = [
        register(expires=60, cseq=1, credentials=False),
        receive_challenge(),
        register(expires=60, cseq=2, credentials=True),
        '<recv response="401" optional="true" next="refused"/>',
        receive(403),
        '<label id="refused"/>',
    ]
    sipp.caller(switch.sip, steps, number="asha", options=account(name, password)).finish()
    assert switch.metric("freeline_agents", state="logged_out") == 1


def test_too_short_an_expiry_gets_423(start_switch: StartSwitch, sipp: SippFactory) -> None:
    """RFC 3261 10.3: with the shortest that would do."""
    switch = start_switch(agents=[headset_agent("asha")])
    steps = registering(5, result=423)
    caller = sipp.caller(switch.sip, steps, number="asha", options=account("asha"))
    caller.finish()
    assert caller.received("SIP/2.0 423")[0].header("Min-Expires") == "60"


def test_a_registration_ends_by_itself(start_switch: StartSwitch, sipp: SippFactory) -> None:
    switch = start_switch(
        agents=[headset_agent("asha")],
        settings={"sip": {"registration": {"min_seconds": 1, "default_seconds": 1}}},
    )
    sipp.caller(switch.sip, registering(1), number="asha", options=account("asha")).finish()
    switch.wait_for_metric("freeline_agents", 1, state="ready")
    switch.wait_for_metric("freeline_agents", 1, state="logged_out")
    assert switch.metric("freeline_headset_removals_total", cause="expired") == 1


def test_expires_0_logs_out(start_switch: StartSwitch, sipp: SippFactory, ports: PortBlock) -> None:
    switch = start_switch(agents=[headset_agent("asha")])
    port = ports.take()
    log_in(sipp, switch, "asha", port)
    switch.wait_for_metric("freeline_agents", 1, state="ready")
    steps = registering(0, contact=f"<sip:asha@127.0.0.1:{port}>")
    sipp.caller(switch.sip, steps, number="asha", options=account("asha")).finish()
    switch.wait_for_metric("freeline_agents", 1, state="logged_out")


def dialling(*last: str) -> list[str]:
    """A headset's own call: challenged, then with credentials."""
    return [
        invite(retransmit=False),
        receive(100, optional=True),
        *(receive_challenge(), ack_refusal()),
        invite(cseq=2, branch="again", credentials=True, retransmit=False),
        *last,
    ]


class TestFeatureCodes:
    @pytest.mark.parametrize(
        ("code", "state"), [("*72", "not_ready"), ("*73", "logged_out"), ("*71", "ready")]
    )
    def test_change_the_agents_state_and_say_so(
        self,
        start_switch: StartSwitch,
        sipp: SippFactory,
        ports: PortBlock,
        code: str,
        state: str,
    ) -> None:
        switch = start_switch(agents=[headset_agent("asha")])
        log_in(sipp, switch, "asha", ports.take())
        switch.wait_for_metric("freeline_agents", 1, state="ready")
        steps = dialling(*IS_ANSWERED, ack(cseq=2), *IS_DROPPED)
        headset = sipp.caller(
            switch.sip, steps, number=code, caller="asha", options=account("asha")
        )
        headset.finish()
        switch.wait_for_metric("freeline_agents", 1, state=state)
        record = switch.record()
        assert (record["result"], record["reason"]) == ("completed", "feature_code")

    def test_need_the_password(
        self, start_switch: StartSwitch, sipp: SippFactory, ports: PortBlock
    ) -> None:
        switch = start_switch(agents=[headset_agent("asha")])
        log_in(sipp, switch, "asha", ports.take())
        steps = dialling(
            receive(100, optional=True),
            '<recv response="401" optional="true" next="refused"/>',
            receive(403),
            '<label id="refused"/>',
            ack_refusal(cseq=2, branch="again"),
        )
        sipp.caller(
            switch.sip, steps, number="*73", caller="asha", options=account("asha", "guess")
        ).finish()
        assert switch.metric("freeline_agents", state="ready") == 1

    def test_a_headset_may_dial_nothing_else(
        self, start_switch: StartSwitch, sipp: SippFactory, ports: PortBlock
    ) -> None:
        switch = start_switch(agents=[headset_agent("asha")])
        log_in(sipp, switch, "asha", ports.take())
        last = [receive(100, optional=True), receive(403), ack_refusal(cseq=2, branch="again")]
        sipp.caller(
            switch.sip,
            dialling(*last),
            number="+18005550100",
            caller="asha",
            options=account("asha"),
        ).finish()
        assert switch.record()["reason"] == "forbidden"
