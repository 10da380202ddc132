"""What is kept of a call, folded from its events."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.events import CallEnded
from switch.records.call_fold import STEP_LIMIT, CallFold
from switch.records.call_record import CallRecord, rejected_record
from switch.records.rows import to_json
from switch.termination import Reason, Result, Termination
from tests.records.builders import MEDIA, NOON, Story, at, rejected, whole_call

# A whole call.


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "c1"),
        ("caller", "+15550001"),
        ("dialled", "+18005550100"),
        ("source", "carrier"),
        ("flow", "main"),
        ("sip_call_id", "abc@192.0.2.1"),
        ("arrived_at", at(0)),
        ("answered_at", at(0.1)),
        ("queued_at", at(4)),
        ("connected_at", at(9)),
        ("ended_at", at(39)),
        ("seconds", 39),
        ("queue", "orders"),
        ("agent", "ben"),
        ("wait_seconds", 5),
        ("talk_seconds", 30),
        ("hold_seconds", 6),
        ("keys", 1),
        ("result", "completed"),
        ("reason", "agent_hung_up"),
        ("sip_code", 0),
        ("inbound_codec", "PCMU"),
        ("outbound_codec", "PCMA"),
        ("recording", "/var/recordings/c1.wav"),
        ("recording_error", ""),
        ("media", MEDIA),
    ],
)
def test_a_whole_call(field: str, value: object) -> None:
    assert getattr(whole_call().record(), field) == value


def test_the_path_of_a_whole_call() -> None:
    path = whole_call().record().path
    assert [(step.node, step.node_type, step.at) for step in path] == [
        ("greeting", "play", at(0.1)),
        ("choose", "menu", at(2)),
        ("orders", "queue", at(4)),
    ]


def test_the_queue_and_the_offers_of_a_whole_call() -> None:
    record = whole_call().record()
    (wait,) = record.queues
    assert (wait.queue, wait.position, wait.priority, wait.skills) == (
        "orders",
        1,
        5,
        {"english": 3},
    )
    assert (wait.outcome, wait.waited_seconds, wait.within_service_level) == ("connected", 5, True)
    assert [
        (offer.agent, offer.outcome, offer.sip_code, offer.ring_seconds) for offer in record.offers
    ] == [("asha", "busy", 486, 1), ("ben", "connected", 0, 3)]


# How calls end.


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        pytest.param(
            Story().arrived().ended(1, Termination(Result.REJECTED, Reason.NO_COMMON_CODEC, 488)),
            {"result": "rejected", "sip_code": 488, "answered_at": None, "path": ()},
            id="refused before the answer",
        ),
        pytest.param(
            Story()
            .arrived()
            .ended(1, Termination(Result.FAILED, Reason.MEDIA_LOST, 503, "worker 0 died")),
            {"reason": "media_lost", "detail": "worker 0 died"},
            id="failed",
        ),
        pytest.param(
            Story()
            .arrived()
            .queued(2)
            .left(32, "abandoned", 30)
            .ended(32, Termination(Result.ABANDONED, Reason.CALLER_HUNG_UP)),
            {"result": "abandoned", "wait_seconds": 30, "talk_seconds": 0, "agent": ""},
            id="abandoned in the queue",
        ),
        pytest.param(
            Story().arrived().queued(2).left(62, "timeout", 60).queued(63, "help").ended(70),
            {"queue": "help", "queued_at": at(2), "wait_seconds": 60},
            id="two queues",
        ),
        pytest.param(
            Story().arrived().connected(5, "ben").node(25, "survey", "menu").ended(40),
            {"talk_seconds": 20, "agent": "ben"},
            id="the agent hangs up and the flow goes on",
        ),
        pytest.param(
            Story().arrived().connected(5, "ben").queued(15).connected(20, "asha").ended(50),
            {"talk_seconds": 40, "agent": "asha", "connected_at": at(5)},
            id="two agents",
        ),
        pytest.param(
            Story().arrived().connected(5, "ben").held(10).ended(30),
            {"hold_seconds": 20, "talk_seconds": 25},
            id="ended on hold",
        ),
        pytest.param(
            Story()
            .arrived()
            .connected(0, "ben")
            .held(10)
            .held(15, "inbound")
            .resumed(20)
            .resumed(30, "inbound")
            .ended(50),
            {"hold_seconds": 20},
            id="both hold at once",
        ),
        pytest.param(
            Story().arrived().ended(5, recording_error="disk full"),
            {"recording_error": "disk full", "recording": ""},
            id="no recording",
        ),
    ],
)
def test_how_calls_go(story: Story, expected: dict[str, object]) -> None:
    record = story.record()
    assert {name: getattr(record, name) for name in expected} == expected


def test_a_headset_that_still_rings_at_the_end_is_told_so() -> None:
    (offer,) = Story().arrived().queued(1).offered(2, "ben").ended(6).record().offers
    assert (offer.outcome, offer.ring_seconds) == ("call_ended", 4)


def test_an_agent_offered_twice_has_two_outcomes() -> None:
    story = Story().arrived().offered(1, "ben").refused(5, "ben", "no_answer")
    offers = story.offered(40, "ben").connected(42, "ben", ring=2).ended(50).record().offers
    assert [(offer.outcome, offer.ring_seconds) for offer in offers] == [
        ("no_answer", 4),
        ("connected", 2),
    ]


# Keys are private.


def test_only_the_first_key_at_a_menu_is_kept() -> None:
    story = Story().arrived().node(1, "choose", "menu")
    for digit in "14007":
        story.digit(2, digit)
    story.node(3, "card", "collect")
    for digit in "4929123":
        story.digit(4, digit)
    record = story.ended(9).record()
    assert [(step.node, step.keys, step.choice) for step in record.path] == [
        ("choose", 5, "1"),
        ("card", 7, ""),
    ]
    assert record.keys == 12
    assert "4929" not in str(to_json(record))


# Whatever happens.


def test_a_flow_that_goes_round_for_hours_does_not_fill_memory() -> None:
    story = Story().arrived()
    for number in range(3 * STEP_LIMIT):
        story.node(number, "again", "menu").digit(number, "9")
    record = story.ended(4000).record()
    assert len(record.path) == STEP_LIMIT
    assert record.keys == 3 * STEP_LIMIT


def test_a_clock_set_back_makes_no_negative_times() -> None:
    record = Story().arrived(100).connected(90, "ben").held(80).ended(10).record()
    assert (record.talk_seconds, record.hold_seconds, record.seconds) == (0, 0, 0)


def test_a_call_of_which_only_the_end_is_known() -> None:
    record = Story().ended(5, media=MEDIA).record()
    assert record.id == "c1"
    assert (record.arrived_at, record.ended_at) == (at(5), at(5))
    assert (record.inbound_codec, record.outbound_codec) == ("PCMU", "PCMA")


EVENTS = whole_call().events


@given(st.lists(st.sampled_from(EVENTS), max_size=40), st.integers(-100, 100))
def test_any_order_with_doubles_and_gaps_makes_a_record(events: list[object], shift: int) -> None:
    fold = CallFold("c1")
    for event in events:
        fold.apply(event)  # type: ignore[arg-type]
    ended = EVENTS[-1]
    assert isinstance(ended, CallEnded)
    last = CallEnded(
        at=ended.at + timedelta(seconds=shift), call="c1", termination=ended.termination
    )
    record = fold.finish(last)
    assert isinstance(record, CallRecord)
    assert record.result == "completed"
    assert min(record.talk_seconds, record.hold_seconds, record.wait_seconds, record.seconds) >= 0
    assert all(offer.outcome for offer in record.offers)
    assert to_json(record)["id"] == "c1"


# Refused before there was a call.


def test_a_refused_invite_has_a_short_record() -> None:
    record = rejected_record(rejected())
    assert (record.result, record.reason, record.sip_code) == ("rejected", "unknown_number", 404)
    assert (record.source, record.dialled, record.caller) == (
        "192.0.2.9:5060",
        "+18005550199",
        "+15550002",
    )
    assert record.arrived_at == record.ended_at == NOON


def test_each_refused_invite_has_its_own_id_and_the_same_one_again() -> None:
    assert rejected_record(rejected()).id == rejected_record(rejected()).id
    assert rejected_record(rejected()).id != rejected_record(rejected("y@192.0.2.9")).id
    assert rejected_record(rejected()).id != rejected_record(rejected(seconds=1)).id
