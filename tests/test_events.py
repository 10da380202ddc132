"""The bus: who hears of what, in which order, and what a subscriber's fault does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from switch.events import (
    AgentEvent,
    AgentStateChanged,
    CallAnswered,
    CallEvent,
    CallTakenOver,
    Event,
    EventBus,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)
ANSWERED = CallAnswered(at=AT, call="c1", codec="PCMU")
TAKEN_OVER = CallTakenOver(at=AT, call="c1", down_seconds=1.0)
AWAY = AgentStateChanged(at=AT, agent="asha", state="away", previous="ready", reason="lunch")


def nobody_fails(event: Event, error: Exception) -> None:
    raise AssertionError(f"{event} made a subscriber fail") from error


class TestTypes:
    def test_without_types_a_subscriber_hears_everything(self) -> None:
        bus, heard = EventBus(nobody_fails), list[Event]()
        bus.subscribe(heard.append)
        for event in (ANSWERED, AWAY):
            bus.publish(event)
        assert heard == [ANSWERED, AWAY]

    def test_with_types_it_hears_these_alone(self) -> None:
        bus, heard = EventBus(nobody_fails), list[Event]()
        bus.subscribe(heard.append, CallTakenOver, AgentStateChanged)
        for event in (ANSWERED, TAKEN_OVER, AWAY):
            bus.publish(event)
        assert heard == [TAKEN_OVER, AWAY]

    def test_a_type_stands_for_what_derives_from_it(self) -> None:
        bus, calls, agents = EventBus(nobody_fails), list[Event](), list[Event]()
        bus.subscribe(calls.append, CallEvent)
        bus.subscribe(agents.append, AgentEvent)
        for event in (ANSWERED, AWAY, TAKEN_OVER):
            bus.publish(event)
        assert calls == [ANSWERED, TAKEN_OVER]
        assert agents == [AWAY]

    def test_each_of_several_readers_hears_of_its_type(self) -> None:
        bus, answered, away = EventBus(nobody_fails), list[Event](), list[Event]()
        bus.subscribe_each({CallAnswered: answered.append, AgentStateChanged: away.append})
        for event in (ANSWERED, TAKEN_OVER, AWAY):
            bus.publish(event)
        assert (answered, away) == ([ANSWERED], [AWAY])

    def test_who_comes_later_hears_what_comes_later(self) -> None:
        bus, heard = EventBus(nobody_fails), list[Event]()
        bus.publish(ANSWERED)
        bus.subscribe(heard.append)
        bus.publish(ANSWERED)
        assert heard == [ANSWERED]


def test_one_that_fails_is_told_of_and_the_others_hear_all_the_same() -> None:
    failures, heard = list[tuple[Event, str]](), list[Event]()
    bus = EventBus(lambda event, error: failures.append((event, str(error))))

    def fails(_event: Event) -> None:
        raise ValueError("no")

    bus.subscribe(fails)
    bus.subscribe(heard.append)
    bus.publish(ANSWERED)
    assert heard == [ANSWERED]
    assert failures == [(ANSWERED, "no")]


def test_what_is_published_meanwhile_is_handed_over_in_order_a_moment_later() -> None:
    moments, heard = list[Callable[[], None]](), list[Event]()
    bus = EventBus(nobody_fails, moments.append)
    bus.subscribe(heard.append)
    for event in (ANSWERED, AWAY):
        bus.publish(event)
    assert not heard
    (moment,) = moments
    moment()
    assert heard == [ANSWERED, AWAY]
