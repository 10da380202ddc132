"""Trunks, numbers and headset accounts change while calls go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from switch.control_client import ask
from tests.integration.conftest import StartSwitch
from tests.integration.test_control import change, freeline
from tests.integration.test_trunks import dial, flows, peer
from tests.support.sipp import Sipp, SippFactory
from tests.support.sipp_scenario import (
    HANGS_UP,
    IS_HUNG_UP_ON,
    PICKS_UP,
    TALKS,
    ack_refusal,
    invite,
    pause,
    receive,
    receive_challenge,
    register,
)
from tests.support.site import NUMBER, fixed_agent, headset_agent
from tests.support.switch_process import SwitchProcess

pytestmark = pytest.mark.interop(peer="SIPp", role="carrier and caller", over="UDP")

OTHER = "+18005550142"


def told(switch: SwitchProcess, question: str) -> Any:
    """Ask the switch itself: the command takes seconds to start on a busy machine."""
    return ask(switch.directory / "control.sock", question)


def trunks(switch: SwitchProcess, *entries: dict[str, Any]) -> None:
    change(switch, "trunks.yaml", trunks=list(entries))


def carrier(port: int, **more: Any) -> dict[str, Any]:
    return {"name": "carrier", "networks": ["127.0.0.1/32"], "dial": dial(port), **more}


def numbers(switch: SwitchProcess, **wanted: str) -> None:
    file = switch.config / "freeline.yaml"
    main = json.loads(file.read_text())
    file.write_text(json.dumps({**main, "numbers": wanted}))


def talking(sipp: SippFactory, switch: SwitchProcess, far: Sipp, seconds: float) -> Sipp:
    """Return a caller who is connected through the trunk, and hangs up after so long."""
    caller = sipp.caller(switch.sip, [*TALKS, pause(seconds), *HANGS_UP])
    far.wait_for("ACK")
    return caller


def test_a_trunk_changes_while_it_carries_a_call(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    old, new = (sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON]) for _ in range(2))
    where = {"numbers": {NUMBER: "dial"}, "flows": flows(tmp_path)}
    switch = start_switch(**where, dial=dial(old.port, max_calls=1), agents=[headset_agent("asha")])
    first = talking(sipp, switch, old, 8)
    trunks(switch, carrier(new.port))
    done = told(switch, "reload")
    assert (done["problems"], done["needs_restart"]) == ([], [])
    assert {what: changed for what, changed in done["changes"].items() if changed} == {
        "trunks_changed": ["carrier"]
    }
    (line,) = told(switch, "trunks")
    assert (line["calls_in"], line["calls_out"], line["max_calls"]) == (1, 1, 10)
    assert [each["peer"] for each in line["peers"]] == [peer(new.port)]
    second = talking(sipp, switch, new, 1)
    for each in (first, second, old, new):
        each.finish()
    outcomes = [each["transfers"][0]["outcome"] for each in switch.wait_for_records(2)]
    assert outcomes == ["connected", "connected"]
    switch.wait_for_metric("freeline_trunk_calls", 0, trunk="carrier")


def test_a_trunk_that_is_taken_away_lets_its_calls_finish_and_no_other_in(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    far = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    where = {"numbers": {NUMBER: "dial"}, "flows": flows(tmp_path)}
    switch = start_switch(**where, dial=dial(far.port), agents=[fixed_agent("asha", 9)])
    first = talking(sipp, switch, far, 6)
    flows(tmp_path, "other")
    elsewhere = {"name": "other", "networks": ["192.0.2.1"], "dial": dial(9)}
    trunks(switch, elsewhere)
    assert told(switch, "reload")["problems"] == []
    refused = [invite(), receive(100, optional=True), receive(403), ack_refusal()]
    sipp.caller(switch.sip, refused).finish()
    first.finish()
    far.finish()
    records = switch.wait_for_records(2)
    assert {each["reason"] for each in records} == {"caller_hung_up", "forbidden"}


def test_numbers_come_and_go(start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path) -> None:
    far = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    where = {"numbers": {NUMBER: "dial"}, "flows": flows(tmp_path)}
    switch = start_switch(**where, dial=dial(far.port), agents=[headset_agent("asha")])
    first = talking(sipp, switch, far, 6)
    numbers(switch, **{OTHER: "dial"})
    assert "numbers removed: " in (done := freeline(switch, "reload").stdout)
    assert "Nothing was different." not in done
    assert "Nothing was different." in freeline(switch, "reload").stdout
    gone = [invite(), receive(100, optional=True), receive(404), ack_refusal()]
    sipp.caller(switch.sip, gone).finish()
    again = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], port=sipp.ports.take())
    trunks(switch, carrier(again.port))
    told(switch, "reload")
    sipp.caller(switch.sip, [*TALKS, pause(1.5), *HANGS_UP], number=OTHER).finish()
    for each in (first, far, again):
        each.finish()
    assert [each["dialled"] for each in switch.wait_for_records(3)] == [NUMBER, NUMBER, OTHER]


def test_a_wrong_trunk_changes_nothing(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    where = {"numbers": {NUMBER: "dial"}, "flows": flows(tmp_path)}
    switch = start_switch(**where, dial=dial(9), agents=[headset_agent("asha")])
    switch.allow_errors("configuration_rejected")
    trunks(switch, carrier(9, health={"down_after": 0}))
    (problem,) = told(switch, "reload")["problems"]
    assert "trunks.yaml" in problem
    assert "down_after" in (switch.config / "trunks.yaml").read_text()
    trunks(switch, {**carrier(9), "dial": {**dial(9), "peers": [{"uri": "sips:192.0.2.1"}]}})
    (problem,) = told(switch, "reload")["problems"]
    assert "needs a tls listener" in problem
    assert [line["trunk"] for line in told(switch, "trunks")] == ["carrier"]


@pytest.mark.interop(peer="SIPp", role="carrier, caller and headset")
def test_a_headset_account_changes_while_a_call_goes_on(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    far = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    where = {"numbers": {NUMBER: "dial"}, "flows": flows(tmp_path)}
    switch = start_switch(**where, dial=dial(far.port), agents=[headset_agent("asha")])
    first = talking(sipp, switch, far, 6)
    ben = {**headset_agent("ben"), "headset": {"username": "ben", "password": "new-one"}}
    change(switch, "agents.yaml", agents=[headset_agent("asha"), ben])
    assert told(switch, "reload")["changes"]["agents_added"] == ["ben"]
    registers = [
        register(expires=60, cseq=1, credentials=False),
        receive_challenge(),
        register(expires=60, cseq=2, credentials=True),
        receive(200),
    ]
    login = ["-au", "ben", "-ap", "new-one"]
    sipp.caller(switch.sip, registers, number="ben", options=login).finish()
    switch.wait_for_metric("freeline_agents", 1, state="ready")
    change(switch, "agents.yaml", agents=[headset_agent("asha"), {**ben, "id": "cleo"}])
    told(switch, "reload")
    assert told(switch, "headsets") == [], "it is another one's account now"
    sipp.caller(switch.sip, registers, number="ben", options=login).finish()
    assert [each["agent"] for each in told(switch, "headsets")] == ["cleo"]
    switch.wait_for_metric("freeline_agents", 1, state="ready")
    change(switch, "agents.yaml", agents=[headset_agent("asha")])
    told(switch, "reload")
    assert told(switch, "headsets") == [], "it is nobody's account"
    first.finish()
    far.finish()
    assert switch.record()["transfers"][0]["outcome"] == "connected"
