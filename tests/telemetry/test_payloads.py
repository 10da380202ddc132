"""Payloads are their dataclasses with two keys in front, and the schema says the same."""

from __future__ import annotations

import json

import pytest

from switch.events import EVENT_TYPES, DecisionAsked, Event
from switch.telemetry.commands import AgentCommand, read_command
from switch.telemetry.payloads import (
    Topics,
    encode,
    is_retained,
    quality_of_service,
    schema,
)
from tests.support.sample_events import CALL, EVENTS, ended, state


def test_there_is_a_sample_of_every_event() -> None:
    assert tuple(type(event) for event in EVENTS) == EVENT_TYPES


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_payload_names_its_event_site_and_time_first(event: Event) -> None:
    payload = json.loads(encode(event, "main"))
    assert list(payload)[:3] == ["event", "site", "at"]
    assert payload["event"] == event.kind
    assert payload["site"] == "main"
    assert payload["at"] == "2026-03-01T12:00:00.250000Z"


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_payload_has_the_keys_its_schema_tells(event: Event) -> None:
    definition = schema()["$defs"][type(event).__name__]
    payload = json.loads(encode(event, "main"))
    assert payload.keys() == definition["properties"].keys()
    assert set(definition["required"]) <= payload.keys()
    assert definition["properties"]["event"] == {"const": event.kind}
    assert definition["description"]


def test_nested_values_are_written_out() -> None:
    payload = json.loads(encode(ended(), "main"))
    assert payload["termination"] == {
        "result": "completed",
        "reason": "caller_hung_up",
        "sip_code": 0,
        "detail": "",
        "cause": 0,
    }
    assert payload["media"][0]["packets_received"] == 500


def test_a_site_cannot_break_out_of_its_text() -> None:
    assert json.loads(encode(ended(), 'a"b'))["site"] == 'a"b'


def test_topics() -> None:
    topics = Topics("freeline/v1/main")
    assert [topics.of(event) for event in EVENTS[:1]] == [f"freeline/v1/main/call/{CALL}/arrived"]
    assert topics.of(state("asha", "ready")) == "freeline/v1/main/agent/asha/state"
    assert topics.of(EVENTS[-1]) == "freeline/v1/main/switch/flow_rejected"
    asked = next(event for event in EVENTS if isinstance(event, DecisionAsked))
    assert topics.of(asked) == "freeline/v1/main/decision/17/wanted"
    assert topics.of_command("freeline/v1/main/decision/17/choice") == ("17", "choice")
    assert topics.status == "freeline/v1/main/switch/status"
    assert topics.of_command("freeline/v1/main/agent/asha/set") == ("asha", "set")
    assert topics.error("asha") == "freeline/v1/main/agent/asha/error"


def test_ended_calls_and_states_must_arrive_and_states_stay() -> None:
    assert {event.kind for event in EVENTS if quality_of_service(event)} == {"ended", "state"}
    assert {event.kind for event in EVENTS if is_retained(event)} == {"state"}


def test_every_reference_in_the_schema_is_there() -> None:
    document = schema()
    text = json.dumps(document)
    names = {part.split('"')[0] for part in text.split("#/$defs/")[1:]}
    assert names <= document["$defs"].keys()
    assert "switch/rejected" in document["properties"]


def test_fields_are_described_where_the_code_describes_them() -> None:
    properties = schema()["$defs"]["CallQueued"]["properties"]
    assert properties["position"]["description"].startswith("1 is next; 0: ")


def test_a_command_is_read() -> None:
    assert read_command(b'{"state": "ready"}') == AgentCommand(state="ready")


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "Invalid JSON"),
        (b"{}", "give one of `state`, `heartbeat` and `extend_wrap_up_seconds`"),
        (b'{"state": "redy"}', "state: Input should be 'ready', 'not_ready' or 'logged_out'"),
        (b'{"state": "ready", "reason": "' + b"x" * 101 + b'"}', "reason: String should have"),
        (b"\xff", "Invalid JSON"),
        (b" " * 4097, "longer than 4096 bytes"),
    ],
)
def test_what_is_no_command_is_refused_with_the_reason(payload: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_command(payload)
