"""Operators ask a running switch, change agents, and reload while callers wait."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from switch.control_client import ask
from tests.integration.conftest import StartSwitch
from tests.support.processes import wait_until
from tests.support.sipp import SippFactory
from tests.support.sipp_scenario import (
    IS_HUNG_UP_ON,
    PICKS_UP,
    presses_1_and_talks,
)
from tests.support.site import FLOWS, fixed_agent, queue
from tests.support.switch_process import SwitchProcess

pytestmark = pytest.mark.interop(peer="SIPp", role="caller and headset", over="UDP")

CALL = presses_1_and_talks(0.5)


def freeline(switch: SwitchProcess, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "switch", *words, "--config", str(switch.config)],
        capture_output=True,
        text=True,
        timeout=30,
    )


def told(switch: SwitchProcess, *words: str) -> Any:
    done = freeline(switch, *words, "--json")
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def change(switch: SwitchProcess, file: str, **content: Any) -> None:
    (switch.config / file).write_text(json.dumps(content))


def test_agents_and_queues_are_shown_and_decisions_explained(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(
        agents=[
            fixed_agent("asha", headset.port),
            fixed_agent("ben", 9, initial_state="not_ready"),
            fixed_agent("cleo", 9, skills={"billing": 5}),
        ],
        queues=[queue(wrap_up_seconds=300)],
    )
    socket = switch.directory / "control.sock"
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    forecast = told(switch, "route", "--queue", "orders")
    assert forecast["agent"] == "asha"
    in_vain = freeline(switch, "route", "--queue", "orders", "--skills", "orders=9")
    assert in_vain.returncode == 3
    assert "position 1, expected wait unknown" in in_vain.stdout
    sipp.caller(switch.sip, CALL).finish()
    headset.finish()
    call = switch.record()["id"]
    (decision,) = told(switch, "why", call)
    verdicts = {each["agent"]: each["verdict"] for each in decision["candidates"]}
    assert verdicts == {"asha": "chosen", "ben": "away", "cleo": "unfit"}
    assert "lacks orders>=1" in freeline(switch, "why", call).stdout
    states = {each["agent"]: each["state"] for each in told(switch, "agents")}
    assert states == {"asha": "wrap_up", "ben": "not_ready", "cleo": "ready"}
    (orders,) = told(switch, "queues")
    assert (orders["unanswered"], orders["last_hour"]["answered"]) == (0, 1)
    assert "orders" in freeline(switch, "queues").stdout

    (asha,) = told(switch, "agent", "asha", "extend=100")
    assert 300 < asha["ends_in_seconds"] <= 400
    (asha,) = told(switch, "agent", "asha", "not_ready", "--force", "--reason", "training")
    assert (asha["state"], asha["forced"]) == ("not_ready", True)
    refused = freeline(switch, "agent", "asha", "ready")
    assert (refused.returncode, "forced" in refused.stderr) == (1, True)
    told(switch, "agent", "asha", "release")
    (asha,) = told(switch, "agent", "asha", "ready")
    assert asha["state"] == "ready"
    for words in (
        ("why", "nobody"),
        ("agent", "nobody", "ready"),
        ("agents", "--state", "redy"),
        ("route", "--queue", "none"),
    ):
        wrong = freeline(switch, *words)
        assert (wrong.returncode, wrong.stdout) == (1, "")
        assert "Traceback" not in wrong.stderr


def test_a_reload_lets_a_waiting_caller_keep_the_place_and_find_a_new_agent(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    nobody = fixed_agent("ben", 9, initial_state="not_ready")
    switch = start_switch(agents=[nobody])
    caller = sipp.caller(switch.sip, presses_1_and_talks(12))
    switch.wait_for_metric("freeline_queue_length", 1, queue="orders")
    change(switch, "agents.yaml", agents=[nobody, fixed_agent("asha", headset.port)])
    done = told(switch, "reload")
    assert done["changes"]["agents_added"] == ["asha"]
    caller.finish()
    headset.finish()
    record = switch.record()
    assert (record["agent"], len(record["queues"])) == ("asha", 1)


@pytest.mark.interop(proves="")
def test_a_bad_file_changes_nothing_and_is_told_with_its_place(
    start_switch: StartSwitch,
) -> None:
    switch = start_switch(agents=[fixed_agent("asha", 9)])
    change(switch, "queues.yaml", queues=[{"name": "orders", "ringseconds": 5}])
    done = freeline(switch, "reload")
    assert done.returncode == 1
    assert "queues.yaml:1:32: unknown key `ringseconds` (did you mean `ring_seconds`?)" in (
        done.stdout
    )
    assert "Nothing has changed." in done.stdout
    os.kill(switch.pid, signal.SIGHUP)
    wait_until(lambda: len(switch.log("configuration_rejected")) == 2, "the second refusal")
    assert [each["queue"] for each in told(switch, "queues")] == ["orders"]
    switch.allow_errors("configuration_rejected")


@pytest.mark.interop(proves="")
def test_what_needs_a_restart_is_said(start_switch: StartSwitch) -> None:
    switch = start_switch(agents=[fixed_agent("asha", 9)])
    main = json.loads((switch.config / "freeline.yaml").read_text())
    main["limits"]["max_calls"] = 77
    change(switch, "freeline.yaml", **main)
    done = told(switch, "reload")
    assert (done["problems"], done["needs_restart"]) == ([], ["limits"])


def test_a_queue_that_is_taken_away_serves_who_waits(
    start_switch: StartSwitch, sipp: SippFactory, tmp_path: Path
) -> None:
    headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    asha = fixed_agent("asha", headset.port, initial_state="not_ready")
    flows = shutil.copytree(FLOWS, tmp_path / "own_flows")
    switch = start_switch(agents=[asha], queues=[queue(), queue("spare")], flows=flows)
    caller = sipp.caller(switch.sip, presses_1_and_talks(12))
    switch.wait_for_metric("freeline_queue_length", 1, queue="orders")
    change(switch, "queues.yaml", queues=[queue("spare")])
    refused = freeline(switch, "reload")
    assert (refused.returncode, "there is no queue `orders`" in refused.stdout) == (1, True)
    switch.allow_errors("configuration_rejected")
    for flow in flows.glob("*.yaml"):
        flow.write_text(flow.read_text().replace("queue: orders", "queue: spare"))
    socket = switch.directory / "control.sock"
    assert ask(socket, "reload")["changes"]["queues_removed"] == ["orders"]
    ask(socket, "agent", {"agent": "asha", "state": "ready"})
    caller.finish()
    headset.finish()
    assert switch.record()["agent"] == "asha"


@pytest.mark.interop(proves="")
def test_an_agent_leaves_together_with_the_shift_and_another_gets_one(
    start_switch: StartSwitch,
) -> None:
    never = {"zone": "Asia/Kolkata", "weekly": {}}
    switch = start_switch(
        agents=[fixed_agent("asha", 9, shift=never), fixed_agent("ben", 9)], queues=[queue()]
    )
    states = {each["agent"]: each["off_shift"] for each in told(switch, "agents")}
    assert states == {"asha": True, "ben": False}
    change(switch, "agents.yaml", agents=[fixed_agent("ben", 9, shift=never)])
    done = told(switch, "reload")
    assert (done["problems"], done["changes"]["agents_removed"]) == ([], ["asha"])
    (ben,) = told(switch, "agents")
    assert (ben["agent"], ben["state"], ben["reason"]) == ("ben", "not_ready", "off_shift")
    refused = freeline(switch, "agent", "ben", "ready")
    assert (refused.returncode, "off_shift" in refused.stderr) == (1, True)


@pytest.mark.interop(proves="")
@pytest.mark.parametrize(
    "words",
    [
        ("--skills", '{"any": 3}'),
        ("--skills", '{"all": [[1]]}'),
        ("--skills", '{"orders": "five"}'),
        ("--prefer", '{"vip": {"a": 1}}'),
        ("--skills", "orders=11"),
    ],
)
def test_a_question_that_makes_no_sense_gets_a_clear_answer(
    start_switch: StartSwitch, words: tuple[str, ...]
) -> None:
    switch = start_switch(agents=[fixed_agent("asha", 9)])
    wrong = freeline(switch, "route", "--queue", "orders", *words)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "inside the switch" not in wrong.stderr


@pytest.mark.interop(proves="")
def test_without_a_switch_that_is_said(tmp_path: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "switch", "agents", "--socket", str(tmp_path / "none.sock")],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert "no switch runs with the control socket" in done.stderr
