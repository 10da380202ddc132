"""Calls find their agents while the database of call records is locked."""

from __future__ import annotations

import sqlite3

import pytest

from tests.integration.conftest import StartSwitch
from tests.support.sipp import SippFactory
from tests.support.sipp_scenario import (
    IS_HUNG_UP_ON,
    PICKS_UP,
    presses_1_and_talks,
)
from tests.support.site import fixed_agent, queue

pytestmark = pytest.mark.interop(peer="SIPp", role="caller and headset", over="UDP")

CALL = presses_1_and_talks(0.3)


def test_a_locked_database_holds_up_no_call_and_loses_no_record(
    start_switch: StartSwitch, sipp: SippFactory
) -> None:
    headsets = [sipp.headset([*PICKS_UP, *IS_HUNG_UP_ON]) for _ in range(3)]
    switch = start_switch(
        agents=[fixed_agent(f"agent{n}", each.port) for n, each in enumerate(headsets)],
        queues=[queue(wrap_up_seconds=60)],
    )
    switch.wait_for_metric("freeline_agents", 3, state="ready")
    database = sqlite3.connect(switch.directory / "records.db", isolation_level=None)
    try:
        database.execute("BEGIN EXCLUSIVE")
        for _ in headsets:
            sipp.caller(switch.sip, CALL).finish()
        for headset in headsets:
            headset.finish()
        assert switch.metric("freeline_routing_decision_seconds_count") == 3
        assert switch.metric("freeline_records_written_total") == 0, "the lock was held all along"
        database.execute("ROLLBACK")
    finally:
        database.close()
    records = switch.wait_for_records(3, within_seconds=40)
    assert {record["agent"] for record in records} == {"agent0", "agent1", "agent2"}
    switch.allow_errors("records_unavailable")
