"""An agent asks a queue before handing a caller on: joined with whom it finds, or in its line.

Agent, caller and whom the queue finds are pjsua2; what each of them heard is the proof.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.conftest import StartSwitch
from tests.integration.test_control import told
from tests.integration.test_phones import caller, headset, hears
from tests.support.centre import Centre, fall
from tests.support.phones import PhoneFactory, PhoneProcess
from tests.support.processes import wait_until
from tests.support.site import headset_agent, queue
from tests.support.switch_process import SwitchProcess

pytest.importorskip("pjsua2", reason="the extra `phone` is not installed")
pytestmark = pytest.mark.interop(peer="pjsua2", role="caller and headset", over="UDP")


def start(start_switch: StartSwitch, **helpdesk: Any) -> SwitchProcess:
    """A switch whose callers come to asha; the queue `helpdesk` is ravi's."""
    return start_switch(
        agents=[
            headset_agent("asha"),
            headset_agent("ravi", skills={"helpdesk": 5}),
            headset_agent("mina", skills={}),
        ],
        queues=[
            queue(wrap_up_seconds=60),
            queue("helpdesk", skills={"helpdesk": 1}, wrap_up_seconds=60, **helpdesk),
        ],
    )


def asha_asks(phones: PhoneFactory, switch: SwitchProcess, then: str) -> PhoneProcess:
    """Start asha's headset, which puts its caller on hold and calls the queue."""
    script = f"wait 1; hold; wait 0.5; consult sip:helpdesk@{switch.sip}; {then}"
    return headset(phones, switch, "asha", 1000, "--script", script)


def is_called(phones: PhoneFactory, switch: SwitchProcess, seconds: int) -> PhoneProcess:
    """Start the caller, who stays for so long after reaching asha."""
    return caller(phones, switch, 440, f"wait 0.5; dtmf 1; wait {seconds}; hangup")


def ravi_is_away(phones: PhoneFactory, switch: SwitchProcess) -> PhoneProcess:
    """Start ravi's headset, and let ravi get no calls: who calls the queue has to wait."""
    ravi = headset(phones, switch, "ravi", 1500)
    told(switch, "agent", "ravi", "not_ready")
    return ravi


def states(switch: SwitchProcess) -> dict[str, tuple[str, str]]:
    """Return each agent's state, and the call it is about."""
    return {each["agent"]: (each["state"], each["call"]) for each in told(switch, "agents")}


def records(switch: SwitchProcess, count: int = 2) -> dict[str, dict[str, Any]]:
    """Return the records of the caller's call and of asha's, by flow."""
    return {each["flow"]: each for each in switch.wait_for_records(count)}


def call_of_caller(switch: SwitchProcess) -> str:
    found = [each["call"] for each in switch.log("call_arrived") if each["flow"] == "order_line"]
    return str(found[0])


@pytest.mark.interop(
    proves="hold, a call to a queue, REFER with Replaces once it has found an agent; caller and "
    "that agent hear each other"
)
def test_who_the_queue_has_found_is_joined_with_the_caller(
    start_switch: StartSwitch, phones: PhoneFactory
) -> None:
    switch = start(start_switch)
    asha = asha_asks(phones, switch, "wait 2; join; wait 30")
    ravi = headset(phones, switch, "ravi", 1500)
    phone = is_called(phones, switch, 11)
    wait_until(lambda: asha.events("transfer"), "the transfer", within_seconds=30)
    call = call_of_caller(switch)
    wait_until(
        lambda: (
            states(switch)["asha"] == ("wrap_up", "")
            and states(switch)["ravi"] == ("talking", call)
        ),
        "asha to wrap up, and ravi to talk with the caller",
    )
    phone.finish()
    assert [each["code"] for each in asha.events("transfer")][-1] == 200
    hears(phone, 1500)
    hears(ravi, 440)
    found = records(switch)
    asked, served = found["headset"], found["order_line"]
    assert (asked["reason"], asked["agent"], asked["queue"]) == ("transferred", "ravi", "helpdesk")
    assert [each["outcome"] for each in asked["queues"]] == ["connected"]
    assert (served["result"], served["agent"]) == ("completed", "asha")
    (transfer,) = served["transfers"]
    assert (transfer["agent"], transfer["queue"]) == ("ravi", "helpdesk")
    assert (transfer["by"], transfer["outcome"]) == ("asha", "connected")
    assert transfer["talk_seconds"] > 2
    assert [each["agent"] for each in told(switch, "why", call)] == ["asha", "ravi"]
    assert states(switch)["asha"][0] == states(switch)["ravi"][0] == "wrap_up"
    answered = {each["queue"]: each["last_hour"]["answered"] for each in told(switch, "queues")}
    assert answered == {"orders": 1, "helpdesk": 1}


@pytest.mark.interop(
    proves="REFER with Replaces while the queue has found nobody: the caller waits in the place "
    "of the agent's call, before who came later"
)
def test_the_caller_takes_the_place_of_a_call_that_still_waits(
    start_switch: StartSwitch, phones: PhoneFactory
) -> None:
    switch = start(start_switch)
    ravi = ravi_is_away(phones, switch)
    asha = asha_asks(phones, switch, "wait 5; join; wait 30")
    phone = is_called(phones, switch, 20)
    switch.wait_for_metric("freeline_queue_length", 1, queue="helpdesk", within_seconds=20)
    # Somebody who calls the queue later, and waits behind.
    late = phones.start(
        *("mina", "--id", "sip:mina@127.0.0.1", "--registrar", switch.sip),
        *("--password", "secret-mina", "--call", f"sip:helpdesk@{switch.sip}"),
        *("--script", "wait 40; hangup"),
        records=False,
    )
    switch.wait_for_metric("freeline_queue_length", 2, queue="helpdesk")
    assert not asha.events("joins"), "mina waits before the caller takes the place"
    wait_until(lambda: asha.events("transfer"), "the transfer", within_seconds=30)
    call = call_of_caller(switch)
    wait_until(lambda: states(switch)["asha"] == ("wrap_up", ""), "asha to wrap up")
    assert switch.metric("freeline_queue_length", queue="helpdesk") == 2
    told(switch, "agent", "ravi", "ready")
    wait_until(lambda: states(switch)["ravi"] == ("talking", call), "ravi to talk with the caller")
    phone.finish()
    late.process.stop()
    hears(phone, 1500)
    hears(ravi, 440)
    both = switch.wait_for_records(3)
    found = {each["flow"]: each for each in both if each["caller"] != "mina"}
    asked, served = found["headset"], found["order_line"]
    assert (asked["reason"], asked["agent"]) == ("transferred", "")
    assert [each["outcome"] for each in asked["queues"]] == ["handed_on"]
    assert [(each["queue"], each["outcome"]) for each in served["queues"]] == [
        ("orders", "connected"),
        ("helpdesk", "connected"),
    ]
    assert served["agent"] == "ravi"
    (transfer,) = served["transfers"]
    assert (transfer["queue"], transfer["outcome"], transfer["by"]) == (
        *("helpdesk", "queued"),
        "asha",
    )


@pytest.mark.interop(proves="the agent gives up a call that waits in a queue, and has the caller")
def test_the_caller_comes_back_when_the_agent_gives_up_waiting(
    start_switch: StartSwitch, phones: PhoneFactory
) -> None:
    switch = start(start_switch)
    ravi_is_away(phones, switch)
    asha = asha_asks(phones, switch, "wait 1.5; drop; wait 0.5; resume; wait 30")
    phone = is_called(phones, switch, 8)
    phone.finish()
    hears(phone, 1000)
    hears(asha, 440)
    found = records(switch)
    assert [each["outcome"] for each in found["headset"]["queues"]] == ["abandoned"]
    assert found["order_line"]["agent"] == "asha"
    assert found["order_line"]["transfers"] == []
    assert switch.metric("freeline_queue_length", queue="helpdesk") == 0


@pytest.mark.interop(proves="whom the queue has found hangs up; the agent takes the caller back")
def test_the_caller_comes_back_when_the_other_agent_hangs_up(
    start_switch: StartSwitch, phones: PhoneFactory
) -> None:
    switch = start(start_switch)
    asha_asks(phones, switch, "wait 3; resume; wait 30")
    headset(phones, switch, "ravi", 1500, "--script", "wait 1.5; hangup")
    phone = is_called(phones, switch, 9)
    wait_until(
        lambda: (states(switch)["asha"][0], states(switch)["ravi"][0]) == ("talking", "wrap_up"),
        "ravi to wrap up",
        within_seconds=20,
    )
    phone.finish()
    hears(phone, 1000)
    found = records(switch)
    assert found["headset"]["reason"] == "agent_hung_up"
    assert (found["order_line"]["agent"], found["order_line"]["transfers"]) == ("asha", [])


@pytest.mark.interop(proves="the agent's headset hangs up everything while it waits in a queue")
def test_nobody_is_stuck_when_the_agent_has_gone_meanwhile(
    start_switch: StartSwitch, phones: PhoneFactory
) -> None:
    switch = start(start_switch)
    ravi_is_away(phones, switch)
    asha = asha_asks(phones, switch, "wait 1; hangup")
    phone = is_called(phones, switch, 30)
    asha.wait_for("hangs_up")
    phone.finish()
    asha.process.stop()
    found = records(switch)
    assert found["order_line"]["reason"] == "agent_hung_up"
    assert [each["outcome"] for each in found["headset"]["queues"]] == ["abandoned"]
    assert switch.metric("freeline_queue_length", queue="helpdesk") == 0
    assert switch.metric("freeline_calls_live") == 0


@pytest.mark.interop(
    proves="a consultation with whom a queue has found outlives a killed switch, and is joined then"
)
def test_a_consultation_outlives_a_killed_switch(centre: Centre, phones: PhoneFactory) -> None:
    first = centre.start(
        [headset_agent("asha"), headset_agent("ravi", skills={"help": 5})],
    )
    script = f"wait 1; hold; wait 0.5; consult sip:help@{first.sip}; wait 16; join; wait 40"
    asha = headset(phones, first, "asha", 1000, "--script", script)
    ravi = headset(phones, first, "ravi", 1500)
    phone = is_called(phones, first, 32)
    fall(first, 2)
    second = centre.start([headset_agent("asha"), headset_agent("ravi", skills={"help": 5})])
    assert not asha.events("joins"), "the switch is back before asha joins them"
    wait_until(lambda: asha.events("transfer"), "the transfer", within_seconds=30)
    assert asha.events("transfer")[-1]["code"] == 200
    second.wait_for_metric("freeline_agents", 1, state="talking")
    phone.finish(40)
    hears(phone, 1500)
    hears(ravi, 440)
    found = {each["flow"]: each for each in second.wait_for_records(2)}
    assert found["headset"]["reason"] == "transferred"
    (transfer,) = found["orders"]["transfers"]
    assert (transfer["agent"], transfer["queue"], transfer["by"]) == ("ravi", "help", "asha")
    second.wait_for_metric("freeline_agents", 0, state="talking")
