"""The log's lines of events: which of them have one, at which level, and what stays out."""

from __future__ import annotations

import io
import json
from typing import Any

from switch.app.event_log import EventLog
from switch.events import DigitPressed, EventBus
from switch.log import configure_logging
from tests.support.sample_events import EVENTS

TOLD = {
    *("call_arrived", "call_ended", "call_rejected", "offer_failed", "headset_registered"),
    *("headset_unregistered", "guessing_banned"),
}
DETAILS = {"call_answered", "node", "queued", "offered", "connected", "agent_state"}


def lines_of_everything(level: str) -> list[dict[str, Any]]:
    """Publish one of each event; return what the log has of them."""
    stream = io.StringIO()
    writer = configure_logging(level, "json", stream)
    try:
        bus = EventBus(lambda event, error: (_ for _ in ()).throw(error))
        bus.subscribe_each(EventLog().readers)
        for event in EVENTS:
            bus.publish(event)
    finally:
        writer.close()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_that_tells_of_something_has_a_line() -> None:
    told = {line["event"] for line in lines_of_everything("info")}
    assert told >= TOLD
    assert not told & DETAILS


def test_a_debug_log_has_the_details_too() -> None:
    assert {line["event"] for line in lines_of_everything("debug")} >= TOLD | DETAILS


def test_keys_are_not_told() -> None:
    writer = configure_logging("debug", "json", io.StringIO())
    try:
        assert DigitPressed not in EventLog().readers
    finally:
        writer.close()
    assert all("digit" not in line for line in lines_of_everything("debug"))
