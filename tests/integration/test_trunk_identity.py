"""Who calls, from a trusted trunk and from another: to flows, headsets, records and carriers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.conftest import StartSwitch
from tests.integration.test_trunks import TAKES, dial, site
from tests.sip.test_identity import passport
from tests.support.sipp import SippFactory
from tests.support.sipp_scenario import (
    IS_ANSWERED,
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    TALKS,
    ack,
    bye,
    info,
    invite,
    pause,
    receive,
)
from tests.support.site import NUMBER, fixed_agent

pytestmark = pytest.mark.interop(peer="SIPp", role="carrier", over="UDP")

ASSERTED = "P-Asserted-Identity: <tel:+14155550199;verstat=TN-Validation-Passed>"
NAMED = 'P-Asserted-Identity: "Bob Smith" <sip:+14155550199@192.0.2.9>'
DIVERTED = "Diversion: <sip:+18885550111@192.0.2.9>;reason=unconditional"
SIGNED = f"Identity: {passport(attest='A', orig={'tn': '14155550199'})}"
TRUSTED = {"trust_identity": True}


def calls(*headers: str) -> list[str]:
    """A caller whose carrier tells this."""
    return [invite(headers=headers), *IS_ANSWERED, ack()]


def test_what_a_trusted_trunk_tells_reaches_the_flow_and_the_next_carrier(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    carrier = sipp.headset(TAKES)
    rules = dial(
        *(carrier.port,),
        show_caller=True,
        assert_identity="asserted",
        pass_passports=True,
        divert="diversion",
    )
    switch = start_switch(**site(tmp_path, dial=rules, trunk=TRUSTED))
    sipp.caller(switch.sip, [*calls(ASSERTED, DIVERTED, SIGNED), *IS_DROPPED]).finish()
    carrier.finish()
    record = switch.record()
    assert record["caller"] == "+14155550199"
    assert (record["verstat"], record["attestation"]) == ("passed", "A")
    assert record["tags"] == {
        "from": "+14155550199",
        "withheld": False,
        "diverted_from": "+18885550111",
        "verstat": "passed",
        "attestation": "A",
    }
    (invited,) = carrier.received("INVITE")
    assert "<sip:+14155550199@" in invited.header("From")
    assert "<sip:+14155550199@" in invited.header("P-Asserted-Identity")
    assert invited.header("Identity") == SIGNED.removeprefix("Identity: ")
    assert invited.header("Diversion").startswith(f"<sip:{NUMBER}@")


def test_another_trunk_is_not_believed(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    carrier = sipp.headset(TAKES)
    rules = dial(carrier.port, show_caller=True, pass_passports=True)
    switch = start_switch(**site(tmp_path, dial=rules))
    sipp.caller(switch.sip, [*calls(ASSERTED, SIGNED), *IS_DROPPED]).finish()
    carrier.finish()
    record = switch.record()
    tags = record["tags"]
    assert (tags["from"], tags["verstat"], tags["attestation"]) == ("+14155550123", "none", "")
    assert (record["verstat"], record["attestation"]) == ("none", "")
    (invited,) = carrier.received("INVITE")
    assert invited.header("Identity") == ""


@pytest.mark.parametrize("trusted", [True, False])
def test_a_withheld_number_goes_nowhere_but_to_the_carrier_that_asks_for_it(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path, trusted: bool
) -> None:
    carrier = sipp.headset(TAKES)
    rules = dial(carrier.port, show_caller=True, assert_identity="asserted")
    trunk = TRUSTED if trusted else {}
    switch = start_switch(**site(tmp_path, dial=rules, trunk=trunk))
    sipp.caller(switch.sip, [*calls(NAMED, "Privacy: id"), *IS_DROPPED]).finish()
    carrier.finish()
    record = switch.record()
    assert record["caller"] == ""
    assert record["tags"]["from"] == ""
    assert record["tags"]["withheld"] is True
    (invited,) = carrier.received("INVITE")
    assert "anonymous@anonymous.invalid" in invited.header("From")
    assert invited.header("Privacy") == "id"
    known = "+14155550199" if trusted else NUMBER
    assert f"<sip:{known}@" in invited.header("P-Asserted-Identity")
    for number in ("4155550123", "4155550199"):
        assert number not in switch.process.output()
        assert number not in invited.text.replace(invited.header("P-Asserted-Identity"), "")


@pytest.mark.interop(peer="SIPp", role="carrier and headset")
def test_a_headset_is_not_told_a_withheld_number(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(agents=[fixed_agent("asha", headset.port)], trunk=TRUSTED)
    talks = [*calls(ASSERTED, "Privacy: id"), info("1", cseq=2), receive(200), pause(1)]
    sipp.caller(switch.sip, [*talks, bye(cseq=3), receive(200)]).finish()
    headset.finish()
    (invited,) = headset.received("INVITE")
    assert "sip:anonymous@" in invited.header("From")
    assert "415555" not in invited.text
    assert "Bob" not in invited.text


def test_a_headset_shows_the_name_that_a_trusted_trunk_tells(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(agents=[fixed_agent("asha", headset.port)], trunk=TRUSTED)
    talks = [*calls(NAMED), info("1", cseq=2), receive(200), pause(1)]
    sipp.caller(switch.sip, [*talks, bye(cseq=3), receive(200)]).finish()
    headset.finish()
    (invited,) = headset.received("INVITE")
    assert invited.header("From").startswith('"Bob Smith" <sip:+14155550199@')


def test_the_plain_caller_is_as_ever(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    carrier = sipp.headset(TAKES)
    switch = start_switch(**site(tmp_path, dial=dial(carrier.port), trunk=TRUSTED))
    sipp.caller(switch.sip, [*TALKS, *IS_DROPPED]).finish()
    carrier.finish()
    tags = switch.record()["tags"]
    assert (tags["from"], tags["withheld"], tags["verstat"]) == ("+14155550123", False, "none")
