"""The core is killed while people talk: the flow goes on with the next one when they part."""

from __future__ import annotations

import os
import signal

import pytest

from tests.support.centre import Centre, at_port, fall
from tests.support.processes import is_running, wait_until
from tests.support.sipp import SippFactory
from tests.support.sipp_scenario import (
    IS_DROPPED,
    PICKS_UP,
    RINGS,
    TALKS,
    hang_up,
    info,
    ok,
    pause,
    receive,
)

pytestmark = pytest.mark.interop(peer="SIPp", role="caller and headset", over="UDP")

ARRIVES = [*TALKS, info("1", cseq=2), receive(200)]
AWAY = 15.0
"""Seconds that a party says nothing in SIP: the switch falls and comes back meanwhile."""


_SURVEY = """\
  survey:
    type: menu
    prompts: How was it? Press 5 or 6.
    timeout_seconds: 30
    options: {"5": good, "6": good}
    exits: {no_input: good_bye, no_match: good_bye}
  good: {type: tag, tags: {said: "{{ vars.mood }} with {{ call.queue.agent }}"}, next: good_bye}
  good_bye: {type: hangup}
"""

_THEN_A_SURVEY = (
    """\
nodes:
  menu:
    type: menu
    prompts: Press 1.
    options: {"1": note}
    exits: {no_input: good_bye, no_match: good_bye}
  note: {type: set, values: {mood: glad}, next: wait}
  wait: TALKS
"""
    + _SURVEY
)
"""Its node `wait` is to be filled in."""

_QUEUE = (
    "{type: queue, queue: orders, next: survey, exits: {timeout: good_bye, no_agents: good_bye}}"
)
_TRANSFER = "{type: transfer, agent: asha0, next: survey, exits: {failed: good_bye}}"

IS_DROPPED_LATER = [*ARRIVES, receive("BYE", timeout_ms=60_000), ok()]
HANGS_UP_LATER = [*PICKS_UP, pause(AWAY), hang_up(), receive(200)]


@pytest.mark.interop(
    proves="hangs up after the restart; the flow goes on and the caller answers it"
)
@pytest.mark.parametrize("by", [_QUEUE, _TRANSFER], ids=["queue", "transfer"])
def test_the_flow_goes_on_when_the_agent_hangs_up_after_the_restart(
    centre: Centre, sipp: SippFactory, by: str
) -> None:
    asha = sipp.headset(HANGS_UP_LATER)
    agents = at_port("asha", 1, asha.port, "orders")
    centre.flow = _THEN_A_SURVEY.replace("TALKS", by)
    first = centre.start(agents)
    answers = [pause(AWAY + 8), info("5", cseq=3), receive(200)]
    caller = sipp.caller(first.sip, [*ARRIVES, *answers, *IS_DROPPED])
    if by == _QUEUE:
        fall(first, talking=1)
    else:
        first.wait_for_metric("freeline_agents", 1, state="not_ready", within_seconds=40)
        fall(first, talking=0, with_words='"run":{')
    second = centre.start(agents)
    if by == _TRANSFER:
        assert second.metric("freeline_agents", state="not_ready") == 1
    asha.finish(within_seconds=60)
    second.wait_for_metric("freeline_agents", 1, state="ready")
    caller.finish(within_seconds=60)
    record = second.record()
    assert (record["result"], record["reason"]) == ("completed", "agent_hung_up")
    steps = [step["node"] for step in record["path"]]
    assert steps == ["menu", "note", "wait", "survey", "good", "good_bye"]
    assert record["path"][3]["choice"] == "5"
    if by == _QUEUE:
        assert record["tags"] == {"said": "glad with asha0"}
        assert record["talk_seconds"] == pytest.approx(AWAY, abs=4)
    else:
        (transfer,) = record["transfers"]
        assert (transfer["agent"], transfer["outcome"]) == ("asha0", "connected")
        assert transfer["talk_seconds"] == pytest.approx(AWAY, abs=4)
    second.finish()


def test_a_flow_with_a_secret_is_not_written_down_and_ends_with_the_talk(
    centre: Centre, sipp: SippFactory
) -> None:
    asha = sipp.headset(HANGS_UP_LATER)
    agents = at_port("asha", 1, asha.port, "orders")
    centre.flow = (
        """\
nodes:
  menu:
    type: collect
    prompts: Your PIN, please.
    into: pin
    max_digits: 1
    sensitive: true
    next: wait
    exits: {no_input: good_bye, no_match: good_bye}
  wait: TALKS
""".replace("TALKS", _QUEUE)
        + _SURVEY.replace("{{ vars.mood }}", "glad")
    )
    first = centre.start(agents)
    caller = sipp.caller(first.sip, IS_DROPPED_LATER)
    fall(first, talking=1)
    journal = (centre.directory / "routing.journal").read_text()
    assert '"pin":"' not in journal
    second = centre.start(agents)
    asha.finish(within_seconds=60)
    caller.finish(within_seconds=60)
    told = second.wait_for_log("flow_ends_with_talk")
    assert told["why"] == "the flow orders holds a secret in `vars.pin`"
    record = second.record()
    assert [step["node"] for step in record["path"]] == ["menu", "wait"]
    assert (record["result"], record["reason"]) == ("completed", "agent_hung_up")
    second.finish()


def test_a_flow_that_was_changed_meanwhile_ends_with_the_talk(
    centre: Centre, sipp: SippFactory
) -> None:
    asha = sipp.headset(HANGS_UP_LATER)
    agents = at_port("asha", 1, asha.port, "orders")
    centre.flow = _THEN_A_SURVEY.replace("TALKS", _QUEUE)
    first = centre.start(agents)
    caller = sipp.caller(first.sip, IS_DROPPED_LATER)
    fall(first, talking=1)
    changed = centre.flow.replace("next: wait}", "next: elsewhere}").replace(
        "  wait:", "  elsewhere:"
    )
    (centre.directory / "flows" / "orders.yaml").write_text(changed)
    second = centre.start(agents)
    asha.finish(within_seconds=60)
    caller.finish(within_seconds=60)
    assert second.wait_for_log("flow_ends_with_talk")["why"] == "the flow has changed"
    assert second.record()["reason"] == "agent_hung_up"
    second.finish()


@pytest.mark.interop(role="headset", proves="rings when the switch is killed, and gets calls again")
def test_an_agent_who_was_only_rung_directly_is_ready_again(
    centre: Centre, sipp: SippFactory
) -> None:
    asha = sipp.headset([*RINGS, pause(60)])
    agents = at_port("asha", 1, asha.port, "orders")
    centre.flow = _THEN_A_SURVEY.replace("TALKS", _TRANSFER)
    first = centre.start(agents)
    sipp.caller(first.sip, [*ARRIVES, pause(60)])
    first.wait_for_metric("freeline_agents", 1, state="not_ready", within_seconds=40)
    journal = centre.directory / "routing.journal"
    wait_until(lambda: "direct_call" in journal.read_text(), "the note of the agent's state")
    os.kill(first.pid, signal.SIGKILL)
    wait_until(lambda: not is_running(first.pid), "the end of the core")
    second = centre.start(agents)
    second.wait_for_metric("freeline_agents", 1, state="ready")
    second.finish()
