"""The core is killed while agents talk whom no flow has brought together, or by a hand-on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.test_registration import account, log_in
from tests.support.centre import Centre, fall
from tests.support.ports import PortBlock
from tests.support.sipp import SippFactory
from tests.support.sipp_dialog_steps import is_notified, refer
from tests.support.sipp_scenario import (
    IS_ANSWERED,
    IS_HUNG_UP_ON,
    PICKS_UP,
    TALKS,
    ack,
    ack_refusal,
    bye,
    hang_up,
    info,
    invite,
    ok,
    pause,
    receive,
    receive_challenge,
    reply,
)
from tests.support.site import fixed_agent, headset_agent

pytestmark = pytest.mark.interop(peer="SIPp", role="headset", over="UDP")

AWAY = 15.0
"""Seconds that a party says nothing in SIP: the switch falls and comes back meanwhile."""
HANGS_UP_LATER = [*PICKS_UP, pause(AWAY), hang_up(), receive(200)]
IS_DROPPED_LATER = [receive("BYE", timeout_ms=60_000), ok()]
IS_ACCEPTED = [receive(202), *is_notified(100)]


def calls() -> list[str]:
    """A headset calls: challenged, then with credentials."""
    again = invite(cseq=2, branch="again", credentials=True, retransmit=False)
    return [
        *(invite(retransmit=False), receive(100, optional=True), receive_challenge()),
        *(ack_refusal(), again, *IS_ANSWERED, ack(cseq=2)),
    ]


@pytest.mark.interop(proves="a call from headset to headset outlives a killed switch")
def test_a_call_that_an_agent_has_placed_goes_on_and_is_told_whole(
    centre: Centre, sipp: SippFactory, ports: PortBlock
) -> None:
    ravi = sipp.headset(HANGS_UP_LATER)
    agents = [
        headset_agent("asha", may_reach=["agents"]),
        fixed_agent("ravi", ravi.port, initial_state="ready"),
    ]
    first = centre.start(agents)
    log_in(sipp, first, "asha", ports.take())
    first.wait_for_metric("freeline_agents", 2, state="ready")
    asha = sipp.caller(
        *(first.sip, [*calls(), *IS_DROPPED_LATER]),
        number="ravi",
        caller="asha",
        options=account("asha"),
    )
    first.wait_for_metric("freeline_agents", 2, state="not_ready")
    fall(first, talking=0, with_words='"brought":{')
    second = centre.start(agents)
    assert second.metric("freeline_agents", state="not_ready") == 2
    ravi.finish(within_seconds=60)
    asha.finish(within_seconds=60)
    second.wait_for_metric("freeline_agents", 2, state="ready")
    record = second.record()
    assert (record["flow"], record["caller"]) == ("headset", "asha")
    assert record["result"] == "completed"
    (transfer,) = record["transfers"]
    assert (transfer["agent"], transfer["by"], transfer["outcome"]) == ("ravi", "asha", "connected")
    assert transfer["talk_seconds"] == pytest.approx(AWAY, abs=4)
    second.finish()


@pytest.mark.interop(proves="hands a caller on by REFER, before and after the switch is killed")
def test_who_was_handed_on_before_is_told_of_and_handed_on_again_after_it(
    centre: Centre, sipp: SippFactory
) -> None:
    asha = sipp.headset(
        [
            *(*PICKS_UP, pause(0.5), refer("sip:ravi@freeline", cseq=2), *IS_ACCEPTED),
            *(*is_notified(180), *is_notified(200), *IS_HUNG_UP_ON),
        ]
    )
    to_mina: list[str] = [
        *(*PICKS_UP, pause(AWAY), refer("sip:mina@freeline", cseq=2), *IS_ACCEPTED),
        *(*is_notified(180), *is_notified(200), *IS_HUNG_UP_ON),
    ]
    ravi = sipp.headset(to_mina)
    mina = sipp.headset([*PICKS_UP, receive("BYE", timeout_ms=60_000), reply(200, "OK")])
    others: dict[str, Any] = {"skills": {"help": 5}, "initial_state": "ready"}
    agents = [
        fixed_agent("asha", asha.port, initial_state="ready"),
        fixed_agent("ravi", ravi.port, **others),
        fixed_agent("mina", mina.port, **others),
    ]
    first = centre.start(agents)
    arrives = [*TALKS, info("1", cseq=2), receive(200)]
    caller = sipp.caller(first.sip, [*arrives, pause(AWAY + 8), bye(cseq=3), receive(200)])
    asha.finish(within_seconds=40)
    fall(first, talking=0, with_words='"by":"asha"')
    second = centre.start(agents)
    ravi.finish(within_seconds=60)
    caller.finish(within_seconds=60)
    mina.finish()
    second.wait_for_metric("freeline_agents", 3, state="ready")
    record = second.record()
    assert record["agent"] == "asha"
    assert [(each["agent"], each["by"]) for each in record["transfers"]] == [
        ("ravi", "asha"),
        ("mina", "ravi"),
    ]
    assert record["transfers"][0]["talk_seconds"] == pytest.approx(AWAY, abs=4)
    second.finish()
