"""SIGTERM: no new calls, running ones finish, then the end; a second one ends now."""

from __future__ import annotations

import time

import pytest

from tests.integration.conftest import StartSwitch
from tests.support.processes import wait_until
from tests.support.sipp import SippFactory
from tests.support.sipp_scenario import (
    HANGS_UP,
    IS_DROPPED,
    TALKS,
    ack_refusal,
    invite,
    options,
    pause,
    receive,
)
from tests.support.switch_process import SwitchProcess

pytestmark = pytest.mark.interop(peer="SIPp", role="caller", over="UDP")


def is_draining(switch: SwitchProcess) -> None:
    """Wait until the switch says that it takes no more calls."""
    wait_until(lambda: switch.http("/readyz")[0] == 503, "/readyz says 503")


def test_a_running_call_finishes_and_a_new_one_gets_503(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    switch = start_switch()
    running = sipp.caller(switch.sip, [*TALKS, pause(2.5), *HANGS_UP])
    switch.wait_for_metric("freeline_calls_live", 1)
    assert switch.http("/readyz")[0] == 200

    switch.terminate()
    is_draining(switch)
    assert switch.http("/healthz")[0] == 200
    late = sipp.caller(
        switch.sip, [invite(), receive(100, optional=True), receive(503), ack_refusal()]
    )
    late.finish()
    assert late.received("SIP/2.0 503")[0].header("Retry-After").isdigit()
    sipp.caller(switch.sip, [options(), receive(503)]).finish()

    running.finish()
    assert switch.process.wait(5) == 0
    reasons = {record["reason"] for record in switch.wait_for_records(2)}
    assert reasons == {"caller_hung_up", "draining"}


@pytest.mark.interop(proves="")
def test_without_calls_it_ends_at_once(start_switch: StartSwitch) -> None:
    switch = start_switch()
    began = time.monotonic()
    switch.terminate()
    assert switch.process.wait(5) == 0
    assert time.monotonic() - began < 4


def test_a_second_sigterm_ends_the_call_with_bye(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    switch = start_switch(settings={"limits": {"drain_seconds": 60}})
    caller = sipp.caller(switch.sip, [*TALKS, *IS_DROPPED])
    switch.wait_for_metric("freeline_call_setup_seconds_count", 1)
    switch.terminate()
    is_draining(switch)
    switch.terminate()
    caller.finish()
    assert switch.process.wait(5) == 0
    record = switch.record()
    assert (record["result"], record["reason"]) == ("failed", "switch_stopped")


def test_what_lasts_longer_than_drain_seconds_is_ended(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    switch = start_switch(settings={"limits": {"drain_seconds": 1}})
    caller = sipp.caller(switch.sip, [*TALKS, *IS_DROPPED])
    switch.wait_for_metric("freeline_call_setup_seconds_count", 1)
    switch.terminate()
    caller.finish()
    assert switch.process.wait(5) == 0
    assert switch.record()["reason"] == "switch_stopped"
