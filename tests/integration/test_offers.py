"""The agent does not take the call, and the next one gets it."""

from __future__ import annotations

import pytest

from tests.integration.conftest import StartSwitch
from tests.support.ports import PortBlock
from tests.support.sipp import SippFactory, needs_raw_sockets
from tests.support.sipp_scenario import (
    HANGS_UP,
    IS_CANCELLED,
    IS_DROPPED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    RINGS,
    TALKS,
    info,
    pause,
    press,
    receive,
    receive_invite,
    reply_invite,
)
from tests.support.site import fixed_agent, headset_agent, queue

pytestmark = [
    pytest.mark.interop(peer="SIPp", role="headset", over="UDP"),
    needs_raw_sockets,
]


@pytest.mark.parametrize(
    ("code", "phrase", "outcome"),
    [
        (486, "Busy Here", "busy"),
        (603, "Decline", "declined"),
        (480, "Temporarily Unavailable", "declined"),
        (404, "Not Found", "unreachable"),
        (500, "Server Internal Error", "unreachable"),
    ],
)
def test_refused_by_the_first_and_taken_by_the_next(
    start_switch: StartSwitch, sipp: SippFactory, code: int, phrase: str, outcome: str
) -> None:
    first = sipp.headset(
        [receive_invite(), reply_invite(code, phrase, retransmit=True), receive("ACK")]
    )
    second = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(
        agents=[fixed_agent("first", first.port), fixed_agent("second", second.port)]
    )
    sipp.caller(switch.sip, [*TALKS, press("1"), pause(1.5), *HANGS_UP]).finish()
    first.finish()
    second.finish()
    record = switch.record()
    offers = [(each["agent"], each["outcome"], each["sip_code"]) for each in record["offers"]]
    assert offers == [("first", outcome, code), ("second", "connected", 0)]
    assert record["agent"] == "second"
    assert len(record["queues"]) == 1


def test_not_answered_by_the_first_and_taken_by_the_next(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    """RONA: rung out after `ring_seconds`, CANCELled, offered on from the old place."""
    first = sipp.headset([*RINGS, *IS_CANCELLED])
    second = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(
        agents=[fixed_agent("first", first.port), fixed_agent("second", second.port)],
        queues=[queue(ring_seconds=1)],
    )
    sipp.caller(switch.sip, [*TALKS, press("1"), pause(2.5), *HANGS_UP]).finish()
    first.finish()
    second.finish()
    record = switch.record()
    offers = [(each["agent"], each["outcome"]) for each in record["offers"]]
    assert offers == [("first", "no_answer"), ("second", "connected")]
    assert record["offers"][0]["ring_seconds"] == pytest.approx(1, abs=0.4)
    assert len(record["queues"]) == 1
    switch.wait_for_metric("freeline_agents", 1, state="not_ready")


def test_nobody_at_the_first_ones_address(
    start_switch: StartSwitch, sipp: SippFactory, ports: PortBlock
) -> None:
    """Nothing listens there: the system says so at once, and no time is lost."""
    second = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(
        agents=[fixed_agent("first", ports.take()), fixed_agent("second", second.port)],
    )
    sipp.caller(switch.sip, [*TALKS, press("1"), pause(2.5), *HANGS_UP]).finish()
    second.finish()
    record = switch.record()
    assert [each["agent"] for each in record["offers"]] == ["first", "second"]
    assert record["offers"][0]["outcome"] in ("unreachable", "no_answer")
    assert record["agent"] == "second"


def test_nobody_is_ready_until_somebody_is(start_switch: StartSwitch, sipp: SippFactory) -> None:
    """The only agent is busy at first; after the pause the same caller is offered again."""
    headset = sipp.headset(
        [receive_invite(), reply_invite(486, "Busy Here", retransmit=True), receive("ACK")]
    )
    switch = start_switch(
        agents=[fixed_agent("asha", headset.port)], queues=[queue(busy_pause_seconds=1)]
    )
    caller = sipp.caller(switch.sip, [*TALKS, press("1"), pause(3), *HANGS_UP])
    headset.finish()
    again = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], port=headset.port)
    caller.finish()
    again.finish()
    record = switch.record()
    assert [each["outcome"] for each in record["offers"]] == ["busy", "connected"]
    assert record["wait_seconds"] == pytest.approx(1, abs=0.5)


def test_the_wait_is_over_after_max_wait_seconds(
    start_switch: StartSwitch, sipp: SippFactory, ports: PortBlock
) -> None:
    """The flow goes on at `timeout`, says good bye and hangs up."""
    switch = start_switch(
        agents=[fixed_agent("asha", ports.take(), initial_state="not_ready")],
        queues=[queue(max_wait_seconds=1)],
    )
    sipp.caller(switch.sip, [*TALKS, press("1"), *IS_DROPPED]).finish()
    record = switch.record()
    assert [wait["outcome"] for wait in record["queues"]] == ["timeout"]
    assert record["wait_seconds"] == pytest.approx(1, abs=0.3)
    assert record["reason"] == "flow_ended"


def test_nobody_is_logged_in(start_switch: StartSwitch, sipp: SippFactory) -> None:
    """No one who is logged in could ever take the call: the flow is told at once."""
    switch = start_switch(agents=[headset_agent("asha")])
    steps = [*TALKS, info("1", cseq=2), receive(200), *IS_DROPPED]
    sipp.caller(switch.sip, steps).finish()
    assert [wait["outcome"] for wait in switch.record()["queues"]] == ["no_agents"]


def test_an_overflow_and_the_rule_by_which_it_ends_are_told(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    bens = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON])
    switch = start_switch(
        agents=[headset_agent("asha"), {**fixed_agent("ben", bens.port), "skills": {"help": 5}}],
        queues=[
            queue(overflow={"to": "rest", "when": "no_agents"}),
            queue("rest", skills={"help": 1}, strategy="most_skilled"),
        ],
    )
    steps = [*TALKS, info("1", cseq=2), receive(200), pause(1.5), *HANGS_UP]
    sipp.caller(switch.sip, steps).finish()
    bens.finish()
    first, second = switch.record()["queues"]
    assert (first["queue"], first["outcome"], first["position"]) == ("orders", "overflow", 0)
    assert (second["queue"], second["outcome"]) == ("rest", "connected")
    assert (second["moved_from"], second["moved_why"]) == ("orders", "no_agents")
    moved = {"queue": "orders", "to": "rest", "why": "no_agents"}
    assert switch.metric("freeline_queue_moved_total", **moved) == 1
    by_rule = {"queue": "rest", "rule": "most_skilled", "choice": "1", "overflow": "yes"}
    assert switch.metric("freeline_routing_decisions_total", **by_rule) == 1


def test_an_agent_who_is_talking_gets_no_second_call(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    """The second caller waits until the first has gone and wrap-up is over."""
    headset = sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON], calls=2)
    switch = start_switch(
        agents=[fixed_agent("asha", headset.port)], queues=[queue(wrap_up_seconds=0.5)]
    )
    first = sipp.caller(switch.sip, [*TALKS, press("1"), pause(1.5), *HANGS_UP])
    switch.wait_for_metric("freeline_agents", 1, state="talking")
    second = sipp.caller(switch.sip, [*TALKS, press("1"), pause(3), *HANGS_UP])
    first.finish()
    second.finish()
    headset.finish()
    early, late = switch.wait_for_records(2)
    assert early["wait_seconds"] < 0.5
    assert late["wait_seconds"] > 0.8
    assert late["offers"][0]["outcome"] == "connected"
